import { rankBounds } from "./binomial.ts";

/** Two numbers that the true one lies between. */
export interface Range {
	lo: number;
	hi: number;
}

/** A range that holds the true number with at least this chance. */
export interface ConfidenceInterval extends Range {
	/** As achieved, exactly; at least what was asked for. */
	confidence: number;
}

/** A median and how well n values know it. */
export interface MedianEstimate {
	n: number;
	median: number;
	/** Undefined where n is too small for the confidence: below 6 for 95 %. */
	interval?: ConfidenceInterval;
}

/** A measured time in milliseconds with the bounds that hold for it. */
export interface BoundedMs {
	ms: number;
	loMs: number;
	hiMs: number;
}

/** The median of times that are themselves only known within bounds. */
export interface BoundedMedianEstimate extends MedianEstimate {
	/** Where the median of the values lies, whatever the true times within their bounds. */
	band: Range;
}

/** A copy in ascending order. */
export function sorted(values: ArrayLike<number>): Float64Array {
	const copy = new Float64Array(values.length);
	copy.set(values);
	return copy.sort();
}

/**
 * The `p`-quantile, 0 ≤ p ≤ 1, interpolated linearly (type 7 of Hyndman and Fan, the default of R and NumPy).
 * Undefined for no values.
 */
export function quantileOf(values: readonly number[], p: number): number | undefined {
	return quantileOfSorted(sorted(values), p);
}

/** The same of ascending values. */
export function quantileOfSorted(ordered: Float64Array, p: number): number | undefined {
	const position = (ordered.length - 1) * p;
	const below = ordered[Math.floor(position)];
	const above = ordered[Math.ceil(position)];
	if (below === undefined || above === undefined) return undefined;
	return below + (above - below) * (position - Math.floor(position));
}

/** The middle value, or the mean of the two in the middle; undefined for no values. */
export function medianOf(values: readonly number[]): number | undefined {
	return quantileOf(values, 0.5);
}

/**
 * The median with an interval from two of the values themselves: no assumption about the distribution.
 * Undefined for no values; without `interval` where n does not support the confidence.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): MedianEstimate | undefined {
	const estimate = boundedMedianInterval(
		values.map((ms) => ({ ms, loMs: ms, hiMs: ms })),
		confidence,
	);
	if (estimate === undefined) return undefined;
	const { band: _, ...rest } = estimate;
	return rest;
}

/**
 * The median of values that are known within bounds. The interval covers both uncertainties: its lower end is taken
 * from the lower bounds, its upper end from the upper ones.
 */
export function boundedMedianInterval(
	values: readonly BoundedMs[],
	confidence = 0.95,
): BoundedMedianEstimate | undefined {
	const median = medianOf(values.map((value) => value.ms));
	const los = sorted(values.map((value) => value.loMs));
	const his = sorted(values.map((value) => value.hiMs));
	const bandLo = quantileOfSorted(los, 0.5);
	const bandHi = quantileOfSorted(his, 0.5);
	if (median === undefined || bandLo === undefined || bandHi === undefined) return undefined;
	const n = values.length;
	const estimate: BoundedMedianEstimate = { n, median, band: { lo: bandLo, hi: bandHi } };
	const { lower, upper, lowerConfidence, upperConfidence } = rankBounds(n, 0.5, (1 - confidence) / 2);
	if (lower === undefined || upper === undefined) return estimate;
	const [lo, hi] = [los[lower - 1], his[upper - 1]];
	if (lo === undefined || hi === undefined) return estimate;
	return { ...estimate, interval: { lo, hi, confidence: lowerConfidence + upperConfidence - 1 } };
}
