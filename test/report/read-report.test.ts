import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { parseReport, reportJsonSchema } from "../../src/report/read-report.ts";
import { aReport, around } from "../gate/a-report.ts";

const report = aReport({ minimal: { totals: around(2000, 100, 3), phases: { "pull-image": around(5, 1, 3) } } });
const text = JSON.stringify(report, undefined, "\t");

function refusalOf(damagedText: string): { message: string; hint: string | undefined } {
	try {
		parseReport(damagedText, "r.json");
	} catch (error) {
		if (error instanceof UsageError) return error;
		throw error;
	}
	throw new Error("it was read");
}

/** The report with one value replaced, found by its path. */
function withValue(path: (string | number)[], value: unknown): string {
	const copy = structuredClone(report) as unknown as Record<string | number, unknown>;
	let node = copy;
	for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
	node[path.at(-1) ?? ""] = value;
	return JSON.stringify(copy);
}

test("a saved report is read as it was, with or without a byte order mark", () => {
	expect(parseReport(text, "r.json")).toEqual(report);
	expect(parseReport(`\uFEFF${text}`, "r.json")).toEqual(report);
});

describe("refuses, and names the place,", () => {
	test.each([
		["an empty file", "", "r.json: the file is empty"],
		["a report cut off", text.slice(0, -40), /^r\.json:\d+:\d+: the file ends in the middle of the report$/],
		["a string cut off", text.slice(0, text.indexOf("minimal") + 3), /: the file ends in the middle of the report$/],
		[
			"a letter too much",
			text.replace('"iterations": 20', '"iterations": x20'),
			/^r\.json:9:\d+: this is not JSON: "x20/,
		],
		["something else entirely", "profile: minimal\n", 'r.json:1:1: this is not JSON: "profile: minimal'],
		[
			"JSON of another program",
			'{"results":[{"command":"sleep 1"}]}',
			"r.json: this is JSON, but not a report of knistio",
		],
		["a list", "[1,2]", "r.json: this is JSON, but not a report of knistio"],
		[
			"a newer version",
			withValue(["schemaVersion"], 2),
			"r.json: schemaVersion: the report is of version 2, this knistio reads version 1",
		],
		[
			"a missing part",
			withValue(["profiles"], undefined),
			"r.json: profiles: Invalid input: expected array, received undefined",
		],
		[
			"a number that is text",
			withValue(["profiles", 0, "coldStarts", 1, "total", "ms"], "2000"),
			"r.json: profiles[0].coldStarts[1].total.ms: Invalid input: expected number, received string",
		],
		[
			"an estimate outside its bounds",
			withValue(["profiles", 0, "coldStarts", 2, "phases", "pull-image", "loMs"], 7),
			"r.json: profiles[0].coldStarts[2].phases.pull-image: 6 ms is not between its bounds 7 and 6 ms",
		],
		[
			"a failed start that is counted",
			withValue(["profiles", 0, "coldStarts", 0, "outcome"], "failed"),
			"r.json: profiles[0].coldStarts[0].counted: a start that was failed cannot be counted",
		],
	])("%s", (_what, damagedText, message) => {
		const refusal = refusalOf(damagedText);
		if (typeof message === "string") expect(refusal.message).toContain(message);
		else expect(refusal.message).toMatch(message);
		expect(refusal.hint).toBeTruthy();
	});

	test("wherever the text is cut", () => {
		for (let length = 1; length < text.length - 1; length += 97) {
			expect(refusalOf(text.slice(0, length)).message).toMatch(/^r\.json/);
		}
	});

	test("a huge one, before parsing it", () => {
		expect(refusalOf(" ".repeat(257 * 2 ** 20)).message).toBe(
			"r.json: 257 MiB is too large; reports up to 256 MiB are read",
		);
	});
});

test("the published schema describes the same format", () => {
	const schema = reportJsonSchema() as { required: string[]; properties: { schemaVersion: unknown } };
	expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", title: "knistio report" });
	expect(schema.required).toContain("profiles");
	expect(schema.required).not.toContain("simulated");
	expect(schema.properties.schemaVersion).toMatchObject({ const: 1 });
});
