import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { nodeFiles, readLines } from "../../src/context/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function all(lines: AsyncIterable<string>): Promise<string[]> {
	const found: string[] = [];
	for await (const line of lines) found.push(line);
	return found;
}

const folder = temporaryFolder();
const text = '{"kind":"run"}\n{"kind":"end"}\n';
const forms = { plain: Buffer.from(text), bom: Buffer.from(`\uFEFF${text}`), gz: gzipSync(`\uFEFF${text}`) };

test.each(Object.entries(forms))("%s is read alike as a whole, by lines and piped in", async (name, bytes) => {
	const file = join(folder, name);
	writeFileSync(file, bytes);
	const lines = ['{"kind":"run"}', '{"kind":"end"}'];
	expect(await nodeFiles.readFile(file)).toBe(text);
	expect(await all(readLines(file))).toEqual(lines);
	const byByte = Readable.from([...readFileSync(file)].map((byte) => Buffer.from([byte])));
	expect(await all(readLines("-", { stdin: byByte }))).toEqual(lines);
});

test("a gzip that was cut or a file that is missing is an error", async () => {
	const file = join(folder, "cut");
	writeFileSync(file, forms.gz.subarray(0, -12));
	await expect(all(readLines(file))).rejects.toThrow("unexpected end of file");
	await expect(nodeFiles.readFile(file)).rejects.toMatchObject({ exitCode: 2 });
	await expect(all(readLines(join(folder, "none")))).rejects.toThrow("there is no such file or directory");
});
