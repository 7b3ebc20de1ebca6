import { describe, expect, test } from "vitest";
import { falseDiscoveryRates } from "../../src/analysis/statistics/false-discovery.ts";
import { medianInterval, medianOf } from "../../src/analysis/statistics/median.ts";
import { differenceOfMedians, ratioOfMedians } from "../../src/analysis/statistics/medians-apart.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { mannWhitney, shiftRank } from "../../src/analysis/statistics/rank-sum.ts";
import { runSpread, studentQuantile } from "../../src/analysis/statistics/run-spread.ts";

describe("false-discovery rates", () => {
	test("step up, keep the order given and never fall below a smaller one", () => {
		const rates = falseDiscoveryRates([0.01, 0.04, 0.03, 0.005]);
		for (const [index, expected] of [0.02, 0.04, 0.04, 0.02].entries()) expect(rates[index]).toBeCloseTo(expected, 12);
		expect(falseDiscoveryRates([0.9, 0.8])).toEqual([0.9, 0.9]);
		expect(falseDiscoveryRates([])).toEqual([]);
	});
});

describe("medians of two populations", () => {
	const random = seededRandom(8);
	const lognormal = (median: number, spread: number) => () => median * Math.exp(spread * normalDeviate(random));
	const twoKinds = (share: number) => () => (random() < share ? 800 : 4_000) * (1 + 0.05 * normalDeviate(random));

	test.each([
		["of one shape", lognormal(1_000, 0.1), lognormal(1_000, 0.1)],
		["of different spread", lognormal(1_000, 0.5), lognormal(3_000, 0.05)],
		["one of two kinds", twoKinds(0.6), lognormal(1_000, 0.1)],
		["both of two kinds, on either side of the half", twoKinds(0.55), twoKinds(0.45)],
	])("%s: each end of the range is wrong in at most 5 %% of samples", (_, drawA, drawB) => {
		const truth = (draw: () => number) => medianOf(Array.from({ length: 100_001 }, draw)) ?? Number.NaN;
		const [a, b] = [truth(drawA), truth(drawB)];
		for (const n of [6, 20]) {
			const misses = { below: 0, above: 0, ratio: 0 };
			const runs = 1_000;
			for (let run = 0; run < runs; run++) {
				const [own, other] = [drawA, drawB].map((draw) => medianInterval(Array.from({ length: n }, draw))?.interval);
				if (own === undefined || other === undefined) throw new Error("n is large enough");
				const range = differenceOfMedians(own, other);
				if (range.lo > a - b) misses.below++;
				if (range.hi < a - b) misses.above++;
				const ratio = ratioOfMedians(own, other);
				if (ratio === undefined || ratio.lo > a / b || ratio.hi < a / b) misses.ratio++;
			}
			// 5 % of 1,000 and two standard errors of that count.
			expect(Math.max(misses.below, misses.above)).toBeLessThanOrEqual(64);
			expect(misses.ratio).toBeLessThanOrEqual(114);
		}
	});

	test("subtract and divide by the worst of both", () => {
		const [a, b] = [
			{ lo: 3_000, hi: 3_300 },
			{ lo: 900, hi: 1_100 },
		];
		expect(differenceOfMedians(a, b)).toEqual({ lo: 1_900, hi: 2_400 });
		expect(differenceOfMedians(a, b, 3)).toEqual({ lo: -300, hi: 600 });
		expect(ratioOfMedians(a, b)).toEqual({ lo: 3_000 / 1_100, hi: 3_300 / 900 });
		expect(ratioOfMedians(a, { lo: Number.NEGATIVE_INFINITY, hi: 1 })).toBeUndefined();
	});
});

describe("Mann-Whitney of a small and a large sample", () => {
	const apart = (n: number, m: number) => {
		const low = Array.from({ length: m }, (_, index) => index);
		const high = Array.from({ length: n }, (_, index) => m + index);
		return mannWhitney(low, high);
	};

	test.each([
		[5, 46, 2 / 2_349_060],
		[5, 100, 2 / 96_560_646],
		[3, 200, 2 / 1_373_701],
	])("is exact: %i above %i others", (n, m, p) => {
		expect(apart(n, m)?.method).toBe("exact");
		expect((apart(n, m)?.p ?? 1) / p).toBeCloseTo(1, 9);
		expect((apart(m, n)?.p ?? 1) / ((apart(n, m)?.p ?? 1) || 1)).toBeCloseTo(1, 9);
	});

	test("is the same from either side, ties included", () => {
		const random = seededRandom(2);
		for (let run = 0; run < 20; run++) {
			const [a, b] = [7, 80].map((n) => Array.from({ length: n }, () => Math.floor(20 * random())));
			if (a === undefined || b === undefined) throw new Error("two samples");
			const [there, back] = [mannWhitney(a, b), mannWhitney(b, a)];
			expect(there?.method).toBe("exact");
			expect(there?.p).toBeCloseTo(back?.p ?? 0, 12);
		}
	});

	test("bounds a shift alike from either side, and meets the normal approximation where that begins", () => {
		expect(shiftRank(8, 120, 0.95)).toEqual(shiftRank(120, 8, 0.95));
		const [exact = 0, normal = 0] = [shiftRank(24, 27, 0.95)?.rank, shiftRank(25, 26, 0.95)?.rank];
		expect(Math.abs(normal - exact)).toBeLessThan(25);
	});
});

describe("the spread between runs", () => {
	test("needs three, and is none where runs differ by no more than their own values do", () => {
		const run = (by: number) => [900, 950, 1_000, 1_050, 1_100].map((ms) => ms + by);
		expect(runSpread([run(0), run(100)])).toBeUndefined();
		expect(runSpread([run(0), run(1), []])).toBeUndefined();
		expect(runSpread([run(0), run(5), run(-5)])).toBe(0);
		expect(runSpread([run(0), run(400), run(-400)])).toBeGreaterThan(400);
	});

	test("is exceeded by one more run in about one of twenty", () => {
		const random = seededRandom(4);
		const run = (median: number) => Array.from({ length: 40 }, () => median + 20 * normalDeviate(random));
		let exceeded = 0;
		const runs = 2_000;
		for (let index = 0; index < runs; index++) {
			const medians = Array.from({ length: 5 }, () => 2_000 + 100 * normalDeviate(random));
			const next = 2_000 + 100 * normalDeviate(random);
			const centre = medians.reduce((sum, median) => sum + median, 0) / medians.length;
			if (next - centre > (runSpread(medians.map(run)) ?? 0)) exceeded++;
		}
		expect(exceeded / runs).toBeGreaterThan(0.03);
		expect(exceeded / runs).toBeLessThan(0.07);
	});

	test.each([
		[2, 2.919986],
		[4, 2.131847],
		[9, 1.833113],
		[30, 1.697261],
	])("takes Student's quantile of %i degrees of freedom", (freedom, quantile) => {
		expect(Math.abs(studentQuantile(0.95, freedom) / quantile - 1)).toBeLessThan(0.02);
	});
});
