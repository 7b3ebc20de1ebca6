import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/analysis/statistics/random.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { type Entry, recordingVersion } from "../../src/recording/entries.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { aReport, around } from "../gate/a-report.ts";
import { knistio } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [minimal] = await loadProfiles(["minimal"]);
if (minimal === undefined) throw new Error("no profile");
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

async function save(name: string, content: string): Promise<string> {
	await writeFile(at(name), content);
	return at(name);
}

const aSavedReport = () =>
	save(
		"run.json",
		JSON.stringify(aReport({ minimal: { totals: around(2_000, 100, 10) }, full: { totals: around(5_000, 100, 10) } })),
	);

describe("show", () => {
	it.each(["table", "json", "csv", "md"])("prints a report as %s", async (format) => {
		const { code, stdout, stderr, opened } = await knistio(["show", await aSavedReport(), "--format", format]);
		expect({ code, stderr, opened }).toEqual({ code: 0, stderr: "", opened: 0 });
		expect(stdout).toContain("minimal");
		expect(stdout.endsWith("\n")).toBe(true);
	});

	it("prints JSON that is the report again", async () => {
		const file = await aSavedReport();
		const { stdout } = await knistio(["show", file, "--format", "json"]);
		const shown = parseReport(stdout, "stdout");
		for (const run of shown.profiles) {
			expect(run.ledger).toEqual({ attempted: 10, cold: 10, warm: 0, failed: 0, unresolved: 0, counted: 10 });
			delete run.ledger;
		}
		expect(shown).toEqual(parseReport(await readFile(file, "utf8"), file));
	});

	it("writes files instead, each by its extension", async () => {
		const outcome = await knistio(["show", await aSavedReport(), "-o", at("a.csv"), "-o", at("a.md")]);
		expect(outcome).toMatchObject({ code: 0, stdout: "", written: [at("a.csv"), at("a.md")] });
		expect(outcome.stderr).toBe(`wrote ${at("a.csv")}, ${at("a.md")}\n`);
		expect(await readFile(at("a.csv"), "utf8")).toContain("minimal");
		expect(await readFile(at("a.md"), "utf8")).toContain("| ");
	});

	it.each([
		["what is not there", async () => at("none.json"), /cannot read .*none\.json: there is no such file or directory/],
		["a folder", async () => folder, /cannot read .*: it is a directory/],
		["an empty file", () => save("empty.json", ""), /empty\.json: the file is empty\nhint: /],
		[
			"what is cut off",
			() => save("cut.json", '{"schemaVersion": 1, "kni'),
			/cut\.json:1:\d+: the file ends in the middle/,
		],
		["another program's file", () => save("other.json", '{"a": 1}'), /other\.json/],
	])("refuses %s", async (_, file, words) => {
		const { code, stdout, stderr } = await knistio(["show", await file()]);
		expect([code, stdout]).toEqual([2, ""]);
		expect(stderr).toMatch(words);
		expect(stderr).not.toContain("defect");
	});

	it("refuses a format that there is not, and a file that cannot be written, before it writes", async () => {
		const file = await aSavedReport();
		const format = await knistio(["show", file, "--format", "xml"]);
		expect(format).toMatchObject({ code: 2, stdout: "" });
		expect(format.stderr).toContain('error: --format: "xml" is not a known format\nhint: known formats: table, ');
		const extension = await knistio(["show", file, "-o", at("b.csv"), "-o", at("b.xml")]);
		expect(extension).toMatchObject({ code: 2, written: [] });
		const folderless = await knistio(["show", file, "-o", at("none/b.csv")]);
		expect(folderless.code).toBe(2);
		expect(folderless.stderr).toMatch(/cannot write .*b\.csv: there is no such file or directory/);
	});

	it("shows the cause with --debug, wherever that stands", async () => {
		for (const argv of [
			["show", at("none.json"), "--debug"],
			["--debug", "show", at("none.json")],
		]) {
			const { code, stderr } = await knistio(argv);
			expect(code).toBe(2);
			expect(stderr).toContain("caused by Error: ENOENT");
		}
		expect((await knistio(["show", at("none.json")])).stderr).not.toContain("caused by");
	});
});

