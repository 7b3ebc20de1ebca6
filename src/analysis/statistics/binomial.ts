/**
 * Probabilities of 0…n successes in n trials with chance `p` each.
 *
 * Built outwards from the most likely count and scaled to add up to 1, so that nothing overflows at n = 10,000.
 */
export function binomialProbabilities(n: number, p: number): Float64Array {
	const weights = new Float64Array(n + 1);
	const mode = Math.min(n, Math.floor((n + 1) * p));
	weights[mode] = 1;
	for (let k = mode; k < n; k++) weights[k + 1] = ((weights[k] ?? 0) * (n - k) * p) / ((k + 1) * (1 - p));
	for (let k = mode; k > 0; k--) weights[k - 1] = ((weights[k] ?? 0) * k * (1 - p)) / ((n - k + 1) * p);
	const sum = weights.reduce((total, weight) => total + weight, 0);
	return weights.map((weight) => weight / sum);
}

const known = new Map<string, Readonly<RankBounds>>();

/** The ranks, from 1, between which a quantile of the population lies. */
export interface RankBounds {
	/** Undefined where even the smallest value may lie above the quantile. */
	lower: number | undefined;
	/** Undefined where even the largest value may lie below the quantile. */
	upper: number | undefined;
	/** How sure it is, exactly, that the quantile is not below `lower`, and not above `upper`. */
	lowerConfidence: number;
	upperConfidence: number;
}

/**
 * The ranks that bound the `p`-quantile, each wrong with a chance of at most `tail`, whatever the distribution.
 *
 * The number of values below the quantile is binomial (David and Nagaraja, Order Statistics, 7.1).
 */
export function rankBounds(n: number, p: number, tail: number): Readonly<RankBounds> {
	const key = `${n} ${p} ${tail}`;
	const bounds = known.get(key) ?? findRankBounds(n, p, tail);
	known.set(key, bounds);
	return bounds;
}

function findRankBounds(n: number, p: number, tail: number): RankBounds {
	const bounds: RankBounds = { lower: undefined, upper: undefined, lowerConfidence: 0, upperConfidence: 0 };
	let below = 0;
	for (const [k, probability] of binomialProbabilities(n, p).entries()) {
		below += probability;
		const rank = k + 1;
		if (rank > n) break;
		if (below <= tail) {
			bounds.lower = rank;
			bounds.lowerConfidence = 1 - below;
		}
		if (bounds.upper === undefined && below >= 1 - tail) {
			bounds.upper = rank;
			bounds.upperConfidence = below;
		}
	}
	return bounds;
}
