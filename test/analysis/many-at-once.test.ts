import { describe, expect, it } from "vitest";
import { burstsOf } from "../../src/analysis/bursts.ts";
import { crowdingOf } from "../../src/analysis/crowds.ts";
import { figuresOf } from "../../src/analysis/figures.ts";
import { slopeOf } from "../../src/analysis/statistics/slope.ts";
import { renderMarkdown } from "../../src/output/report/markdown.ts";
import { renderTable } from "../../src/output/report/table.ts";
import type { ColdStart, ProfileRun, Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";

const start = (round: number, totalMs: number, phases: Record<string, number> = {}): ColdStart =>
	aColdStart(round, {
		total: measured(totalMs),
		phases: Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, measured(ms)])),
	});

/** Sent `afterMs` after the others of the burst. */
const sent = (coldStart: ColdStart, afterMs: number): ColdStart => ({
	...coldStart,
	requestSentAt: `2026-11-23T10:00:00.${String(afterMs).padStart(3, "0")}000000Z`,
});

const alone = [1, 2, 3].map((round) => start(round, 1000 + round, { sandbox: 300, probing: 700 }));

function reportWith(more: Partial<ProfileRun>): { report: Report; run: ProfileRun } {
	const report = aReport({ full: { extra: alone } });
	const [first] = report.profiles;
	if (first === undefined) throw new Error("no profile");
	const run = { ...first, ...more };
	return { report: { ...report, profiles: [run] }, run };
}

const twoBursts = () => [
	{
		size: 2,
		number: 1,
		coldStarts: [
			sent(start(1, 1500, { sandbox: 900, probing: 600 }), 0),
			sent(start(1, 3000, { sandbox: 1300, probing: 1700 }), 4),
		],
	},
	{
		size: 2,
		number: 2,
		coldStarts: [
			sent(start(2, 2000, { sandbox: 900, probing: 1100 }), 7),
			sent(start(2, 1000, { sandbox: 500, probing: 500 }), 0),
		],
	},
];

describe("bursts", () => {
	it("have a line for each size, and one for a service alone", () => {
		const [one, two] = burstsOf(reportWith({ bursts: twoBursts() }).run);
		expect(one).toMatchObject({ size: 1, bursts: 3, medianMs: 1002, slowestMs: 1003, allAnsweredMs: undefined });
		expect(two).toMatchObject({ size: 2, bursts: 2, medianMs: 1750, slowestMs: 3000, spreadMs: 7 });
		// 3004 in the first, for the slower one was sent 4 ms later, and 2007 in the second.
		expect(two?.allAnsweredMs).toBe(2505.5);
		expect(two?.ledger).toMatchObject({ attempted: 4, cold: 4, counted: 4 });
	});

	it("say which phases grow, the most first", () => {
		const [, two] = burstsOf(reportWith({ bursts: twoBursts() }).run);
		expect(two?.growth).toEqual([
			{ phase: "sandbox", byMs: 600 },
			{ phase: "probing", byMs: 150 },
		]);
	});

	it("leave out a phase that not every one has, for its median is of other cold starts", () => {
		const bursts = twoBursts();
		const [first] = bursts;
		first?.coldStarts.splice(1, 1, sent(start(1, 3000, { sandbox: 1300, readiness: 1700 }), 4));
		const [, two] = burstsOf(reportWith({ bursts }).run);
		expect(two?.growth.map(({ phase }) => phase)).toEqual(["sandbox"]);
	});

	it("do not say when all had answered where one had not, and say why it had not", () => {
		const bursts = twoBursts();
		bursts[0]?.coldStarts.push({ ...anAttempt(1, "failed"), reason: "HTTP 503 (0/1 nodes: Insufficient cpu)" });
		const [, two] = burstsOf(reportWith({ bursts }).run);
		expect(two).toMatchObject({ allAnsweredMs: undefined, medianMs: 1750, ledger: { attempted: 5, failed: 1 } });
		expect(two?.reasons).toEqual([{ reason: "HTTP 503 (0/1 nodes: Insufficient cpu)", count: 1 }]);
	});

	it("have dashes for figures where none counts, and no zero", () => {
		const failed = [{ size: 2, number: 1, coldStarts: [anAttempt(1, "failed"), anAttempt(1, "failed")] }];
		const { report } = reportWith({ bursts: failed, coldStarts: [] });
		const lines = renderTable(figuresOf(report), { color: false }).split("\n");
		const at = lines.findIndex((line) => line.includes("at once"));
		expect(lines[at + 1]?.trim().split(/\s{2,}/)).toEqual(["2", "0 of 2", "–", "–", "–"]);
		expect(lines.slice(at)).toContain("  2 at once: 2 not counted: made up");
	});

	it("are shown below the table and in Markdown", () => {
		const figures = figuresOf(reportWith({ bursts: twoBursts() }).report);
		const row = "        2             4 of 4  1.750 s  3.000 s             2.506 s  sandbox +600 ms, probing +150 ms";
		expect(renderTable(figures, { color: false })).toContain(row);
		expect(renderTable(figures, { color: false })).toContain("  the requests of a burst were sent within 7.0 ms");
		const cells = "| 2 | 4 of 4 | 1.750 s | 3.000 s | 2.506 s | sandbox +600 ms, probing +150 ms |";
		expect(renderMarkdown(figures)).toContain(cells);
	});

	it("are nothing where there was none", () => {
		const { report, run } = reportWith({});
		expect(burstsOf(run)).toEqual([]);
		expect(crowdingOf(run)).toBeUndefined();
		expect(renderTable(figuresOf(report), { color: false })).not.toContain("at once");
	});
});

