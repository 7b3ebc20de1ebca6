import { rankBounds } from "./binomial.ts";
import { type BoundedMs, quantileOf, quantileOfSorted, type Range, sorted } from "./median.ts";

/** A quantile and the values between which that of the population lies. */
export interface QuantileEstimate {
	n: number;
	quantile: number;
	/** Where the quantile of the values lies, whatever the true times within their bounds. */
	band: Range;
	/** Undefined where n is too small to bound it from below. */
	lower?: number;
	/** Undefined where n is too small to bound it from above. */
	upper?: number;
}

/**
 * The `p`-quantile of times known within bounds, with bounds from the values themselves, each of which is wrong with
 * a chance of at most 1 − `confidence`, whatever the distribution. Undefined for no values.
 */
export function quantileEstimate(
	values: readonly BoundedMs[],
	p: number,
	confidence = 0.95,
): QuantileEstimate | undefined {
	const pick = (key: keyof BoundedMs) => values.map((value) => value[key]);
	const [los, his] = [sorted(pick("loMs")), sorted(pick("hiMs"))];
	const quantile = quantileOf(pick("ms"), p);
	const bandLo = quantileOfSorted(los, p);
	const bandHi = quantileOfSorted(his, p);
	if (quantile === undefined || bandLo === undefined || bandHi === undefined) return undefined;
	const ranks = rankBounds(values.length, p, 1 - confidence);
	const lower = ranks.lower === undefined ? undefined : los[ranks.lower - 1];
	const upper = ranks.upper === undefined ? undefined : his[ranks.upper - 1];
	return {
		n: values.length,
		quantile,
		band: { lo: bandLo, hi: bandHi },
		...(lower !== undefined && { lower }),
		...(upper !== undefined && { upper }),
	};
}

/**
 * The smallest n of which a value can bound the `p`-quantile from both sides: 5 for the median, 29 for p90, 59 for
 * p95 and 299 for p99 at 95 % each.
 */
export function leastCountFor(p: number, confidence = 0.95): number {
	const further = Math.max(p, 1 - p);
	return Math.ceil(Math.log(1 - confidence) / Math.log(further));
}
