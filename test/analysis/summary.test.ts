import { describe, expect, test } from "vitest";
import { compareReports } from "../../src/analysis/comparison.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { type Cell, summarize } from "../../src/analysis/summary.ts";
import { range } from "../../src/output/words/units.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { rendered } from "../support/rendered.ts";

function cell(report: Report, measure: string, column: number): Cell | undefined {
	const rows = summarize(report).groups.flatMap((group) => group.rows);
	return rows.find(({ name }) => name === measure)?.cells[column];
}

/** Two profiles of the same make, with many phases that do not differ, by chance alone. */
function nothingButNoise(seed: number): Report {
	const random = seededRandom(seed);
	const noise = () => Array.from({ length: 12 }, () => 1000 + 50 * normalDeviate(random));
	const sketch = () => ({
		totals: noise(),
		phases: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`phase-${index}`, noise()])),
	});
	return aReport({ minimal: sketch(), full: sketch() });
}

describe("the summary of a report", () => {
	test("has the changes that compare has", () => {
		const report = aReport({
			minimal: { totals: around(2000, 50, 12), phases: { readiness: around(300, 20, 12) } },
			full: { totals: around(2400, 50, 12), phases: { readiness: around(301, 20, 12) } },
		});
		const [table] = compareReports([{ label: "run.json", report }]);
		for (const [index, measure] of ["total", "readiness"].entries()) {
			const { change } = cell(report, measure, 1) ?? {};
			expect(change).toEqual(table?.rows[index]?.cells[1]?.change);
			expect(change?.isSignificant).toBe(measure === "total");
		}
		expect(cell(report, "total", 0)?.change).toBeUndefined();
	});

	test("rarely shows a difference anywhere where there is none", () => {
		let withDifference = 0;
		for (let seed = 1; seed <= 200; seed++) {
			const { groups } = summarize(nothingButNoise(seed));
			const cells = groups.flatMap(({ rows }) => rows.flatMap((row) => row.cells));
			if (cells.some((each) => each?.change?.isSignificant)) withDifference++;
		}
		// Without Holm about half of the reports would show one: 1 − 0.95¹³.
		expect(withDifference).toBeLessThanOrEqual(200 * 0.08);
	});

	test("lets starts that failed have been anything", () => {
		const failed = Array.from({ length: 8 }, (_, index) => anAttempt(index + 13, "failed"));
		const sketch = { totals: around(2000, 50, 12) };
		const report = aReport({ minimal: sketch, full: { totals: around(2200, 50, 12), extra: failed } });
		expect(cell(report, "total", 1)).toMatchObject({ missing: 8, change: { isSignificant: false } });
		expect(rendered("table", report)).not.toContain("∞");
		const two = aReport({ full: { totals: around(2200, 50, 12), extra: failed.slice(0, 3) } });
		expect(rendered("table", two)).toMatch(/total +watch .* 2200 ±0\.0 +\[\S+, \S+\]/);
		const whole = aReport({ minimal: sketch, full: { totals: around(2200, 50, 12) } });
		expect(cell(whole, "total", 1)?.change?.isSignificant).toBe(true);
	});

	test.each([
		["table", (report: Report) => rendered("table", report), "+400", "~", "?"],
		["Markdown", (report: Report) => rendered("md", report), "**+400 ms**", "\\~", "?"],
	])("is marked in the %s: what differs, what does not, what cannot be told", (_, render, changed, same, unknown) => {
		const sketch = (total: number, n: number) => ({ totals: around(total, 50, n) });
		const line = (report: Report) =>
			render(report)
				.split("\n")
				.find((text) => /^\W+total/.test(text));
		expect(line(aReport({ minimal: sketch(2000, 12), full: sketch(2400, 12) }))).toContain(changed);
		expect(line(aReport({ minimal: sketch(2000, 12), full: sketch(2001, 12) }))).toContain(same);
		expect(line(aReport({ minimal: sketch(2000, 3), full: sketch(2400, 3) }))).toContain(unknown);
	});

	test("has no columns for a report without profiles", () => {
		expect(summarize(aReport({})).columns).toEqual([]);
	});
});

test("a range has one unit, and ends that may be open", () => {
	expect(range(1204, 1310)).toBe("[1.20, 1.31] s");
	expect(range(12, Number.POSITIVE_INFINITY)).toBe("[12, ∞] ms");
	expect(range(Number.NEGATIVE_INFINITY, 1500)).toBe("[-∞, 1.50] s");
});

test("columns of the same title are told apart by their profiles' names", () => {
	const report = aReport({ one: { totals: [1000] }, two: { totals: [1000] }, three: { totals: [1000] } });
	for (const { profile } of report.profiles) profile.title = profile.name === "three" ? "Third" : "Full Istio";
	expect(summarize(report).columns.map(({ title }) => title)).toEqual([
		"Full Istio (one)",
		"Full Istio (two)",
		"Third",
	]);
});

describe("the note on the order of a run", () => {
	const notes = (order?: Report["order"]) =>
		rendered(
			"table",
			aReport({ one: { totals: [1000] }, two: { totals: [1000] } }, order === undefined ? {} : { order }),
			{ hasDetails: true },
		)
			.split("\n")
			.filter((line) => line.includes("balanced order"));

	test("tells who took turns, and how often all was installed", () => {
		expect(notes({ seed: 7, blocks: 2, turns: [["one", "two"]] })).toEqual([
			"one and two took turns in each round, in a balanced order (seed 7)",
			"every profile was installed 2 times, in a balanced order (seed 7)",
		]);
	});

	test("is left out where one came after the other", () => {
		expect(notes({ seed: 7, blocks: 1, turns: [] })).toEqual([]);
		expect(notes()).toEqual([]);
	});
});