describe("idle services", () => {
	const crowd = (size: number, perService: number) => ({
		size,
		coldStarts: [1, 2, 3, 4].map((round) => start(round, 1000 + round + size * perService)),
	});

	it("have a line for each number of them, and a slope with its interval", () => {
		const { run, report } = reportWith({ crowds: [crowd(500, 2), crowd(100, 2)] });
		const crowding = crowdingOf(run);
		expect(crowding?.crowds.map(({ size, counted }) => [size, counted])).toEqual([
			[0, 3],
			[100, 4],
			[500, 4],
		]);
		expect(crowding?.slope?.perUnit).toBeCloseTo(2, 1);
		expect(crowding?.slope?.interval?.lo).toBeGreaterThan(1.9);
		expect(crowding?.slope?.interval?.hi).toBeLessThan(2.1);
		expect(renderTable(figuresOf(report), { color: false })).toMatch(
			/\+(199|200|201) ms for each 100 idle services \[\d+, \d+\] ms\n/,
		);
	});

	it("are said to make no difference where the interval of the slope holds 0", () => {
		const { report } = reportWith({ crowds: [crowd(500, 0), crowd(100, 0)] });
		expect(renderTable(figuresOf(report), { color: false })).toContain("; no difference is seen");
	});

	it("have no slope where only one number of them has cold starts that count", () => {
		const { report } = reportWith({ coldStarts: [], crowds: [crowd(100, 1)] });
		expect(renderTable(figuresOf(report), { color: false })).toContain("only one size has cold starts that count");
	});
});

describe("a slope", () => {
	it("is hardly moved by an outlier", () => {
		const points = Array.from({ length: 20 }, (_, x) => ({ x, y: 3 * x + (x === 19 ? 1000 : 0) }));
		expect(slopeOf(points)).toMatchObject({ perUnit: 3, interval: { lo: 3, hi: 3 } });
	});

	it("has no interval for fewer than 8 points, and is unknown where all have one x", () => {
		expect(slopeOf([1, 2, 3].map((x) => ({ x, y: x })))).toEqual({ perUnit: 1, interval: undefined });
		expect(slopeOf([1, 2, 3].map((y) => ({ x: 5, y })))).toBeUndefined();
	});
});
