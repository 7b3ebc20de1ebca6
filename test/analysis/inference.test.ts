import { describe, expect, test } from "vitest";
import { moreHitsP, type Tally } from "../../src/analysis/statistics/fisher.ts";
import { holm } from "../../src/analysis/statistics/holm.ts";
import { leastCountForPower, powerAt, smoothedDraw } from "../../src/analysis/statistics/power.ts";
import { leastCountFor, quantileEstimate } from "../../src/analysis/statistics/quantile.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { mannWhitney } from "../../src/analysis/statistics/rank-sum.ts";
import { shareBounds } from "../../src/analysis/statistics/share.ts";
import { spreadRange } from "../../src/analysis/statistics/spread-range.ts";
import { goldenCases } from "./golden/golden.ts";
import { shiftOf } from "./shift-of.ts";

describe("quantile bounds", () => {
	const golden = goldenCases<{ values: number[]; p: number; lower?: number; upper?: number }>("quantile.json");

	test.each(
		golden.map((given) => [given.p, given.values.length, given] as const),
	)("of p=%f agree with SciPy at n=%i", (p, n, given) => {
		const estimate = quantileEstimate(
			given.values.map((ms) => ({ ms, loMs: ms, hiMs: ms })),
			p,
		);
		expect(estimate).toMatchObject({ n });
		expect([estimate?.lower, estimate?.upper]).toEqual([given.lower, given.upper]);
	});

	test.each([
		[0.5, 5],
		[0.9, 29],
		[0.95, 59],
		[0.99, 299],
		[0.1, 29],
	])("of p=%f need %i values", (p, n) => {
		expect(leastCountFor(p)).toBe(n);
	});
});

describe("share bounds", () => {
	const golden = goldenCases<{ hits: number; n: number; lo: number; hi: number }>("share.json");

	test.each(
		golden.map((given) => [given.hits, given.n, given] as const),
	)("agree with SciPy at %i of %i", (hits, n, given) => {
		const bounds = shareBounds(hits, n);
		expect(bounds?.lo).toBeCloseTo(given.lo, 9);
		expect(bounds?.hi).toBeCloseTo(given.hi, 9);
	});

	test("of nothing are undefined", () => {
		expect(shareBounds(0, 0)).toBeUndefined();
	});
});

describe("Holm", () => {
	test("steps down, keeps the order given and never falls", () => {
		const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
		for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries())
			expect(adjusted[index]).toBeCloseTo(expected, 12);
		expect(holm([0.9, 0.8])).toEqual([1, 1]);
		expect(holm([])).toEqual([]);
	});
});

describe("Fisher's test", () => {
	const golden = goldenCases<{ before: Tally; after: Tally; p: number }>("failures.json");

	test.each(golden)("agrees with SciPy: $before.hits of $before.of, then $after.hits of $after.of", (given) => {
		expect(moreHitsP(given.before, given.after)).toBeCloseTo(given.p, 10);
	});
});

describe("power", () => {
	const truth = seededRandom(17);
	const draw = (by: number) => Math.exp(7.5 + 0.1 * normalDeviate(truth)) + by;
	const sharp = (ms: number) => ({ ms, loMs: ms, hiMs: ms });
	const pilot = Array.from({ length: 20_000 }, () => sharp(draw(0)));
	const question = { pilot, shift: 200, minimumEffect: 100, alpha: 0.05 / 4, seed: 1 };

	/** Runs the gate's own tests on fresh samples, not the shortcuts of the plan. */
	function observedPower(n: number, { minimumEffect, alpha }: { minimumEffect: number; alpha: number }, runs: number) {
		let [breaches, passes] = [0, 0];
		for (let run = 0; run < runs; run++) {
			const [a, same, slower] = [0, 0, 200].map((by) => Array.from({ length: n }, () => draw(by)));
			if (a === undefined || same === undefined || slower === undefined) throw new Error("three samples");
			const isSignificant = (mannWhitney(a, slower)?.p ?? 1) <= alpha;
			const reached = a.map((value) => value + minimumEffect);
			const isAbove = (shiftOf(reached, slower)?.ms ?? 0) > 0 && (mannWhitney(reached, slower)?.p ?? 1) / 2 <= alpha;
			if (isSignificant && isAbove) breaches++;
			const interval = shiftOf(a, same, [0, 0], 0.9)?.interval;
			if (interval !== undefined && interval.hi < minimumEffect) passes++;
		}
		return { breach: breaches / runs, pass: passes / runs };
	}

	test.each([
		[100, 0.05 / 4],
		[150, 0.05],
		[150, 0.05 / 60],
	])(
		"is as planned within 3 points when the gate itself is run (least %i ms, alpha %f)",
		(minimumEffect, alpha) => {
			const planned = leastCountForPower(0.8, [{ ...question, minimumEffect, alpha }]);
			if (planned === undefined) throw new Error("no plan");
			const observed = observedPower(planned.n, { minimumEffect, alpha }, 2_000);
			expect(Math.min(planned.breach, planned.pass)).toBeGreaterThanOrEqual(0.8);
			expect(Math.abs(observed.breach - planned.breach)).toBeLessThan(0.03);
			expect(Math.abs(observed.pass - planned.pass)).toBeLessThan(0.03);
		},
		60_000,
	);

	test("draws values with the mean and the variance of a small pilot, and other ones", () => {
		const values = [1800, 1900, 1950, 2000, 2000, 2050, 2100, 2500];
		const next = smoothedDraw(values, seededRandom(3));
		const drawn = Array.from({ length: 200_000 }, () => next().value);
		const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
		const variance = (of: readonly number[]) => {
			const centre = mean(of);
			return mean(of.map((value) => (value - centre) ** 2));
		};
		expect(mean(drawn)).toBeCloseTo(mean(values), -1);
		expect(variance(drawn) / ((variance(values) * 8) / 7)).toBeCloseTo(1, 2);
		expect(new Set(drawn).size).toBeGreaterThan(190_000);
	});

	test("of a small pilot comes with a range of the spread that holds in 8 of 10 pilots", () => {
		const random = seededRandom(29);
		for (const n of [5, 10, 30]) {
			let held = 0;
			for (let run = 0; run < 2_000; run++) {
				const values = Array.from({ length: n }, () => Math.exp(7.5 + 0.1 * normalDeviate(random)));
				const mean = values.reduce((sum, value) => sum + value, 0) / n;
				const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
				const { lo, hi } = spreadRange(values) ?? { lo: 1, hi: 1 };
				// Of a lognormal value with these parameters.
				const truth = Math.exp(7.5 + 0.005) * Math.sqrt(Math.exp(0.01) - 1);
				if (lo * deviation <= truth && truth <= hi * deviation) held++;
			}
			expect(held / 2_000).toBeGreaterThan(0.77);
			expect(held / 2_000).toBeLessThan(0.9);
		}
		expect(spreadRange([1, 2])).toBeUndefined();
	});

	test("grows with n, and one less than planned is not enough", () => {
		const planned = leastCountForPower(0.8, [question]);
		const n = planned?.n ?? 0;
		const before = powerAt(n - 1, question);
		expect(Math.min(before.breach, before.pass)).toBeLessThan(0.8);
		expect(powerAt(2 * n, question).breach).toBeGreaterThan(planned?.breach ?? 1);
	});

	test("is out of reach where the shift is no larger than what counts as one", () => {
		expect(leastCountForPower(0.8, [{ ...question, minimumEffect: 200, runs: 200 }], 64)).toBeUndefined();
	});

	test("is the same for the same seed", () => {
		expect(powerAt(10, question)).toEqual(powerAt(10, question));
	});
});
