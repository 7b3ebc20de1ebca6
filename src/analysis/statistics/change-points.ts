import { seededRandom } from "./random.ts";

/** A place in a series at which its level changes. */
export interface ChangePoint {
	/** Of the first value of the new level. */
	at: number;
	/** The share of shuffled series that change as much somewhere. */
	p: number;
}

/** Values on each side of a change, at least. */
const leastSide = 3;
const shuffles = 499;

/**
 * Where the level of a series changes: of every place that leaves three values on both sides, the one where ranks differ
 * most (a scaled Mann-Whitney), tested against as many shuffled copies of the series; then the same in both parts.
 *
 * The search of all places is in the p-value, because each shuffled series is searched too. A series without a change
 * yields one with a chance of at most `level`; a part is only looked at behind a change that was found.
 */
export function changePointsOf(values: readonly number[], { level = 0.01, seed = 1 } = {}): ChangePoint[] {
	const random = seededRandom(seed);
	const search = (from: number, to: number): ChangePoint[] => {
		const ranks = ranksOf(values.slice(from, to));
		const found = furthest(ranks);
		if (found === undefined) return [];
		let asFar = 0;
		const copy = [...ranks];
		for (let run = 0; run < shuffles; run++) {
			shuffle(copy, random);
			if ((furthest(copy)?.distance ?? 0) >= found.distance - 1e-9) asFar++;
		}
		const p = (asFar + 1) / (shuffles + 1);
		if (p > level) return [];
		const at = from + found.at;
		return [...search(from, at), { at, p }, ...search(at, to)];
	};
	return search(0, values.length);
}

/** From 1; equal values share the mean of theirs. */
function ranksOf(values: readonly number[]): number[] {
	return values.map((value) => {
		const below = values.filter((other) => other < value).length;
		const equal = values.filter((other) => other === value).length;
		return below + (equal + 1) / 2;
	});
}

/** The split whose rank sum lies furthest from what it would be by chance, in its standard deviations. */
function furthest(ranks: readonly number[]): { at: number; distance: number } | undefined {
	const n = ranks.length;
	let found: { at: number; distance: number } | undefined;
	let sum = 0;
	for (let at = 1; at <= n - leastSide; at++) {
		sum += ranks[at - 1] ?? 0;
		if (at < leastSide) continue;
		const distance = Math.abs(sum - (at * (n + 1)) / 2) / Math.sqrt((at * (n - at) * (n + 1)) / 12);
		if (found === undefined || distance > found.distance) found = { at, distance };
	}
	return found;
}

function shuffle(values: number[], random: () => number): void {
	for (let last = values.length - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		const [a = 0, b = 0] = [values[last], values[other]];
		values[last] = b;
		values[other] = a;
	}
}
