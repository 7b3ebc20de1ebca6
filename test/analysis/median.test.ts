import { describe, expect, test } from "vitest";
import { rankBounds } from "../../src/analysis/statistics/binomial.ts";
import { boundedMedianInterval, medianInterval, medianOf, quantileOf } from "../../src/analysis/statistics/median.ts";
import { goldenCases } from "./golden/golden.ts";

interface Golden {
	values: number[];
	confidence: number;
	median: number;
	quantiles: Record<string, number>;
	interval?: { lo: number; hi: number };
}

const golden = goldenCases<Golden>("median.json");

describe("median and quantiles", () => {
	test.each(golden.map((given) => [given.values.length, given] as const))("agree with SciPy at n=%i", (n, given) => {
		const estimate = medianInterval(given.values, given.confidence);
		expect(estimate?.n).toBe(n);
		expect(estimate?.median).toBeCloseTo(given.median, 9);
		for (const [p, expected] of Object.entries(given.quantiles)) {
			expect(quantileOf(given.values, Number(p))).toBeCloseTo(expected, 9);
		}
		expect(estimate?.interval && { lo: estimate.interval.lo, hi: estimate.interval.hi }).toEqual(given.interval);
	});

	test("of nothing is undefined", () => {
		expect(medianOf([])).toBeUndefined();
		expect(medianInterval([])).toBeUndefined();
		expect(boundedMedianInterval([])).toBeUndefined();
	});

	test("has no interval below six values, and an exact confidence from there", () => {
		expect(medianInterval([1, 2, 3, 4, 5])).toEqual({ n: 5, median: 3 });
		expect(medianInterval([6, 5, 4, 3, 2, 1])?.interval).toEqual({ lo: 1, hi: 6, confidence: 1 - 2 / 64 });
	});

	test("carries the bounds of each value", () => {
		const values = [1, 2, 3, 4, 5, 6].map((ms) => ({ ms: ms * 10, loMs: ms * 10 - 3, hiMs: ms * 10 + 1 }));
		expect(boundedMedianInterval(values)).toEqual({
			n: 6,
			median: 35,
			band: { lo: 32, hi: 36 },
			interval: { lo: 7, hi: 61, confidence: 1 - 2 / 64 },
		});
	});
});

describe("rank bounds", () => {
	test.each([
		[0.9, 29],
		[0.95, 59],
		[0.99, 299],
	])("an upper bound of p%f needs %i values", (p, n) => {
		expect(rankBounds(n, p, 0.05).upper).toBe(n);
		expect(rankBounds(n - 1, p, 0.05).upper).toBeUndefined();
	});

	test("stay finite at 10,000 values", () => {
		const bounds = rankBounds(10_000, 0.5, 0.025);
		expect([bounds.lower, bounds.upper]).toEqual([4902, 5099]);
	});
});