describe("replay", () => {
	const entries: Entry[] = [
		{
			kind: "run",
			version: recordingVersion,
			at: "1700000000000000000",
			knistio: "1.2.3",
			context: "bench",
			iterations: 2,
		},
		{
			kind: "profile",
			at: "1700000001000000000",
			profile: minimal,
			fingerprint: {},
			revision: "h-00001",
			namespace: "x",
		},
		{ kind: "sample", at: "1700000002000000000", round: 0, podsBefore: [], replicasBefore: 0 },
		{ kind: "request", at: "1700000003000000000", round: 0, connectStartedAt: "1700000002000000000", error: "refused" },
		{ kind: "sample-end", at: "1700000004000000000", round: 0 },
		{ kind: "end", at: "1700000005000000000" },
	];
	const lines = entries.map((entry) => JSON.stringify(entry));
	const replay = async (name: string, content: string, ...more: string[]) =>
		knistio(["replay", await save(name, content), ...more]);

	it("rebuilds the report", async () => {
		const outcome = await replay("whole.ndjson", `${lines.join("\n")}\n`, "-o", at("again.json"));
		// Nothing of it counts as a cold start, so there is nothing to call a pass.
		expect(outcome).toMatchObject({ code: 3, stderr: `wrote ${at("again.json")}\n`, opened: 0 });
		const report = parseReport(await readFile(at("again.json"), "utf8"), "again.json");
		expect(report).toMatchObject({ cluster: { context: "bench" }, profiles: [{ profile: { name: "minimal" } }] });
		expect((await replay("whole.ndjson", lines.join("\n"))).stdout).toContain("minimal");
	});

	it.each([
		["in the middle of its last line", `${lines.slice(0, 4).join("\n")}\n${lines[4]?.slice(0, 30)}`],
		["between two lines", `${lines.slice(0, 4).join("\n")}\n`],
		["with empty lines behind", `${lines.slice(0, 4).join("\n")}\n${lines[4]?.slice(0, 9)}\n\n`],
	])("makes the most of a recording that was cut off %s", async (_, content) => {
		const outcome = await replay("cut.ndjson", content, "-o", at("cut-again.json"));
		expect(outcome).toMatchObject({ code: 3, stderr: `wrote ${at("cut-again.json")}\n` });
		const { profiles } = parseReport(await readFile(at("cut-again.json"), "utf8"), "cut-again.json");
		expect(profiles).toMatchObject([{ profile: { name: "minimal" } }]);
	});

	it.each<[string, string, RegExp]>([
		[
			"a damaged line in the middle",
			[lines[0], lines[1], '{"kind": "sam', lines[3]].join("\n"),
			/damaged\.ndjson:3: the line is not JSON\nhint: the file was damaged/,
		],
		["a foreign file of JSON", '{"a": 1}\n{"b": 2}\n', /damaged\.ndjson:1: this is not a recording of knistio\nhint: /],
		["a saved report", JSON.stringify(aReport({}), undefined, "\t"), /damaged\.ndjson:1: .*\nhint: .*`knistio show`/],
		["a value that is no entry", "null\n", /damaged\.ndjson:1: this is not a recording/],
		["a foreign text", "hello\nworld\n", /damaged\.ndjson:1: the line is not JSON/],
		["an entry that is none", `${lines[0]}\nnull\n${lines[1]}\n`, /damaged\.ndjson:2: /],
		["nothing", "", /damaged\.ndjson: the recording is empty/],
		["only empty lines", "\n\n", /damaged\.ndjson: the recording is empty/],
		[
			"a recording of another version",
			`${lines[0]?.replace(/"version":\d+/, '"version":99')}\n`,
			/the recording has version 99, but this knistio reads version 1/,
		],
	])("refuses %s", async (_, content, words) => {
		const { code, stdout, stderr } = await replay("damaged.ndjson", content);
		expect(stderr).toMatch(words);
		expect(stderr).not.toContain("defect");
		expect([code, stdout]).toEqual([2, ""]);
	});

	it.each([
		["a time that is none", 2, { at: "yesterday" }],
		["a time that is missing", 3, { connectStartedAt: undefined }],
		["a kind that is none", 2, { kind: "sampel" }],
		["a text in a number's place", 2, { round: "1" }],
	])("refuses an entry with %s, by its line", async (_, index, change) => {
		const changed = lines.with(index, JSON.stringify({ ...entries[index], ...change }));
		const { code, stderr } = await replay("damaged.ndjson", changed.join("\n"));
		expect([code, stderr]).toEqual([
			2,
			expect.stringContaining(`damaged.ndjson:${index + 1}: the line is not an entry`),
		]);
	});

	it("never calls damage a defect of its own, and never makes figures that no report may have", async () => {
		const recorded = await readFile(new URL("../recordings/native.ndjson", import.meta.url), "utf8");
		const whole = recorded.trim().split("\n");
		const random = seededRandom(3);
		for (let run = 0; run < 60; run++) {
			const index = Math.floor(random() * whole.length);
			const line = whole[index] ?? "";
			const places = [...line.matchAll(/":("[^"]*"|\d+|true|false|\[|\{)/g)];
			const place = places[Math.floor(random() * places.length)];
			if (place?.[1] === undefined || /[[{]/.test(place[1])) continue;
			const wrong = ["null", '"x"', "-1", '"9"'][run % 4] ?? "";
			const start = place.index + 2;
			const changed = line.slice(0, start) + wrong + line.slice(start + place[1].length);
			const { code, stderr } = await replay(
				"hurt.ndjson",
				whole.with(index, changed).join("\n"),
				"-o",
				at("hurt.json"),
			);
			expect([0, 2, 3], `${changed.slice(start - 40, start + 20)}: ${stderr}`).toContain(code);
			if (code !== 2) parseReport(await readFile(at("hurt.json"), "utf8"), "hurt.json");
		}
	});

	it("refuses what is not there and what is a folder", async () => {
		for (const file of [at("none.ndjson"), folder]) {
			const { code, stderr } = await knistio(["replay", file]);
			expect(code).toBe(2);
			expect(stderr).toMatch(/^error: cannot read [^\n]+: (there is no such file|it is a directory)/);
		}
	});
});
