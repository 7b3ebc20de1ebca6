import { type BoundedMs, type ConfidenceInterval, type Range, sorted } from "./median.ts";
import { shiftRank } from "./rank-sum.ts";

/** How far the values of one sample lie above those of another. */
export interface Difference {
	/** In the unit of the values; positive where `b` is larger. */
	difference: number;
	/** Undefined where the samples are too small for the confidence: below 4 and 4 for 95 %. */
	interval?: ConfidenceInterval;
}

/** A difference of times that are known within bounds. */
export interface BoundedDifference extends Difference {
	/** Where the difference lies, whatever the true times within their bounds. */
	band: Range;
}

/**
 * How far the median of `b` lies above that of `a`: the Hodges–Lehmann shift, which is the median of all differences
 * between a value of `b` and one of `a`, with the interval that turns the Mann–Whitney test round.
 *
 * Chosen over a bootstrap of the two medians because it needs no seed, is exact for small samples, refuses what n
 * cannot support, and cannot contradict the test beside it: the interval leaves out 0 where the test finds a
 * difference. It presumes that the two distributions differ by a shift; where their shapes differ too, it is the
 * typical difference between two cold starts, which need not be the difference of the two medians printed.
 * Undefined if a sample is empty.
 */
export function differenceOfMedians(
	a: readonly number[],
	b: readonly number[],
	confidence = 0.95,
): Difference | undefined {
	if (a.length === 0 || b.length === 0) return undefined;
	const differences = differencesBetween(sorted(a), sorted(b));
	const found = shiftRank(a.length, b.length, confidence);
	if (found === undefined) return { difference: differences.median() };
	return {
		difference: differences.median(),
		interval: {
			lo: differences.at(found.rank),
			hi: differences.at(a.length * b.length + 1 - found.rank),
			confidence: found.confidence,
		},
	};
}

/**
 * The same for times that are known within bounds: the lower ends suppose that all of `b` was as fast and all of `a`
 * as slow as it may have been, the upper ends the contrary.
 */
export function boundedDifferenceOfMedians(
	a: readonly BoundedMs[],
	b: readonly BoundedMs[],
	confidence = 0.95,
): BoundedDifference | undefined {
	const pick = (values: readonly BoundedMs[], key: keyof BoundedMs) => values.map((value) => value[key]);
	const best = differenceOfMedians(pick(a, "ms"), pick(b, "ms"), confidence);
	const least = differenceOfMedians(pick(a, "hiMs"), pick(b, "loMs"), confidence);
	const most = differenceOfMedians(pick(a, "loMs"), pick(b, "hiMs"), confidence);
	if (best === undefined || least === undefined || most === undefined) return undefined;
	const result: BoundedDifference = {
		difference: best.difference,
		band: { lo: least.difference, hi: most.difference },
	};
	if (least.interval === undefined || most.interval === undefined) return result;
	return { ...result, interval: { ...least.interval, hi: most.interval.hi } };
}

/**
 * The n·m differences `b[j] - a[i]` of two ascending arrays, in order without making them: the k-th is found by
 * narrowing the range of values and counting, so thousands of cold starts take milliseconds.
 */
export function differencesBetween(a: Float64Array, b: Float64Array) {
	const pairs = a.length * b.length;
	const smallest = (b[0] ?? 0) - (a.at(-1) ?? 0);
	const largest = (b.at(-1) ?? 0) - (a[0] ?? 0);

	function smallestAbove(limit: number): number {
		let found = largest;
		let taken = 0;
		for (const value of a) {
			while (taken < b.length && (b[taken] ?? 0) - value <= limit) taken++;
			if (taken < b.length) found = Math.min(found, (b[taken] ?? 0) - value);
		}
		return found;
	}

	/** The k-th smallest, from 1. */
	function at(k: number): number {
		let [lo, hi] = [smallest, largest];
		let [below, atMost] = [countAtMost(a, b, lo), pairs];
		if (below >= k) return lo;
		// Fewer than k differences are ≤ lo, at least k are ≤ hi. The range is cut where k should lie, and in half, until
		// few differences are left in it, or only equal ones.
		for (let step = 1; atMost - below > 8; step++) {
			if (step % 6 === 0) {
				const next = smallestAbove(lo);
				const count = countAtMost(a, b, next);
				if (count >= k) return next;
				[lo, below] = [next, count];
			}
			const share = step % 2 === 0 ? (k - below) / (atMost - below) : 0.5;
			const cut = lo + (hi - lo) * share;
			const count = countAtMost(a, b, cut);
			if (count >= k) [hi, atMost] = [cut, count];
			else [lo, below] = [cut, count];
		}
		let found = smallestAbove(lo);
		while (countAtMost(a, b, found) < k) found = smallestAbove(found);
		return found;
	}

	/** The middle one, or the mean of the two in the middle. */
	function median(): number {
		const lower = at(Math.ceil(pairs / 2));
		if (pairs % 2 === 1 || countAtMost(a, b, lower) > pairs / 2) return lower;
		return (lower + smallestAbove(lower)) / 2;
	}

	return { at, median };
}

/** How many differences of a value of `b` and one of `a`, both ascending, are at most `limit`. */
export function countAtMost(a: Float64Array, b: Float64Array, limit: number): number {
	let count = 0;
	let taken = 0;
	for (const value of a) {
		while (taken < b.length && (b[taken] ?? 0) - value <= limit) taken++;
		count += taken;
	}
	return count;
}
