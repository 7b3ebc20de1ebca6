import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { licensesOf } from "../.ci/licenses.mjs";

let root: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "knistio-licenses-"));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
	const file = join(root, path);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}

const manifest = (name: string, more: object = { license: "MIT" }) =>
	JSON.stringify({ name, version: "1.2.3", ...more });

describe("licensesOf", () => {
	it("holds the text of every bundled package's licence and notice, once", () => {
		write("node_modules/a/package.json", manifest("a"));
		write("node_modules/a/LICENSE.md", "text of a");
		write("node_modules/@b/c/package.json", manifest("@b/c", { license: "Apache-2.0" }));
		write("node_modules/@b/c/LICENSE", "text of c");
		write("node_modules/@b/c/NOTICE", "notice of c");
		const inputs = ["src/bin.ts", "node_modules/a/x.js", "node_modules/a/lib/y.js", "node_modules/@b/c/z.js"];
		const text = licensesOf(inputs, root);
		expect(text).toContain("@b/c 1.2.3 (Apache-2.0)\n\ntext of c\n\nnotice of c");
		expect(text.split("text of a")).toHaveLength(2);
	});

	it("names a nested package as one of its own", () => {
		write("node_modules/a/node_modules/d/package.json", manifest("d"));
		write("node_modules/a/node_modules/d/LICENCE", "text of d");
		expect(licensesOf(["node_modules/a/node_modules/d/i.js"], root)).toContain("text of d");
	});

	it("falls back to the manifest where a package ships no licence file", () => {
		write("node_modules/e/package.json", manifest("e", { license: "ISC", author: { name: "Ann" } }));
		expect(licensesOf(["node_modules/e/i.js"], root)).toContain("Licence: ISC\nAuthor: Ann");
	});

	it("refuses a package without any licence", () => {
		write("node_modules/f/package.json", manifest("f", {}));
		expect(() => licensesOf(["node_modules/f/i.js"], root)).toThrow("no licence found for f 1.2.3");
	});
});

it("ships beside the built program, with every bundled runtime dependency", () => {
	const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
	const shipped = readFileSync("dist/THIRD-PARTY-LICENSES.txt", "utf8");
	const missing = Object.entries(dependencies).filter(([name, version]) => !shipped.includes(`\n${name} ${version} (`));
	expect(missing).toEqual([]);
});
