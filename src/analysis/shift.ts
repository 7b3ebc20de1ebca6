import { openEnds, type Sample, withMissing } from "./samples.ts";
import { differencesBetween } from "./statistics/difference.ts";
import { type BoundedMs, medianOf, type Range } from "./statistics/median.ts";
import { mannWhitneyOfSorted, shiftRank } from "./statistics/rank-sum.ts";

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
	const [knownA, knownB] = [sortedColumns(before.values), sortedColumns(after.values)];
	const a = before.missing === 0 ? knownA : sortedColumns(withMissing(before));
	const b = after.missing === 0 ? knownB : sortedColumns(withMissing(after));
	const least = differencesBetween(a.hiMs, b.loMs);
	const most = differencesBetween(a.loMs, b.hiMs);
	const ms = differencesBetween(knownA.ms, knownB.ms).median();
	const p = ms >= 0 ? oneWayP(a.hiMs, b.loMs) : oneWayP(b.hiMs, a.loMs);
	const shift: Shift = { ms, band: openEnds({ lo: least.median(), hi: most.median() }), p };
	const [n, m] = [a.ms.length, b.ms.length];
	const rank = shiftRank(n, m, confidence)?.rank;
	if (rank === undefined) return shift;
	return { ...shift, interval: openEnds({ lo: least.at(rank), hi: most.at(n * m + 1 - rank) }) };
}

/**
 * How many cold starts on both sides it takes for an interval of their shift at 95 %, where so many of each are without a
 * value.
 */
export function leastForShift(missingBefore: number, missingAfter: number): number {
	for (let n = Math.max(1, 2 * (missingBefore + missingAfter)); ; n++) {
		const open = n * n - (n - missingBefore) * (n - missingAfter);
		if ((shiftRank(n, n, 0.95)?.rank ?? 0) > open) return n;
	}
}

/**
 * The one-sided p of the populations being shifted by no more than `limitMs`; small where the slow-down is surely
 * larger. Everything that is not known is taken at its worst. 1 where a sample has no value.
 */
export function pOfAtMost(limitMs: number, before: Sample, after: Sample): number {
	if (before.values.length === 0 || after.values.length === 0) return 1;
	const reached = sortedColumns(withMissing(before)).hiMs.map((ms) => ms + limitMs);
	return oneWayP(reached, sortedColumns(withMissing(after)).loMs) / 2;
}

/** The estimates and the bounds, each for themselves in ascending order. */
function sortedColumns(values: readonly BoundedMs[]) {
	const n = values.length;
	const [ms, loMs, hiMs] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
	for (let index = 0; index < n; index++) {
		const value = values[index];
		if (value === undefined) continue;
		ms[index] = value.ms;
		loMs[index] = value.loMs;
		hiMs[index] = value.hiMs;
	}
	return { ms: ms.sort(), loMs: loMs.sort(), hiMs: hiMs.sort() };
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
