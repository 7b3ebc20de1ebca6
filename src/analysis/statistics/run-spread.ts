import { medianOf } from "./median.ts";
import { normalQuantile } from "./rank-sum.ts";

/** With fewer runs their spread is a guess. */
export const leastRuns = 3;

/**
 * How far the median of one more run of the same thing may lie above those of earlier runs, beyond what its own cold
 * starts explain: exceeded with a chance of `tail`, if runs differ as a normal value does.
 *
 * The variance between the runs' medians, less what the spread within the runs adds to it, for a new run and the mean
 * of the old ones, times Student's quantile: few runs know their spread badly. 0 where the runs differ by no more than
 * their cold starts do; undefined for fewer than three runs. In the unit of the values.
 */
export function runSpread(runs: readonly (readonly number[])[], tail = 0.05): number | undefined {
	const known = runs.filter((run) => run.length > 0);
	if (known.length < leastRuns) return undefined;
	const medians = known.map((run) => medianOf(run) ?? 0);
	const between = varianceOf(medians);
	const within = known.reduce((sum, run) => sum + medianVariance(run), 0) / known.length;
	const excess = Math.max(0, between - within);
	return studentQuantile(1 - tail, known.length - 1) * Math.sqrt(excess * (1 + 1 / known.length));
}

function varianceOf(values: readonly number[]): number {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

/** Of a sample's median, by the normal approximation from the robust spread of its values. */
function medianVariance(values: readonly number[]): number {
	const middle = medianOf(values) ?? 0;
	const deviation = 1.4826 * (medianOf(values.map((value) => Math.abs(value - middle))) ?? 0);
	return (Math.PI / 2) * (deviation ** 2 / values.length);
}

/** Student's quantile, from the normal one (Abramowitz and Stegun 26.7.5); within 2 % from 2 degrees of freedom on. */
export function studentQuantile(p: number, freedom: number): number {
	const z = normalQuantile(p);
	const first = (z ** 3 + z) / 4;
	const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
	const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
	return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}
