import { describe, expect, test } from "vitest";
import { estimateOf } from "../../src/analysis/estimate.ts";
import type { Sample } from "../../src/analysis/samples.ts";
import { shiftBetween } from "../../src/analysis/shift.ts";
import { around, measured } from "../gate/a-report.ts";

function sample(values: readonly number[], { aroundMs = 0, missing = 0 } = {}): Sample {
	return { values: values.map((ms) => measured(ms, aroundMs)), rounds: values.map((_, index) => index + 1), missing };
}

describe("an estimate", () => {
	test("counts what is missing as if it could be anything", () => {
		const values = around(1000, 100, 9);
		expect(estimateOf(sample(values))).toMatchObject({
			n: 9,
			missing: 0,
			medianMs: 1000,
			interval: { lo: 925, hi: 1075 },
		});
		expect(estimateOf(sample(values, { missing: 1 }))).toMatchObject({
			n: 9,
			missing: 1,
			interval: { lo: 900, hi: 1100 },
		});
		expect(estimateOf(sample(values, { missing: 6 }))?.interval).toEqual({
			lo: Number.NEGATIVE_INFINITY,
			hi: Number.POSITIVE_INFINITY,
		});
	});

	test("of nothing is undefined, whatever is missing", () => {
		expect(estimateOf(sample([], { missing: 5 }))).toBeUndefined();
	});
});

describe("a shift", () => {
	test("carries the bounds of both sides to both ends", () => {
		const shift = shiftBetween(
			sample([10, 20, 30, 40], { aroundMs: 1 }),
			sample([110, 120, 130, 140], { aroundMs: 2 }),
			0.95,
		);
		expect(shift).toMatchObject({ ms: 100, band: { lo: 97, hi: 103 }, interval: { lo: 70 - 3, hi: 130 + 3 } });
	});

	test("is tested where the bounds speak most against it, in either direction", () => {
		const [low, high] = [around(1000, 20, 20), around(1200, 20, 20)];
		for (const [a, b] of [
			[low, high],
			[high, low],
		] as const) {
			expect(shiftBetween(sample(a), sample(b), 0.95)?.p).toBeLessThan(0.001);
			expect(shiftBetween(sample(a, { aroundMs: 60 }), sample(b, { aroundMs: 60 }), 0.95)?.p).toBeLessThan(0.001);
			expect(shiftBetween(sample(a, { aroundMs: 150 }), sample(b, { aroundMs: 150 }), 0.95)?.p).toBe(1);
		}
	});

	test("is open where too much is missing", () => {
		const shift = shiftBetween(sample(around(1000, 20, 10)), sample(around(1000, 20, 10), { missing: 10 }), 0.95);
		expect(shift?.interval).toEqual({ lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY });
		expect(shift?.ms).toBeCloseTo(0);
		expect(shift?.p).toBe(1);
	});
});
