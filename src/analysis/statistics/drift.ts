import { normalCdf } from "./rank-sum.ts";

/** Whether values rise or fall in the order they were taken. */
export interface DriftTest {
	/** Kendall's rank correlation with the order, −1 … 1. */
	tau: number;
	/** Two-sided. */
	p: number;
}

const largestExact = 50;

/**
 * Mann–Kendall test for a trend over time; exact up to 50 values without ties, else the normal approximation with
 * a correction for ties. Undefined for fewer than 4 values, where no trend could be significant, and for equal values.
 */
export function driftOf(values: readonly number[]): DriftTest | undefined {
	const n = values.length;
	if (n < 4) return undefined;
	const pairs = (n * (n - 1)) / 2;
	const { balance, tiedPairs, tieTerm } = countPairs(values);
	if (tiedPairs === pairs) return undefined;
	const tau = balance / Math.sqrt(pairs * (pairs - tiedPairs));
	if (tiedPairs === 0 && n <= largestExact) return { tau, p: exactP((pairs - Math.abs(balance)) / 2, n) };
	const variance = (n * (n - 1) * (2 * n + 5) - tieTerm) / 18;
	return { tau, p: Math.min(1, 2 * normalCdf(-Math.abs(balance) / Math.sqrt(variance))) };
}

/** Rising minus falling pairs, and what ties do to their number and variance. */
function countPairs(values: readonly number[]) {
	const counts = new Map<number, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	let [tiedPairs, tieTerm] = [0, 0];
	for (const count of counts.values()) {
		tiedPairs += (count * (count - 1)) / 2;
		tieTerm += count * (count - 1) * (2 * count + 5);
	}
	const pairs = (values.length * (values.length - 1)) / 2;
	return { balance: pairs - tiedPairs - 2 * fallingPairs(values), tiedPairs, tieTerm };
}

/** How many values are larger than a later one; counted while merging sorted halves, since n² / 2 pairs are many. */
function fallingPairs(values: readonly number[]): number {
	let [from, to] = [Float64Array.from(values), new Float64Array(values.length)];
	let falling = 0;
	for (let width = 1; width < values.length; width *= 2) {
		for (let start = 0; start < values.length; start += 2 * width) {
			falling += mergeHalves(from, to, { start, width });
		}
		[from, to] = [to, from];
	}
	return falling;
}

/** Merges two sorted stretches of `width` and counts the pairs that fall from the first to the second. */
function mergeHalves(from: Float64Array, to: Float64Array, { start, width }: { start: number; width: number }): number {
	const middle = Math.min(start + width, from.length);
	const end = Math.min(middle + width, from.length);
	let falling = 0;
	let [left, right] = [start, middle];
	for (let at = start; at < end; at++) {
		const [a = Number.NaN, b = Number.NaN] = [from[left], from[right]];
		const isFromLeft = left < middle && (right >= end || a <= b);
		to[at] = isFromLeft ? a : b;
		if (isFromLeft) left++;
		else {
			right++;
			falling += middle - left;
		}
	}
	return falling;
}

/** The chance of at most `inversions` or as many from the other end, among all orders of n values. */
function exactP(inversions: number, n: number): number {
	const tail = inversionChances(n)
		.slice(0, inversions + 1)
		.reduce((sum, chance) => sum + chance, 0);
	return Math.min(1, 2 * tail);
}

const chancesBySize: number[][] = [[], [1]];

/** How likely each number of inversions is in an order of n values, remembered: it depends on nothing else. */
function inversionChances(n: number): readonly number[] {
	const known = chancesBySize[n];
	if (known !== undefined) return known;
	const chances = inversionChances(n - 1);
	const next = new Array<number>(chances.length + n - 1).fill(0);
	for (const [count, chance] of chances.entries()) {
		for (let more = 0; more < n; more++) next[count + more] = (next[count + more] ?? 0) + chance / n;
	}
	chancesBySize[n] = next;
	return next;
}
