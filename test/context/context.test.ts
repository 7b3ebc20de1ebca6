import { execFileSync } from "node:child_process";
import { lstat, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nodeFiles, readLines } from "../../src/context/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

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

it.each(["/dev/full", "/dev/zero", "/dev/urandom"])("does not read %s, which has no end", async (device) => {
	const link = join(folder, `link-to${device.replaceAll("/", "-")}`);
	await symlink(device, link);
	for (const path of [device, link]) {
		for (const read of [nodeFiles.readFile, nodeFiles.readBytes, async () => readLines(path).next()]) {
			await expect(read(path)).rejects.toThrow(`cannot read ${path}: it is a device that never comes to an end`);
		}
	}
});

it("reads an empty device, and what comes by a named pipe", async () => {
	expect(await nodeFiles.readFile("/dev/null")).toBe("");
	const pipe = join(folder, "pipe-to-read");
	execFileSync("mkfifo", [pipe]);
	const [text] = await Promise.all([nodeFiles.readFile(pipe), writeFile(pipe, "by a pipe")]);
	expect(text).toBe("by a pipe");
});

it("says what to do with a packed file that is cut or damaged", async () => {
	const whole = gzipSync("a text that is long enough to be cut somewhere");
	const damaged = Buffer.from(whole);
	damaged.fill(0xff, 12, 20);
	for (const [name, bytes, hint] of [
		["cut.gz", whole.subarray(0, 20), "is cut"],
		["damaged.gz", damaged, "is damaged"],
	] as const) {
		await writeFile(join(folder, name), bytes);
		await expect(nodeFiles.readFile(join(folder, name))).rejects.toMatchObject({
			exitCode: 2,
			hint: expect.stringContaining(hint),
		});
	}
});

describe("a file that is written as a whole", () => {
	const at = (name: string) => join(folder, name);

	it("is another file in its place, with its mode, and nothing is left beside it", async () => {
		const path = at("whole.json");
		await writeFile(path, "old", { mode: 0o640 });
		const before = await stat(path);
		await nodeFiles.writeFile(path, "new");
		const after = await stat(path);
		expect(await readFile(path, "utf8")).toBe("new");
		expect([after.ino === before.ino, after.mode]).toEqual([false, before.mode]);
		expect((await readdir(folder)).filter((name) => name.startsWith("whole"))).toEqual(["whole.json"]);
	});

	it.each(["there.json", "not-yet.json"])("is written behind a link to %s, which stays a link", async (target) => {
		if (target === "there.json") await writeFile(at(target), "old");
		await symlink(target, at(`link-${target}`));
		await nodeFiles.writeFile(at(`link-${target}`), "new");
		expect(await readFile(at(target), "utf8")).toBe("new");
		expect((await lstat(at(`link-${target}`))).isSymbolicLink()).toBe(true);
	});

	it("is written into where it is no file", async () => {
		execFileSync("mkfifo", [at("pipe")]);
		const piped = readFile(at("pipe"), "utf8");
		await nodeFiles.writeFile(at("pipe"), "text");
		expect((await stat(at("pipe"))).isFIFO()).toBe(true);
		expect(await piped).toBe("text");
		await expect(nodeFiles.writeFile("/dev/full", "text")).rejects.toThrow("cannot write /dev/full: the disk is full");
	});

	it("is only added to where others write too", async () => {
		await writeFile(at("summary.md"), "theirs\n");
		await nodeFiles.appendFile(at("summary.md"), "ours\n");
		expect(await readFile(at("summary.md"), "utf8")).toBe("theirs\nours\n");
	});
});
