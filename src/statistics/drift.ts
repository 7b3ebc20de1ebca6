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
	let balance = 0;
	for (const [index, value] of values.entries()) {
		for (let earlier = 0; earlier < index; earlier++) balance += Math.sign(value - (values[earlier] ?? value));
	}
	const counts = new Map<number, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	let [tiedPairs, tieTerm] = [0, 0];
	for (const count of counts.values()) {
		tiedPairs += (count * (count - 1)) / 2;
		tieTerm += count * (count - 1) * (2 * count + 5);
	}
	return { balance, tiedPairs, tieTerm };
}

/** The chance of at most `inversions` or as many from the other end, among all orders of n values. */
function exactP(inversions: number, n: number): number {
	let chances = [1];
	for (let size = 2; size <= n; size++) {
		const next = new Array<number>(chances.length + size - 1).fill(0);
		for (const [count, chance] of chances.entries()) {
			for (let more = 0; more < size; more++) next[count + more] = (next[count + more] ?? 0) + chance / size;
		}
		chances = next;
	}
	const tail = chances.slice(0, inversions + 1).reduce((sum, chance) => sum + chance, 0);
	return Math.min(1, 2 * tail);
}
