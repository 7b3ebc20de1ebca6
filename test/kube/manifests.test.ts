import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readManifestFiles } from "../../src/kube/objects/manifest-files.ts";
import { parseManifests } from "../../src/kube/objects/manifests.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const object = (name: string, kind = "ConfigMap"): string =>
	`apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;
const names = (objects: { metadata: { name: string } }[]): string[] => objects.map(({ metadata }) => metadata.name);

describe("parseManifests", () => {
	it("leaves out empty documents and takes lists apart", () => {
		const list = `apiVersion: v1\nkind: List\nitems:\n- ${object("b").replaceAll("\n", "\n  ")}\n- ${object("c").replaceAll("\n", "\n  ")}`;
		const text = `---\n# nothing\n---\n${object("a")}---\n---\n${list}\n---\n{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "d"}}\n...\n`;
		expect(names(parseManifests(text, "x"))).toEqual(["a", "b", "c", "d"]);
		expect(parseManifests("", "x")).toEqual([]);
	});

	it("reads values as kubectl does", () => {
		const [found] = parseManifests(`${object("a")}spec: {defaultMode: 0420, date: 2020-01-01, on: off}\n`, "x");
		expect(found?.spec).toEqual({ defaultMode: 272, date: "2020-01-01", true: false });
	});

	it.each([
		["a: b: c", "m.yaml:1: document 1: not valid YAML: bad indentation of a mapping entry"],
		[`${object("a")}---\n\n# c\nkind: Pod\n`, "m.yaml:7: document 2: apiVersion is missing, or not a text"],
		["apiVersion: 1\n", "m.yaml:1: document 1: apiVersion is missing, or not a text"],
		["apiVersion: v1\n", "m.yaml:1: document 1: kind is missing, or not a text"],
		["apiVersion: v1\nkind: Pod\n", "m.yaml:1: document 1: Pod: metadata.name is missing, or not a text"],
		["apiVersion: v1\nkind: Pod\nmetadata:\n", "m.yaml:1: document 1: Pod: metadata.name is missing, or not a text"],
		["\n- a\n", "m.yaml:2: document 1: not an object"],
		["Not Found", "m.yaml:1: document 1: not an object"],
		[`${object("a")}---\n${object("a")}data: {b: c}\n`, "m.yaml: ConfigMap a is there twice, and the two differ"],
		[
			`${object("a")}---\n${object("b")}  x: [\n`,
			"m.yaml:8: document 2: not valid YAML: bad indentation of a mapping entry",
		],
	])("refuses %j", (text, message) => {
		expect(() => parseManifests(text, "m.yaml")).toThrow(expect.objectContaining({ exitCode: 2, message }));
	});

	it("takes one name in two namespaces, or of two groups, for two objects", () => {
		const text = [
			"{apiVersion: v1, kind: A, metadata: {name: a, namespace: one}}",
			"{apiVersion: v1, kind: A, metadata: {name: a, namespace: two}}",
			"{apiVersion: b.io/v1, kind: A, metadata: {name: a, namespace: one}}",
		].join("\n---\n");
		expect(parseManifests(text, "x")).toHaveLength(3);
	});
});

describe("readManifestFiles", () => {
	it("reads files, and folders in the order of names", async () => {
		await mkdir(join(folder, "f", "deeper"), { recursive: true });
		const files = {
			"f/2.yaml": "b",
			"f/1.yml": "a",
			"f/3.json": "c",
			"f/4.txt": "x",
			"f/deeper/5.yaml": "y",
			"0.yaml": "d",
		};
		await Promise.all(Object.entries(files).map(([file, name]) => writeFile(join(folder, file), object(name))));
		const objects = await readManifestFiles([join(folder, "f"), join(folder, "0.yaml")]);
		expect(names(objects)).toEqual(["a", "b", "c", "d"]);

		expect(names(await readManifestFiles([join(folder, "f"), join(folder, "f/2.yaml")]))).toEqual(["a", "b", "c"]);

		await writeFile(join(folder, "other.yaml"), `${object("b")}data: {c: d}\n`);
		await expect(readManifestFiles([join(folder, "f"), join(folder, "other.yaml")])).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringContaining("ConfigMap b is there twice"),
		});
		await expect(readManifestFiles([join(folder, "none")])).rejects.toMatchObject({
			exitCode: 2,
			message: `cannot read ${join(folder, "none")}: there is no such file or directory`,
			hint: expect.stringContaining("spelling"),
		});
		await writeFile(join(folder, "empty.yaml"), "---\n");
		await expect(readManifestFiles([join(folder, "empty.yaml")])).rejects.toMatchObject({
			exitCode: 2,
			message: `${join(folder, "empty.yaml")}: no Kubernetes object is there`,
		});
	});
});
