import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { parseReport } from "../../src/report/read-report.ts";
import type { ColdStart } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, around, measured } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { rendered } from "../support/rendered.ts";

const extra = [anAttempt(21, "warm"), anAttempt(22, "failed"), anAttempt(23, "failed"), anAttempt(24, "unresolved")];
const report = aReport({ minimal: { totals: around(2000, 50, 20), phases: { readiness: around(300, 9, 20) }, extra } });
const words = "24 attempted = 20 cold + 1 warm + 2 failed + 1 unresolved; 20 counted";

/** Every text that comes of a saved report, by what it is. */
async function everyText(): Promise<Record<string, string>> {
	const world = fakeContext({ "r.json": report }, { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "step.md" });
	const options = ["junit", "summary", "comment", "github-action-benchmark", "bencher"];
	const argv = ["check", "r.json", "--budget", "total: p(50) < 1s"];
	await main([...argv, ...options.flatMap((option) => [`--${option}`, `${option}.txt`])], world.context);
	const compared = fakeContext({ "r.json": report, "other.json": report });
	await main(["compare", "r.json", "other.json"], compared.context);
	const written = [...options.map((option) => `${option}.txt`), "step.md"];
	return {
		table: rendered("table", report),
		...Object.fromEntries(["md", "csv", "json"].map((format) => [format, rendered(format, report)])),
		...Object.fromEntries(written.map((file) => [file, world.files.get(file) ?? ""])),
		judgement: world.said.stdout,
		annotations: world.said.stderr,
		compare: compared.said.stdout,
	};
}

describe("the attempt ledger", () => {
	it("is in every output", async () => {
		const { json = "", csv = "", "bencher.txt": bencher = "", ...texts } = await everyText();
		const numbers = { attempted: 24, cold: 20, warm: 1, failed: 2, unresolved: 1, counted: 20 };
		expect(JSON.parse(json).profiles[0].ledger).toEqual(numbers);
		const measures = Object.entries(numbers).map(([name, value]) => [name, { value }]);
		expect(JSON.parse(bencher)["minimal/attempts"]).toEqual(Object.fromEntries(measures));
		const isTold = (text: string) => text.includes(words) || text.includes("| minimal | 24 | 20 | 1 | 2 | 1 | 20 |");
		expect(Object.keys(texts).filter((name) => !isTold(texts[name] ?? ""))).toEqual([]);
		expect(Object.keys(texts)).toHaveLength(10);
		const [, ...rows] = csv.trim().split("\r\n");
		const outcomes = new Map(
			rows.map((row) => row.split(",").slice(1, 4)).map(([round, ...rest]) => [round, rest.join()]),
		);
		const count = (wanted: string) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
		expect(["cold,true", "warm,false", "failed,false", "unresolved,false"].map(count)).toEqual([20, 1, 2, 1]);
	});

	it("of a saved report is that of its cold starts, or the report is refused", () => {
		const changed = rendered("json", report).replace('"failed": 2', '"failed": 0');
		expect(() => parseReport(changed, "r.json")).toThrow(/profiles\[0\]\.ledger: it does not count the cold starts/);
		expect(parseReport(rendered("json", report), "r.json").profiles[0]?.ledger?.failed).toBe(2);
	});
});

describe("± and source", () => {
	const total = (source: "client" | "watch") => ({ ...measured(2000, 3), source });
	const start = (round: number, source: "client" | "watch") => aColdStart(round, { total: total(source) });
	const mixed = aReport({ minimal: { extra: [start(1, "client")] }, full: { extra: [start(1, "watch")] } });
	const lineOf = (text: string) => text.split("\n").find((line) => /^\W*total/.test(line));

	it("stand beside each value in the table and in Markdown, for each column where they differ", () => {
		expect(lineOf(rendered("table", report))).toMatch(/ total +watch +2000 ±0\.0 /);
		expect(lineOf(rendered("table", mixed))).toMatch(/ total +client\/watch +2000 ±3\.0 +2000 ±3\.0 /);
		expect(lineOf(rendered("md", mixed))).toContain("| `total` | client/watch | 2.000 s ±3.0 ms |");
	});

	it("are columns of the CSV and fields of the JSON", () => {
		const [head, row] = rendered("csv", mixed).split("\r\n");
		expect(head).toContain("ms,lo_ms,hi_ms,source,ended_by");
		expect(row).toContain(",total,total,2000,1997,2003,client,,");
		const [first] = JSON.parse(rendered("json", mixed)).profiles[0].coldStarts as ColdStart[];
		expect(first?.total).toEqual({ ms: 2000, loMs: 1997, hiMs: 2003, source: "client" });
	});
});

describe("what a reader must know", () => {
	const findings = [
		{ code: "watch-stalled", message: "the watch delivered nothing for 2500 ms during this cold start" },
	];
	const pod_creating = { ...measured(1900, 1), endedBy: "request-end" } as const;
	const start = aColdStart(1, { total: measured(2000), spans: { pod_creating } }, { findings });
	const observer = { watchEvents: 9, reconnects: 1, gaps: 2, loopDelayP99Ms: 1.5, loopDelayMaxMs: 12, pings: 8 };
	const odd = aReport(
		{ minimal: { extra: [start], fingerprint: { gateway: "node port" } } },
		{
			observer: { ...observer, pingMedianMs: 4 },
			clocks: [{ clock: "node/n1", offsetMs: 1, loMs: -1, hiMs: 3, method: "http-date" }],
		},
	);

	it.each([
		["table", rendered("table", odd, { hasDetails: true }).replaceAll("\n  ", " ")] as const,
		["md", rendered("md", odd)] as const,
	])("is said below the figures: %s", (_, text) => {
		expect(text).toContain("round 1: watch-stalled: the watch delivered nothing for 2500 ms");
		expect(text).toContain("minimal: 4 of 4 expected pod events seen");
		expect(text.replaceAll("\\", "")).toContain(
			"pod_creating ended with the answer, before the pod was Ready, in 1 of 1",
		);
		expect(text).toContain("gateway reached by node port");
		expect(text).toContain("9 events, 1 reconnects, 2 gaps; a change was seen after 4.0 ms (median of 8)");
		expect(text).toContain("observer delay: 1.5 ms (p99), at most 12 ms");
		expect(text.replaceAll("\\", "")).toContain("clock offset of node/n1: 1.0 ms [-1.0, 3.0] ms (http-date)");
	});

	it("is in the rows of the CSV", () => {
		const row = rendered("csv", odd)
			.split("\r\n")
			.find((line) => line.includes("pod_creating"));
		expect(row).toContain(",watch,request-end,");
		expect(row).toContain(",watch-stalled,");
	});
});
