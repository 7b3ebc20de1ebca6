import { describe, expect, it } from "vitest";
import { fileError } from "../src/errors.ts";

const failed = (code: string) => Object.assign(new Error(`${code}: words of Node`), { code });

describe("a file's error", () => {
	it.each([
		["read", "ENOENT", "cannot read a/b.json: there is no such file or directory", /^look at its spelling/],
		["read", "EISDIR", "cannot read a/b.json: it is a directory", /^name a file in it$/],
		["read", "ENOTDIR", "cannot read a/b.json: a part of the path is not a directory", /folder/],
		["read", "EACCES", "cannot read a/b.json: permission denied", /chmod/],
		["write", "ENOENT", "cannot write a/b.json: there is no such file or directory", /^make the folder: mkdir -p a$/],
		["write", "EISDIR", "cannot write a/b.json: it is a directory", /such as a\/b\.json\/run\.json$/],
		["write", "EROFS", "cannot write a/b.json: it is on a read-only file system", /may write/],
	] as const)("%s %s has a reason and a hint", (doing, code, message, hint) => {
		const cause = failed(code);
		expect(fileError(doing, "a/b.json", cause)).toMatchObject({ exitCode: 2, message, cause });
		expect(fileError(doing, "a/b.json", cause).hint).toMatch(hint);
	});

	it("says where the path stands, and what is to be done there", () => {
		const error = fileError("read", "b.yaml", failed("ENOENT"), { place: "a.yaml:1:1: extends", hint: "here" });
		expect(error).toMatchObject({
			message: "a.yaml:1:1: extends: cannot read b.yaml: there is no such file or directory",
			hint: "here",
		});
	});

	it("has Node's words where it has none of its own", () => {
		expect(fileError("read", "b", failed("EIO"))).toMatchObject({
			message: "cannot read b: EIO: words of Node",
			hint: undefined,
		});
		expect(fileError("read", "b", new RangeError("Invalid string length")).message).toContain("512 MiB");
	});
});
