import { binomialProbabilities } from "./binomial.ts";
import type { Range } from "./median.ts";

const known = new Map<string, Readonly<Range>>();

/**
 * The share that `hits` of `n` speak for: bounds that are each wrong with a chance of at most 1 − `confidence`
 * (Clopper and Pearson 1934, exact). Undefined for n = 0.
 */
export function shareBounds(hits: number, n: number, confidence = 0.95): Readonly<Range> | undefined {
	if (n === 0) return undefined;
	const key = `${hits} ${n} ${confidence}`;
	const bounds = known.get(key) ?? findShareBounds(hits, n, 1 - confidence);
	known.set(key, bounds);
	return bounds;
}

function findShareBounds(hits: number, n: number, tail: number): Range {
	return {
		lo: hits === 0 ? 0 : solve((share) => chanceOf(hits, n, { n, share }) < tail),
		hi: hits === n ? 1 : solve((share) => chanceOf(0, hits, { n, share }) > tail),
	};
}

/** The chance of `from` to `to` hits. */
function chanceOf(from: number, to: number, { n, share }: { n: number; share: number }): number {
	return binomialProbabilities(n, share)
		.subarray(from, to + 1)
		.reduce((sum, probability) => sum + probability, 0);
}

/** Where `isBelow` turns from true to false between 0 and 1. */
function solve(isBelow: (share: number) => boolean): number {
	let [lo, hi] = [0, 1];
	for (let step = 0; step < 50; step++) {
		const middle = (lo + hi) / 2;
		if (isBelow(middle)) lo = middle;
		else hi = middle;
	}
	return (lo + hi) / 2;
}
