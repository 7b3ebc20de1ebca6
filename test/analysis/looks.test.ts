import { describe, expect, test } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { confidenceOf, confidenceOfLook, lookAfter, stoppedEarly } from "../../src/analysis/looks.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { summarize } from "../../src/analysis/summary.ts";
import { precisionOf } from "../../src/gate/until.ts";
import { renderTable } from "../../src/output/report/table.ts";
import { aReport } from "../gate/a-report.ts";

/** A report whose profile was stopped by `--until` after its last round. */
function stoppedReport(totals: readonly number[]) {
	const report = aReport({ full: { totals } });
	report.profiles[0]?.findings.push({ code: stoppedEarly, message: "stopped by --until" });
	return report;
}

describe("the interval of a run that stopped early", () => {
	test("is that of the look at which it stopped", () => {
		const totals = Array.from({ length: 16 }, (_, index) => 2_000 + index);
		expect(lookAfter(16)).toBe(3);
		const [run] = stoppedReport(totals).profiles;
		const [usual] = aReport({ full: { totals } }).profiles;
		if (run === undefined || usual === undefined) throw new Error("one profile each");
		expect(confidenceOf(run, 0.95)).toBeCloseTo(confidenceOfLook(3), 12);
		expect(confidenceOf(usual, 0.95)).toBe(0.95);
		expect(renderTable(figuresOf(stoppedReport(totals)), { color: false })).toContain(
			"full: its intervals have a confidence of 99.5 % instead of 95 %",
		);
		expect(renderTable(figuresOf(aReport({ full: { totals } })), { color: false })).not.toContain("its intervals have");
	});

	test("holds in most early stops on two kinds of times, where the usual one holds in half", () => {
		const random = seededRandom(47);
		// Two starts in five take longer, so that the median lies at the end of the lower mode: Φ(z) = 0.5 / 0.6.
		const draw = () => (random() < 0.6 ? 2_000 : 2_300) + 40 * normalDeviate(random);
		const [truth, runs] = [2_000 + 40 * 0.9674, 1_500];
		let [stopped, printed, usual] = [0, 0, 0];
		for (let run = 0; run < runs; run++) {
			const totals: number[] = [];
			for (const n of [8, 11, 16, 23, 32, 45, 64]) {
				while (totals.length < n) totals.push(draw());
				if (!precisionOf(aReport({ full: { totals } }), { halfWidthMs: 40 }).isReached) continue;
				stopped++;
				const intervalOf = (report: ReturnType<typeof aReport>) =>
					summarize(report).groups[0]?.rows[0]?.cells[0]?.interval ?? { lo: Number.NaN, hi: Number.NaN };
				const holds = ({ lo, hi }: { lo: number; hi: number }) => lo <= truth && truth <= hi;
				if (holds(intervalOf(stoppedReport(totals)))) printed++;
				if (holds(intervalOf(aReport({ full: { totals } })))) usual++;
				break;
			}
		}
		// Of all runs, also of those that went on: that is what the levels of the looks add up to.
		expect(stopped).toBeGreaterThan(10);
		expect((stopped - printed) / runs).toBeLessThanOrEqual(0.05);
		// Of the runs that stopped, which are few here and stopped because their values lay close together.
		expect(printed / stopped).toBeGreaterThan(0.85);
		expect(usual / stopped).toBeLessThan(0.6);
	}, 30_000);
});
