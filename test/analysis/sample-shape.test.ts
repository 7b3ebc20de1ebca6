import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { driftOf } from "../../src/analysis/statistics/drift.ts";
import { isFirstSlow, outliersOf } from "../../src/analysis/statistics/outliers.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { gridOf, twoModesOf } from "../../src/analysis/statistics/shape.ts";
import { goldenCases } from "./golden/golden.ts";

function noise(n: number, seed: number): number[] {
	const random = seededRandom(seed);
	return Array.from({ length: n }, () => normalDeviate(random));
}

describe("drift", () => {
	const golden = goldenCases<{ values: number[]; tau: number; p: number }>("drift.json");

	test.each(golden.map((given) => [given.values.length, given] as const))("agrees with SciPy at n=%i", (_n, given) => {
		const result = driftOf(given.values);
		expect(result?.tau).toBeCloseTo(given.tau, 12);
		expect(result?.p).toBeCloseTo(given.p, 10);
	});

	test("counts every pair once, ties included", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 4, maxLength: 40 }), (values) => {
				const signs = values.flatMap((a, i) => values.slice(i + 1).map((b) => Math.sign(b - a)));
				const balance = signs.reduce((sum, sign) => sum + sign, 0);
				const untied = signs.filter((sign) => sign !== 0).length;
				const tau = untied === 0 ? undefined : balance / Math.sqrt(signs.length * untied);
				expect(driftOf(values)?.tau).toBe(tau);
			}),
			{ seed: 6 },
		);
	});

	test("says nothing of three values, or of equal ones", () => {
		expect(driftOf([1, 2, 3])).toBeUndefined();
		expect(driftOf([2, 2, 2, 2, 2])).toBeUndefined();
	});
});

describe("outliers", () => {
	const values = [1000, 1010, 1020, 990, 1005, 1015, 995, 1002];

	test("are named by position", () => {
		expect(outliersOf([...values, 5000, 100])).toEqual([8, 9]);
		expect(outliersOf([...values, 1001, 1003])).toEqual([]);
	});

	test("are not named of fewer than ten, where chance alone would make one in five samples odd", () => {
		expect(outliersOf([...values, 5000])).toEqual([]);
		const random = seededRandom(3);
		const named = Array.from({ length: 400 }, () =>
			outliersOf(Array.from({ length: 3 }, () => 1000 + 100 * normalDeviate(random))),
		).filter(({ length }) => length > 0);
		expect(named).toEqual([]);
	});

	test("cannot be told where most values are equal", () => {
		expect(outliersOf([5, 5, 5, 5, 9])).toEqual([]);
	});

	test("a slow first value is told from a slow later one", () => {
		expect(isFirstSlow([2900, ...values])).toBe(true);
		expect(isFirstSlow([...values, 2900])).toBe(false);
		expect(isFirstSlow([1021, ...values])).toBe(false);
		expect(isFirstSlow([2900, ...values, 2950])).toBe(false);
	});
});

describe("grid", () => {
	test.each([1_000, 2_000, 10_000])("of %i ms shows through", (stepMs) => {
		const jitter = noise(20, stepMs);
		expect(gridOf(jitter.map((by, index) => 350 + (index % 3) * stepMs + 0.01 * stepMs * by))).toBe(stepMs);
	});

	test("is not seen in one tick, one outlier, or free values", () => {
		const jitter = noise(20, 7);
		expect(gridOf(jitter.map((by) => 3000 + 10 * by))).toBeUndefined();
		expect(gridOf([...jitter.map((by) => 3000 + 10 * by), 5000])).toBeUndefined();
		expect(gridOf(jitter.map((by) => 3000 + 700 * by))).toBeUndefined();
	});
});

describe("two modes", () => {
	test("are told apart", () => {
		const values = noise(20, 3).map((by, index) => (index % 4 === 0 ? 4000 : 800) + 50 * by);
		const found = twoModesOf(values);
		expect(found).toMatchObject({ lower: { n: 15 }, upper: { n: 5 } });
		expect(found?.lower.median).toBeGreaterThan(700);
		expect(found?.lower.median).toBeLessThan(900);
	});

	test("are two constants, too", () => {
		expect(twoModesOf([1, 1, 1, 1, 1, 2, 2, 2, 2, 2])).toEqual({
			lower: { median: 1, n: 5 },
			upper: { median: 2, n: 5 },
		});
		expect(twoModesOf(new Array<number>(10).fill(1))).toBeUndefined();
	});

	test("are seldom seen in one skewed population", () => {
		const random = seededRandom(11);
		const skewed = () => -Math.log((1 - random()) * (1 - random()) * (1 - random()));
		const seen = Array.from({ length: 500 }, () => twoModesOf(Array.from({ length: 20 }, skewed))).filter(Boolean);
		expect(seen.length).toBeLessThanOrEqual(5);
	});
});
