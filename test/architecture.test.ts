import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";
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

/** Shows that the search finds a circle where there is one. */
it("finds a circle", () => {
	const next = new Map([
		["a", ["b"]],
		["b", ["c"]],
		["c", ["b"]],
	]);
	expect(circleIn(["a", "b", "c"], (node) => next.get(node) ?? [])).toEqual(["b", "c", "b"]);
});

const maxFunctionLines = 60;

/** The functions of a source text that are longer than allowed and have no reason above them: name and lines. */
function longFunctionsOf(text: string): string[] {
	const source = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
	const found: string[] = [];
	const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
	const visit = (node: ts.Node): void => {
		if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
			const lines = lineAt(node.end) - lineAt(node.getStart(source)) + 1;
			if (lines > maxFunctionLines && !hasReason(node, text)) found.push(`${nameOf(node)}: ${lines} lines`);
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
	if (node.name !== undefined) return node.name.getText();
	if (ts.isConstructorDeclaration(node)) return "constructor";
	const { parent } = node;
	const isNamed =
		ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent);
	return isNamed ? parent.name.getText() : "a function without a name";
}

/** Whether a comment above the function, or above the statement or member that it is part of, says why it is long. */
function hasReason(node: ts.Node, text: string): boolean {
	const comments = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
	const lines = comments.flatMap(({ pos, end }) => text.slice(pos, end).split("\n"));
	if (lines.some((line) => /^\s*(\/\/|\/\*+|\*)\s*One function: *[^\s*]/.test(line))) return true;
	const isWhole = ts.isStatement(node) || ts.isClassElement(node) || ts.isObjectLiteralElement(node);
	return !isWhole && node.parent !== undefined && hasReason(node.parent, text);
}

describe("the check of long functions", () => {
	const body = (lines: number) => `${"\tstep();\n".repeat(lines - 2)}}`;
	const long = body(maxFunctionLines + 1);

	it("finds long ones of every kind", () => {
		expect(longFunctionsOf(`/** Does much. */\nfunction declared() {\n${long}`)).toEqual(["declared: 61 lines"]);
		expect(longFunctionsOf(`const arrow = () => {\n${long};`)).toEqual(["arrow: 61 lines"]);
		expect(longFunctionsOf(`class Some { static method() {\n${long} }`)).toEqual(["method: 61 lines"]);
		expect(longFunctionsOf(`class Some { constructor() {\n${long} }`)).toEqual(["constructor: 61 lines"]);
		expect(longFunctionsOf(`const some = { member: function () {\n${long} };`)).toEqual(["member: 61 lines"]);
		expect(longFunctionsOf(`run(() => {\n${long});`)).toEqual(["a function without a name: 61 lines"]);
	});

	it("finds a long one inside another one", () => {
		const text = `/** One function: it is made of one piece. */\nfunction outer() {\nfunction inner() {\n${long}\n}`;
		expect(longFunctionsOf(text)).toEqual(["inner: 61 lines"]);
	});

	it("lets short ones pass, however long their comment is", () => {
		expect(longFunctionsOf(`/**\n${" * More.\n".repeat(70)} */\nfunction short() {\n${body(60)}`)).toEqual([]);
	});

	it("lets long ones pass only with a reason above them", () => {
		const reason = "One function: its steps share everything.";
		expect(longFunctionsOf(`/** ${reason} */\nfunction declared() {\n${long}`)).toEqual([]);
		expect(longFunctionsOf(`/**\n * Does much.\n * ${reason}\n */\nexport const arrow = () => {\n${long};`)).toEqual(
			[],
		);
		expect(longFunctionsOf(`class Some {\n// ${reason}\nmethod() {\n${long} }`)).toEqual([]);
		expect(longFunctionsOf(`// One function:\nfunction declared() {\n${long}`)).toEqual(["declared: 61 lines"]);
		expect(longFunctionsOf(`/** One function: */\nfunction declared() {\n${long}`)).toEqual(["declared: 61 lines"]);
		expect(longFunctionsOf(`// Not "${reason}"\nfunction declared() {\n${long}`)).toEqual(["declared: 61 lines"]);
		expect(longFunctionsOf(`function declared() {\n// ${reason}\n${long}`)).toEqual(["declared: 62 lines"]);
	});
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

	it("has no function over 60 lines without a reason", () => {
		const found = files.flatMap((file) =>
			longFunctionsOf(readFileSync(join(root, file), "utf8")).map((text) => `${file} ${text}`),
		);
		expect(found).toEqual([]);
	});

	it("has files of one idea", () => {
		const long = files
			.map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length }))
			.filter(({ lines }) => lines > 300);
		expect(long).toEqual([]);
	});
});
