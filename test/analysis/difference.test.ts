import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differencesBetween } from "../../src/analysis/statistics/difference.ts";
import { sorted } from "../../src/analysis/statistics/median.ts";
import { seededRandom } from "../../src/analysis/statistics/random.ts";
import { mannWhitney, normalCdf, normalQuantile, shiftRank } from "../../src/analysis/statistics/rank-sum.ts";
import { goldenCases } from "./golden/golden.ts";
import { shiftOf } from "./shift-of.ts";

interface Golden {
	a: number[];
	b: number[];
	u: number;
	p: number;
	method: string;
	shift: number;
}

const golden = goldenCases<Golden>("rank-sum.json");

describe("Mann–Whitney", () => {
	test.each(
		golden.map((given) => [given.a.length, given.b.length, given.method, given] as const),
	)("agrees with SciPy at n=%i, m=%i (%s)", (_n, _m, method, given) => {
		const result = mannWhitney(given.a, given.b);
		expect(result?.u).toBe(given.u);
		expect(result?.method).toBe(method);
		expect(result?.p).toBeCloseTo(given.p, 10);
		expect(shiftOf(given.a, given.b)?.ms).toBeCloseTo(given.shift, 9);
	});

	test("finds nothing in equal values, and nothing to say about none", () => {
		expect(mannWhitney([1, 1, 1], [1, 1, 1])?.p).toBe(1);
		expect(mannWhitney([], [1])).toBeUndefined();
		const same = new Array<number>(40).fill(7);
		expect(mannWhitney(same, same)).toEqual({ u: 800, p: 1, method: "normal" });
	});
});

describe("the Hodges–Lehmann shift", () => {
	test("has no interval where the samples are too small for it", () => {
		expect(shiftOf([1, 2, 3], [4, 5, 6])).toMatchObject({ ms: 3, band: { lo: 3, hi: 3 } });
		expect(shiftOf([1, 2, 3], [4, 5, 6])?.interval).toBeUndefined();
		expect(shiftOf([], [1])).toBeUndefined();
	});

	test("spans all differences at n = m = 4", () => {
		expect(shiftOf([1, 2, 3, 4], [11, 13, 16, 20])?.interval).toEqual({ lo: 7, hi: 19 });
		expect(shiftRank(4, 4, 0.95)?.confidence).toBeCloseTo(1 - 2 / 70, 12);
	});

	test("leaves out 0 exactly where the test finds a difference", () => {
		const sample = fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 8, maxLength: 30 });
		fc.assert(
			fc.property(
				sample,
				fc.integer({ min: 4, max: 26 }),
				fc.integer({ min: -400_000, max: 400_000 }),
				(pool, cut, by) => {
					const at = Math.min(cut, pool.length - 4);
					const a = pool.slice(0, at);
					const b = pool.slice(at).map((value) => value + by + 0.5);
					const interval = shiftOf(a, b)?.interval;
					const leavesOutZero = interval !== undefined && (interval.lo > 0 || interval.hi < 0);
					expect(leavesOutZero).toBe((mannWhitney(a, b)?.p ?? 1) <= 0.05);
				},
			),
			{ seed: 6 },
		);
	});

	test.each([5, 1_000_000])("picks the same differences as sorting them all (values up to %i)", (max) => {
		const sample = fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 60 });
		fc.assert(
			fc.property(sample, sample, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, at) => {
				const all = a.flatMap((x) => b.map((y) => y - x)).sort((x, y) => x - y);
				const differences = differencesBetween(sorted(a), sorted(b));
				const k = Math.floor(at * (all.length - 1)) + 1;
				expect(differences.at(k)).toBe(all[k - 1]);
				const middle = ((all[Math.floor((all.length - 1) / 2)] ?? 0) + (all[Math.ceil((all.length - 1) / 2)] ?? 0)) / 2;
				expect(differences.median()).toBe(middle);
			}),
			{ seed: 6, numRuns: 300 },
		);
	});

	test("picks the same differences also where samples are large, whatever lies far off", () => {
		const random = seededRandom(6);
		const sample = (n: number) =>
			Array.from({ length: n }, (_, index) => (index % 100 < 3 ? 1e9 * (index % 2) : Math.round(1e4 * random()) / 10));
		const [a, b] = [sample(600), sample(700)];
		const all = Float64Array.from(a.flatMap((x) => b.map((y) => y - x))).sort();
		const differences = differencesBetween(sorted(a), sorted(b));
		for (const share of [0, 0.001, 0.02, 0.3, 0.5, 0.51, 0.97, 1]) {
			const k = Math.round(share * (all.length - 1)) + 1;
			expect(differences.at(k)).toBe(all[k - 1]);
		}
	});

	test("carries the bounds of each value to both ends", () => {
		expect(shiftOf([1, 2, 3, 4], [11, 12, 13, 14], [0.25, 0.5])).toMatchObject({
			ms: 10,
			band: { lo: 9.25, hi: 10.75 },
			interval: { lo: 7 - 0.75, hi: 13 + 0.75 },
		});
	});
});

test("the normal distribution", () => {
	expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 12);
	expect(normalCdf(-6) / 9.86587645037698e-10).toBeCloseTo(1, 9);
	expect(normalQuantile(0.025)).toBeCloseTo(-1.9599639845400545, 9);
});
