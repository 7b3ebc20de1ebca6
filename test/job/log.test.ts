import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogReader } from "../../src/job/log-reader.ts";
import { openLogWriter } from "../../src/job/log-writer.ts";

const id = "0123abcd";

/** Writes a log, and gives its lines. */
function written(write: (writer: ReturnType<typeof openLogWriter>) => void, roomBytes?: number): string[] {
	let text = "";
	const how = { id, version: "1.2.3", ...(roomBytes === undefined ? {} : { roomBytes }) };
	write(
		openLogWriter(how, (lines) => {
			text += lines;
		}),
	);
	expect(text.endsWith("\n")).toBe(true);
	return text.slice(0, -1).split("\n");
}

function readBack(lines: readonly string[]) {
	const said = { messages: [] as string[], result: [] as string[] };
	const reader = createLogReader(id, {
		messages: (line) => void said.messages.push(line),
		result: (line) => void said.result.push(line),
	});
	for (const line of lines) reader.line(line);
	return { ...said, ...reader.read() };
}

const bytes = (text: string) => Buffer.from(text);

describe("the log of a Job", () => {
	it("gives back what was written, each line to its stream", () => {
		const lines = written((writer) => {
			writer.text("messages", "one\ntw");
			writer.text("messages", "o\n");
			writer.text("result", "| table |\n");
			writer.text("messages", "without an end");
			writer.file("run.json", bytes("{}"));
			writer.end(99);
		});
		expect(readBack(lines)).toEqual({
			version: "1.2.3",
			messages: ["one", "two", "without an end"],
			result: ["| table |"],
			files: new Map([["run.json", bytes("{}")]]),
			damaged: [],
			end: { code: 99, left: [] },
		});
	});

	it("gives back any file, in lines that no runtime cuts", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 50_000 }), (content) => {
				const lines = written((writer) => writer.file("f", content));
				expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(16 * 1024);
				expect(readBack(lines).files.get("f")).toEqual(Buffer.from(content));
			}),
			{ numRuns: 30 },
		);
	});

	it("tells of a file that is not there, and of one that is too large", () => {
		const noise = Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * index * 7919) % 251));
		const lines = written((writer) => {
			writer.file("none.json", { reason: "the run did not write it" });
			writer.file("large.ndjson", noise);
			writer.file("small.json", bytes("{}"));
			writer.end(0);
		}, 300);
		const { files, end } = readBack(lines);
		expect([...files.keys()]).toEqual(["small.json"]);
		expect(end?.left).toEqual([
			{ name: "none.json", reason: "the run did not write it" },
			{ name: "large.ndjson", reason: expect.stringMatching(/^it takes .* of the log/) },
		]);
	});

	it.each([
		["is cut", (lines: string[]) => lines.slice(0, -2)],
		["lacks a line", (lines: string[]) => lines.toSpliced(2, 1)],
		["has a line twice", (lines: string[]) => lines.toSpliced(2, 0, lines[2] as string)],
		["has another content", (lines: string[]) => lines.map((line) => line.replace(/data ..../, "data AAAA"))],
		["has a head that lies", (lines: string[]) => lines.map((line) => line.replace(/"bytes":\d+/, '"bytes":1'))],
		["has a head that is none", (lines: string[]) => lines.map((line) => line.replace(/"lines":/, '"lnes":'))],
	])("gives no file where it %s", (_, change) => {
		const lines = written((writer) => writer.file("run.json", Buffer.alloc(200_000, "0123456789abcdef")));
		expect(readBack(lines).files.size).toBe(1);
		expect(readBack(change(lines))).toMatchObject({ files: new Map(), end: undefined });
	});

	it("takes no line of another's for one of its own", () => {
		const { end, messages } = readBack(['[knistio ffffffff] end {"code":0,"left":[]}', '[knistio 0123abcd] end {"cod']);
		expect(end).toBeUndefined();
		expect(messages).toEqual(['[knistio ffffffff] end {"code":0,"left":[]}']);
	});
});
