import { normalQuantile } from "./rank-sum.ts";

/**
 * Between which multiples of a sample's standard deviation that of the population lies, each end wrong with a chance of
 * `tail`: chi-squared, with fewer degrees of freedom where the tails are heavier than a normal value's.
 *
 * A sample of few values knows its heavy tails badly, so for strongly skewed times the range holds less often.
 * Undefined for fewer than three values.
 */
export function spreadRange(values: readonly number[], tail = 0.1): { lo: number; hi: number } | undefined {
	const n = values.length;
	if (n < 3) return undefined;
	const mean = values.reduce((sum, value) => sum + value, 0) / n;
	const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / n;
	const variance = moment(2);
	const kurtosis = variance === 0 ? 3 : Math.max(3, moment(4) / variance ** 2);
	const freedom = (2 * (n - 1)) / (kurtosis - 1);
	return {
		lo: Math.sqrt(freedom / chiSquaredQuantile(1 - tail, freedom)),
		hi: Math.sqrt(freedom / chiSquaredQuantile(tail, freedom)),
	};
}

/** By Wilson and Hilferty; within 2 % of the exact quantile at these tails from 3 degrees of freedom on. */
function chiSquaredQuantile(p: number, freedom: number): number {
	const part = 2 / (9 * freedom);
	return freedom * Math.max(0.01, 1 - part + normalQuantile(p) * Math.sqrt(part)) ** 3;
}
