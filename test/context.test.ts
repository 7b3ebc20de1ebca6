import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeFiles } from "../src/files.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = temporaryFolder();

it("has a line in the file as soon as it was added, and begins a file anew", async () => {
	const path = join(folder, "log.ndjson");
	for (const line of ["first", "second"]) {
		const log = await nodeFiles.openLog(path);
		log.append(line);
		expect(await readFile(path, "utf8")).toBe(`${line}\n`);
		await log.close();
	}
});

it("says at the end that a line could not be written, and stops at the first", async () => {
	const log = await nodeFiles.openLog("/dev/full");
	log.append("one");
	log.append("two");
	await expect(log.close()).rejects.toThrow("cannot write /dev/full: the disk is full");
	await expect(nodeFiles.openLog(join(folder, "none", "x"))).rejects.toThrow(/there is no such file or directory/);
});
