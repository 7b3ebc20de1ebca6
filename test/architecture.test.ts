import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = "src";
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => file.split(sep).join("/"));

/** The folder that a file is in, or the file itself. */
const roomOf = (file: string) => (file.includes("/") ? dirname(file) : file.replace(/\.ts$/, ""));

/** The table of src/README.md: which room may import which. */
function readTable(): Map<string, Set<string>> {
	const rows = readFileSync(join(root, "README.md"), "utf8").matchAll(
		/^\|\s*`([a-z/]+)`\s*\|[^|]*\|\s*([^|]*?)\s*\|$/gm,
	);
	return new Map(
		[...rows].map(([, room = "", allowed = ""]) => [
			room,
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

/** The first circle found, as its members in order; empty where there is none. */
function circleIn(nodes: readonly string[], next: (node: string) => string[]): string[] {
	const done = new Set<string>();
	const visit = (node: string, path: string[]): string[] => {
		if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
		if (done.has(node)) return [];
		for (const each of next(node)) {
			const circle = visit(each, [...path, node]);
			if (circle.length > 0) return circle;
		}
		done.add(node);
		return [];
	};
	for (const node of nodes) {
		const circle = visit(node, []);
		if (circle.length > 0) return circle;
	}
	return [];
}

/** Circles are told, and not only where there are none. */
it("finds a circle", () => {
	const next = new Map([
		["a", ["b"]],
		["b", ["c"]],
		["c", ["b"]],
	]);
	expect(circleIn(["a", "b", "c"], (node) => next.get(node) ?? [])).toEqual(["b", "c", "b"]);
});

describe("the source", () => {
	const table = readTable();

	it("has every room in the table, and no other", () => {
		const rooms = new Set(files.map(roomOf));
		expect([...table.keys()].sort()).toEqual([...rooms].sort());
	});

	it("imports only what the table allows", () => {
		const forbidden = inside
			.filter((each) => {
				const [from, to] = [roomOf(each.from), roomOf(target(each))];
				return from !== to && table.get(from)?.has(to) !== true;
			})
			.map((each) => `${each.from} -> ${target(each)}`);
		expect(forbidden).toEqual([]);
	});

	it("allows nothing that no file needs", () => {
		const needed = new Set(inside.map((each) => `${roomOf(each.from)} -> ${roomOf(target(each))}`));
		const unneeded = [...table].flatMap(([from, allowed]) =>
			[...allowed].map((to) => `${from} -> ${to}`).filter((edge) => !needed.has(edge)),
		);
		expect(unneeded).toEqual([]);
	});

	it("has no circle of files, not even one of types", () => {
		expect(circleIn(files, (file) => inside.filter(({ from }) => from === file).map(target))).toEqual([]);
	});

	it("has no circle of rooms", () => {
		expect(circleIn([...table.keys()], (room) => [...(table.get(room) ?? [])])).toEqual([]);
	});

	it("uses client-node for credentials alone, and loads it only when it is needed", () => {
		const users = imports.filter(({ to, isType }) => to.startsWith("@kubernetes/client-node") && !isType);
		expect(users.map(({ from, to }) => `${from} ${to}`)).toEqual([
			"kube/auth/client-node.ts @kubernetes/client-node/dist/config.js",
			"kube/auth/client-node.ts @kubernetes/client-node/dist/config_types.js",
		]);
		const loaders = inside.filter((each) => target(each) === "kube/auth/client-node.ts" && !each.isType);
		expect(loaders.map(({ from, isDynamic }) => ({ from, isDynamic }))).toEqual([
			{ from: "kube/auth/credentials.ts", isDynamic: true },
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
		expect(users.sort()).toEqual(["bin.ts", "context/context.ts"]);
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
