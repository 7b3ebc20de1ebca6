import { differenceOfMedians } from "../statistics/difference.ts";
import { medianOf, type Range } from "../statistics/median.ts";
import { mannWhitney } from "../statistics/rank-sum.ts";
import { openEnds, type Sample, withMissing } from "./measure.ts";

/** How far a sample lies above another, with everything that is not known about it taken at its worst. */
export interface Shift {
	/** Best estimate from the values that are there. */
	ms: number;
	/** Where it lies, whatever the true times within their bounds and the missing values. */
	band: Range;
	/** Where the shift of the populations lies; undefined where n is too small. */
	interval?: Range;
	/** Of the Mann–Whitney test, on the bounds that speak most against a difference in this direction. */
	p: number;
}

/** Compares two samples; undefined where one has no value. */
export function shiftBetween(before: Sample, after: Sample, confidence: number): Shift | undefined {
	const best = differenceOfMedians(
		before.values.map((value) => value.ms),
		after.values.map((value) => value.ms),
		confidence,
	);
	if (best === undefined) return undefined;
	const [a, b] = [withMissing(before), withMissing(after)];
	const [aLo, aHi] = [a.map((value) => value.loMs), a.map((value) => value.hiMs)];
	const [bLo, bHi] = [b.map((value) => value.loMs), b.map((value) => value.hiMs)];
	const least = differenceOfMedians(aHi, bLo, confidence);
	const most = differenceOfMedians(aLo, bHi, confidence);
	if (least === undefined || most === undefined) return undefined;
	const p = best.difference >= 0 ? oneWayP(aHi, bLo) : oneWayP(bHi, aLo);
	const shift: Shift = { ms: best.difference, band: openEnds({ lo: least.difference, hi: most.difference }), p };
	if (least.interval === undefined || most.interval === undefined) return shift;
	return { ...shift, interval: openEnds({ lo: least.interval.lo, hi: most.interval.hi }) };
}

/** The two-sided p of `above` lying above `below`; 1 where it does not. */
function oneWayP(below: readonly number[], above: readonly number[]): number {
	const test = mannWhitney(below, above);
	return test === undefined || test.u >= (below.length * above.length) / 2 ? 1 : test.p;
}

/** The median of the values that are there. */
export function medianMs(sample: Sample): number | undefined {
	return medianOf(sample.values.map((value) => value.ms));
}
