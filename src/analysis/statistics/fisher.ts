/** How often something happened: `hits` of `of`. */
export interface Tally {
	hits: number;
	of: number;
}

/**
 * Fisher's exact test, one-sided: the chance that, with as many hits in all, at least as many would be in `after` as
 * there are, if both had the same share.
 */
export function moreHitsP(before: Tally, after: Tally): number {
	const hits = before.hits + after.hits;
	const least = Math.max(0, hits - before.of);
	const most = Math.min(hits, after.of);
	let weight = 1;
	let [sum, tail] = [0, 0];
	// Weights relative to the first, scaled down before they overflow.
	for (let k = least; k <= most; k++) {
		sum += weight;
		if (k >= after.hits) tail += weight;
		weight *= ((hits - k) * (after.of - k)) / ((k + 1) * (before.of - hits + k + 1));
		if (weight > 1e200) [weight, sum, tail] = [weight / 1e200, sum / 1e200, tail / 1e200];
	}
	return Math.min(1, tail / sum);
}
