import { describe, expect, it } from "vitest";
import { estimateOf, leastForInterval, leastForMedian } from "../../src/analysis/estimate.ts";
import { isOpen, type Sample } from "../../src/analysis/samples.ts";
import { leastForShift, shiftBetween } from "../../src/analysis/shift.ts";

const sample = (n: number, missing: number): Sample => {
	const values = Array.from({ length: n - missing }, (_, i) => ({ ms: 1000 + i, loMs: 1000 + i, hiMs: 1000 + i }));
	return { values, rounds: values.map((_, i) => i + 1), missing } as unknown as Sample;
};
const isKnown = (interval: { lo: number; hi: number } | undefined) => interval !== undefined && !isOpen(interval);

describe("how many cold starts an interval takes", () => {
	it.each([0, 1, 2, 5, 20])("of a median, with %d missing", (missing) => {
		const least = leastForMedian(missing);
		expect(isKnown(estimateOf(sample(least, missing))?.interval)).toBe(true);
		expect(isKnown(estimateOf(sample(least - 1, missing))?.interval)).toBe(false);
	});

	it("of a median is the number known without missing ones", () => expect(leastForMedian(0)).toBe(leastForInterval));

	it.each([
		[0, 0],
		[1, 0],
		[0, 1],
		[2, 1],
		[5, 8],
	])("of a shift, with %d and %d missing", (before, after) => {
		const least = leastForShift(before, after);
		const at = (n: number) => shiftBetween(sample(n, before), sample(n, after), 0.95)?.interval;
		expect(isKnown(at(least))).toBe(true);
		expect(isKnown(at(least - 1))).toBe(false);
	});
});
