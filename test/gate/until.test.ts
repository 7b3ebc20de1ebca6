import { describe, expect, test } from "vitest";
import { medianInterval, medianOf } from "../../src/analysis/statistics/median.ts";
import { seededRandom } from "../../src/analysis/statistics/random.ts";
import { precisionOf } from "../../src/gate/until.ts";
import { anAttempt, aReport, around } from "./a-report.ts";

describe("stopping early", () => {
	test("is looked at in few rounds only", () => {
		const looks = Array.from({ length: 70 }, (_, index) => index + 1).filter(
			(n) => precisionOf(aReport({ full: { totals: around(2000, 1, n) } }), { halfWidthMs: 50 }).look !== undefined,
		);
		expect(looks).toEqual([8, 11, 16, 23, 32, 45, 64]);
	});

	test("needs every profile to be known well enough", () => {
		const report = (spread: number) =>
			aReport({ minimal: { totals: around(2000, 10, 16) }, full: { totals: around(5000, spread, 16) } });
		expect(precisionOf(report(20), { halfWidthMs: 50 })).toMatchObject({ isReached: true, look: 3 });
		expect(precisionOf(report(20), { halfWidthMs: 50 }).confidence).toBeCloseTo(1 - 0.05 / 12, 12);
		const wide = precisionOf(report(200), { halfWidthMs: 50 });
		expect(wide).toMatchObject({ isReached: false, widest: { profile: "full" } });
		expect(wide.widest?.halfWidthMs).toBeGreaterThan(100);
	});

	test("is out of reach without data, and where failed starts leave the median open", () => {
		expect(precisionOf(aReport({}), { halfWidthMs: 50 }).isReached).toBe(false);
		const failed = Array.from({ length: 12 }, (_, index) => anAttempt(index + 5, "failed"));
		const report = aReport({ full: { totals: around(2000, 1, 4), extra: failed } });
		expect(precisionOf(report, { halfWidthMs: 50 })).toMatchObject({ isReached: false, look: 3 });
	});

	test("leaves the interval it stops with as sure as it says, and the median unbiased", () => {
		const random = seededRandom(23);
		const skewed = () => 2000 - 100 * Math.log((1 - random()) * (1 - random()));
		const trueMedian = 2000 + 167.835;
		let [stopped, covered, error] = [0, 0, 0];
		for (let run = 0; run < 600; run++) {
			const totals: number[] = [];
			for (const n of [8, 11, 16, 23, 32, 45, 64]) {
				while (totals.length < n) totals.push(skewed());
				const { isReached, confidence = 0 } = precisionOf(aReport({ full: { totals } }), { halfWidthMs: 100 });
				if (!isReached) continue;
				const interval = medianInterval(totals, confidence)?.interval;
				stopped++;
				if (interval !== undefined && interval.lo <= trueMedian && trueMedian <= interval.hi) covered++;
				error += (medianOf(totals) ?? 0) - trueMedian;
				break;
			}
		}
		expect(stopped).toBeGreaterThan(400);
		expect((stopped - covered) / 600).toBeLessThanOrEqual(0.05);
		expect(Math.abs(error / stopped)).toBeLessThan(10);
	});
});
