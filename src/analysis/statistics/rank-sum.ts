import { sorted } from "./median.ts";

/**
 * How likely each rank sum of the first of two samples is when both come from one distribution.
 *
 * `weights[s]` is the chance that the sum of doubled ranks is `s`; ranks are doubled because ties share the mean of
 * theirs, which may end in a half.
 */
function rankSumProbabilities(doubledRanks: readonly number[], chosen: number): Float64Array {
	const largest = doubledRanks.toSorted((a, b) => b - a).slice(0, chosen);
	const size = largest.reduce((sum, rank) => sum + rank, 0) + 1;
	const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(size));
	const [none] = ways;
	if (none !== undefined) none[0] = 1;
	for (const rank of doubledRanks) {
		for (let count = chosen; count > 0; count--) {
			const [from, to] = [ways[count - 1], ways[count]];
			if (from === undefined || to === undefined) continue;
			for (let sum = size - 1; sum >= rank; sum--) to[sum] = (to[sum] ?? 0) + (from[sum - rank] ?? 0);
		}
	}
	const counts = ways[chosen] ?? new Float64Array(size);
	const all = counts.reduce((sum, count) => sum + count, 0);
	return counts.map((count) => count / all);
}

const untied = new Map<string, Float64Array>();

/** The same without ties, remembered: it depends on nothing but the sizes. */
function untiedProbabilities(n: number, m: number): Float64Array {
	const key = `${n} ${m}`;
	const known = untied.get(key);
	if (known !== undefined) return known;
	const ranks = Array.from({ length: n + m }, (_, index) => 2 * (index + 1));
	const probabilities = rankSumProbabilities(ranks, n);
	untied.set(key, probabilities);
	return probabilities;
}

/**
 * Whether the exact distribution is counted out. What the normal approximation gets wrong is the tail of a small sample,
 * however large the other one is, so the smaller side decides; the product bounds the time to some milliseconds.
 */
function isCounted(n: number, m: number): boolean {
	return n + m <= 50 || Math.min(n, m) * (n + m) <= 1_250;
}

/** The standard normal distribution function (Abramowitz and Stegun 7.1.5 and a continued fraction in the tail). */
export function normalCdf(z: number): number {
	return z > 0 ? 1 - normalTail(z) : normalTail(-z);
}

/** The chance of more than `z` ≥ 0. */
function normalTail(z: number): number {
	const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
	if (z > 4) {
		let fraction = z;
		for (let k = 60; k > 0; k--) fraction = z + k / fraction;
		return density / fraction;
	}
	let term = z;
	let sum = z;
	for (let k = 1; k < 200; k++) {
		term *= (z * z) / (2 * k + 1);
		sum += term;
	}
	return 0.5 - density * sum;
}

/** The `z` below which a standard normal value lies with chance `p`; by bisection. */
export function normalQuantile(p: number): number {
	let [lo, hi] = [-40, 40];
	for (let step = 0; step < 80; step++) {
		const middle = (lo + hi) / 2;
		if (normalCdf(middle) < p) lo = middle;
		else hi = middle;
	}
	return (lo + hi) / 2;
}

/** Result of a Mann–Whitney test. */
export interface RankSumTest {
	/** How many of the pairs (a, b) have a > b, ties half. */
	u: number;
	/** Two-sided. */
	p: number;
	method: "exact" | "normal";
}

/**
 * Mann–Whitney U test, two-sided, of whether values of one sample tend to be larger.
 *
 * Exact up to 50 values together, and beyond while the smaller sample is small (5 with 245, 10 with 115), ties included,
 * by counting the rank sums of all ways to split the pooled values; else the normal approximation with corrections for
 * ties and continuity. Undefined if a sample is empty.
 */
export function mannWhitney(a: ArrayLike<number>, b: ArrayLike<number>): RankSumTest | undefined {
	return mannWhitneyOfSorted(sorted(a), sorted(b));
}

/** The same of ascending values. */
export function mannWhitneyOfSorted(a: Float64Array, b: Float64Array): RankSumTest | undefined {
	const [n, m] = [a.length, b.length];
	if (n === 0 || m === 0) return undefined;
	const { doubledRanks, doubledSumOfA, tieTerm } = rankTogether(a, b);
	const u = (doubledSumOfA - n * (n + 1)) / 2;
	if (isCounted(n, m)) {
		let [atMost, atLeast] = [0, 0];
		const smaller = Math.min(n, m);
		const allRanks = (n + m) * (n + m + 1);
		const doubledSum = n <= m ? doubledSumOfA : allRanks - doubledSumOfA;
		const probabilities =
			tieTerm === 0 ? untiedProbabilities(smaller, n + m - smaller) : rankSumProbabilities(doubledRanks, smaller);
		for (let sum = 0; sum < probabilities.length; sum++) {
			const probability = probabilities[sum] ?? 0;
			if (sum <= doubledSum) atMost += probability;
			if (sum >= doubledSum) atLeast += probability;
		}
		return { u, p: Math.min(1, 2 * Math.min(atMost, atLeast)), method: "exact" };
	}
	const total = n + m;
	const variance = ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
	const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
	const p = variance === 0 ? 1 : Math.min(1, 2 * normalTail(distance / Math.sqrt(variance)));
	return { u, p, method: "normal" };
}

/** Ranks the ascending values of both samples as one, walking up both at once; ties share the mean of their ranks. */
function rankTogether(left: Float64Array, right: Float64Array) {
	const doubledRanks: number[] = [];
	let [doubledSumOfA, tieTerm, i, j] = [0, 0, 0, 0];
	while (i < left.length || j < right.length) {
		const value = Math.min(left[i] ?? Number.POSITIVE_INFINITY, right[j] ?? Number.POSITIVE_INFINITY);
		const [fromA, fromB] = [i, j];
		while (i < left.length && left[i] === value) i++;
		while (j < right.length && right[j] === value) j++;
		const tied = i - fromA + (j - fromB);
		const doubledRank = fromA + fromB + 1 + i + j;
		for (let count = 0; count < tied; count++) doubledRanks.push(doubledRank);
		doubledSumOfA += doubledRank * (i - fromA);
		tieTerm += tied ** 3 - tied;
	}
	return { doubledRanks, doubledSumOfA, tieTerm };
}

/** How far into the sorted n·m differences an interval for the shift begins, and its confidence. */
export interface ShiftRank {
	/** From 1; the interval runs from this difference to the one as far from the end. */
	rank: number;
	confidence: number;
}

const shiftRanks = new Map<string, ShiftRank | undefined>();

/** The rank for samples of n and m; undefined where they are too small for the confidence. */
export function shiftRank(n: number, m: number, confidence: number): ShiftRank | undefined {
	const key = `${n} ${m} ${confidence}`;
	if (!shiftRanks.has(key)) shiftRanks.set(key, findShiftRank(n, m, confidence));
	return shiftRanks.get(key);
}

function findShiftRank(n: number, m: number, confidence: number): ShiftRank | undefined {
	const tail = (1 - confidence) / 2;
	if (!isCounted(n, m)) {
		const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
		const rank = Math.floor((n * m) / 2 + normalQuantile(tail) * deviation);
		return rank < 1 ? undefined : { rank, confidence };
	}
	const smaller = Math.min(n, m);
	const probabilities = untiedProbabilities(smaller, n + m - smaller);
	let found: ShiftRank | undefined;
	let below = 0;
	for (let u = 0; u < n * m; u++) {
		below += probabilities[2 * u + smaller * (smaller + 1)] ?? 0;
		if (below > tail) break;
		found = { rank: u + 1, confidence: 1 - 2 * below };
	}
	return found;
}
