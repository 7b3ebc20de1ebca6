import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = "src";
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => file.split(sep).join("/"));

/** The first folder below src, or the file itself. */
const layerOf = (file: string) => (file.includes("/") ? (file.split("/")[0] ?? "") : file.replace(/\.ts$/, ""));

/** The table of src/README.md: which layer may import which. */
function readTable(): Map<string, Set<string>> {
	const rows = readFileSync(join(root, "README.md"), "utf8").matchAll(
		/^\|\s*`([a-z]+)`\s*\|[^|]*\|\s*([^|]*?)\s*\|$/gm,
	);
	return new Map(
		[...rows].map(([, layer = "", allowed = ""]) => [
			layer,
			new Set(allowed.split(/, */).filter((name) => name !== "nothing")),
		]),
	);
}

interface Import {
	from: string;
	to: string;
	isType: boolean;
	isDynamic: boolean;
}

function importsOf(file: string): Import[] {
	const text = readFileSync(join(root, file), "utf8");
	const found = text.matchAll(/(import|export)\s+(type\s)?[^;"']*?from\s+"([^"]+)"|import\("([^"]+)"\)/g);
	return [...found].map(([, , isType, named, dynamic]) => ({
		from: file,
		to: named ?? dynamic ?? "",
		isType: isType !== undefined,
		isDynamic: dynamic !== undefined,
	}));
}

const imports = files.flatMap(importsOf);
const inside = imports.filter(({ to }) => to.startsWith("."));
const target = ({ from, to }: Import) =>
	relative(root, join(root, from, "..", to))
		.split(sep)
		.join("/");

describe("the source", () => {
	const table = readTable();

	it("has every layer in the table, and no other", () => {
		const layers = new Set(files.map(layerOf));
		expect([...table.keys()].sort()).toEqual([...layers].sort());
	});

	it("imports only what the table allows", () => {
		const forbidden = inside
			.filter((each) => {
				const [from, to] = [layerOf(each.from), layerOf(target(each))];
				return from !== to && table.get(from)?.has(to) !== true;
			})
			.map((each) => `${each.from} -> ${target(each)}`);
		expect(forbidden).toEqual([]);
	});

	it("has no circle of files at run time", () => {
		const edges = new Map<string, string[]>();
		for (const each of inside.filter(({ isType }) => !isType)) {
			edges.set(each.from, [...(edges.get(each.from) ?? []), target(each)]);
		}
		const done = new Set<string>();
		const visit = (file: string, path: string[]): string[] | undefined => {
			if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
			if (done.has(file)) return undefined;
			for (const next of edges.get(file) ?? []) {
				const circle = visit(next, [...path, file]);
				if (circle !== undefined) return circle;
			}
			done.add(file);
			return undefined;
		};
		for (const file of files) expect(visit(file, []) ?? []).toEqual([]);
	});

	it("uses client-node for credentials alone, and loads it only when it is needed", () => {
		const users = imports.filter(({ to, isType }) => to.startsWith("@kubernetes/client-node") && !isType);
		expect(users.map(({ from, to }) => `${from} ${to}`)).toEqual([
			"cluster/client-node.ts @kubernetes/client-node/dist/config.js",
			"cluster/client-node.ts @kubernetes/client-node/dist/config_types.js",
		]);
		const loaders = inside.filter((each) => target(each) === "cluster/client-node.ts" && !each.isType);
		expect(loaders.map(({ from, isDynamic }) => ({ from, isDynamic }))).toEqual([
			{ from: "cluster/credentials.ts", isDynamic: true },
		]);
	});

	it("imports no more than the default of a package dynamically, for a CommonJS one has no names then in the bundle", () => {
		const found = files.filter((file) =>
			/(?<!\{ default: \w+ \} = await )import\("[^.]/.test(readFileSync(join(root, file), "utf8")),
		);
		expect(found).toEqual([]);
	});

	it("reads and writes the process in the context and in threads only", () => {
		const users = files.filter((file) =>
			/\bprocess\.(env|argv|exit|stdout|stderr|on)\b/.test(readFileSync(join(root, file), "utf8")),
		);
		expect(users.sort()).toEqual(["bin.ts", "context.ts"]);
	});

	it("has neither files without a subject nor default exports", () => {
		expect(files.filter((file) => /(^|\/)(index|utils?|helpers?|common|manager|types)\.ts$/.test(file))).toEqual([]);
		expect(files.filter((file) => /^export default/m.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
	});

	it("has files of one idea", () => {
		const long = files
			.map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length }))
			.filter(({ lines }) => lines > 300);
		expect(long).toEqual([]);
	});
});
