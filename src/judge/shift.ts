import { differencesBetween } from "../statistics/difference.ts";
import { type BoundedMs, medianOf, type Range } from "../statistics/median.ts";
import { mannWhitneyOfSorted, shiftRank } from "../statistics/rank-sum.ts";
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

/**
 * How far the times of a sample lie above those of another: the Hodges–Lehmann shift, which is the median of all
 * differences between a time of `after` and one of `before`, with the interval that turns the Mann–Whitney test round.
 *
 * Chosen over a bootstrap of the two medians because it needs no seed, is exact for small samples, refuses what n
 * cannot support, and cannot contradict the test beside it: the interval leaves out 0 where the test finds a
 * difference. It presumes that the two distributions differ by a shift; where their shapes differ too, it is the
 * typical difference between two cold starts, which need not be the difference of the two medians printed.
 * Undefined where a sample has no value.
 */
export function shiftBetween(before: Sample, after: Sample, confidence: number): Shift | undefined {
	if (before.values.length === 0 || after.values.length === 0) return undefined;
	const best = differencesBetween(sortedBy(before.values, "ms"), sortedBy(after.values, "ms"));
	const [a, b] = [withMissing(before), withMissing(after)];
	const [aLo, aHi, bLo, bHi] = [sortedBy(a, "loMs"), sortedBy(a, "hiMs"), sortedBy(b, "loMs"), sortedBy(b, "hiMs")];
	const least = differencesBetween(aHi, bLo);
	const most = differencesBetween(aLo, bHi);
	const ms = best.median();
	const p = ms >= 0 ? oneWayP(aHi, bLo) : oneWayP(bHi, aLo);
	const shift: Shift = { ms, band: openEnds({ lo: least.median(), hi: most.median() }), p };
	const rank = shiftRank(a.length, b.length, confidence)?.rank;
	if (rank === undefined) return shift;
	return { ...shift, interval: openEnds({ lo: least.at(rank), hi: most.at(a.length * b.length + 1 - rank) }) };
}

function sortedBy(values: readonly BoundedMs[], key: keyof BoundedMs): Float64Array {
	const column = new Float64Array(values.length);
	for (const [index, value] of values.entries()) column[index] = value[key];
	return column.sort();
}

/** The two-sided p of `above` lying above `below`; 1 where it does not. */
function oneWayP(below: Float64Array, above: Float64Array): number {
	const test = mannWhitneyOfSorted(below, above);
	return test === undefined || test.u >= (below.length * above.length) / 2 ? 1 : test.p;
}

/** The median of the values that are there. */
export function medianMs(sample: Sample): number | undefined {
	return medianOf(sample.values.map((value) => value.ms));
}
