import { openEnds, type Sample, withMissing } from "./samples.ts";
import { rankBounds } from "./statistics/binomial.ts";
import { boundedMedianInterval, medianOf, type Range } from "./statistics/median.ts";

/** The smallest number of cold starts whose median has an interval at 95 %. */
export const leastForInterval = 6;

/** How many cold starts it takes for an interval at 95 %, where so many of them are without a value. */
export function leastForMedian(missing: number): number {
	// Both ends must be values that are there, whatever the missing ones are.
	for (let n = Math.max(leastForInterval, 2 * missing); ; n++) {
		if ((rankBounds(n, 0.5, 0.025).lower ?? 0) > missing) return n;
	}
}

/** The median of a sample and how well it is known. */
export interface Estimate {
	/** Cold starts with a value. */
	n: number;
	missing: number;
	medianMs: number;
	/** Of the population's median, missing values and measuring included; undefined where n is too small. */
	interval?: Range;
}

/** Estimates the median; undefined where no cold start has a value. */
export function estimateOf(sample: Sample, confidence = 0.95): Estimate | undefined {
	const medianMs = medianOf(sample.values.map((value) => value.ms));
	if (medianMs === undefined) return undefined;
	const interval = boundedMedianInterval(withMissing(sample), confidence)?.interval;
	return {
		n: sample.values.length,
		missing: sample.missing,
		medianMs,
		...(interval !== undefined && { interval: openEnds(interval) }),
	};
}
