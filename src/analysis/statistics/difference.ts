/** Of two samples, in ascending order. */
export interface Differences {
	/** How many there are. */
	pairs: number;
	/** The k-th smallest, from 1. */
	at(k: number): number;
	/** The middle one, or the mean of the two in the middle. */
	median(): number;
}

/**
 * The n·m differences `b[j] - a[i]` of two ascending arrays, in order without making them: the k-th is found by
 * narrowing the range of values and counting, so thousands of cold starts take milliseconds.
 */
export function differencesBetween(a: Float64Array, b: Float64Array): Differences {
	const pairs = a.length * b.length;
	let thinned: Differences | undefined;
	const few = a.length + b.length;

	/** Two differences of every 16th value, between which the one that is as far up all of them should lie. */
	function guessesAt(share: number): number[] {
		if (Math.min(a.length, b.length) < 512) return [];
		thinned ??= differencesBetween(everyNth(a, 16), everyNth(b, 16));
		const { at, pairs: count } = thinned;
		return [-0.005, 0.005].map((by) => at(Math.min(count, Math.max(1, Math.round((share + by) * count)))));
	}

	function at(k: number): number {
		let [lo, hi] = extremes(a, b);
		let [below, atMost] = [countAtMost(a, b, lo), pairs];
		if (below >= k) return lo;
		// Fewer than k differences are ≤ lo, at least k are ≤ hi. The range is cut where k should lie, and in half, until the
		// differences in it are few enough to sort, or all equal.
		for (const guess of guessesAt(k / pairs)) {
			if (guess <= lo || guess >= hi) continue;
			const count = countAtMost(a, b, guess);
			if (count >= k) [hi, atMost] = [guess, count];
			else [lo, below] = [guess, count];
		}
		for (let step = 1; atMost - below > few; step++) {
			if (step % 6 === 0) {
				const next = smallestAbove(a, b, lo);
				const count = countAtMost(a, b, next);
				if (count >= k) return next;
				[lo, below] = [next, count];
			}
			const share = step % 2 === 0 ? (k - below) / (atMost - below) : 0.5;
			const cut = lo + (hi - lo) * share;
			const count = countAtMost(a, b, cut);
			if (count >= k) [hi, atMost] = [cut, count];
			else [lo, below] = [cut, count];
		}
		return between(a, b, { lo, hi, count: atMost - below })[k - below - 1] ?? hi;
	}

	function median(): number {
		const lower = at(Math.ceil(pairs / 2));
		if (pairs % 2 === 1 || countAtMost(a, b, lower) > pairs / 2) return lower;
		return (lower + smallestAbove(a, b, lower)) / 2;
	}

	return { pairs, at, median };
}

/** The smallest difference and the largest. */
function extremes(a: Float64Array, b: Float64Array): [number, number] {
	return [(b[0] ?? 0) - (a.at(-1) ?? 0), (b.at(-1) ?? 0) - (a[0] ?? 0)];
}

/** The smallest difference above `limit`; the largest of all where there is none. */
function smallestAbove(a: Float64Array, b: Float64Array, limit: number): number {
	let [, found] = extremes(a, b);
	let taken = 0;
	for (const value of a) {
		while (taken < b.length && (b[taken] ?? 0) - value <= limit) taken++;
		if (taken < b.length) found = Math.min(found, (b[taken] ?? 0) - value);
	}
	return found;
}

/** The differences above `lo` and at most `hi`, of which there are `count`, in ascending order. */
function between(a: Float64Array, b: Float64Array, { lo, hi, count }: { lo: number; hi: number; count: number }) {
	const found = new Float64Array(count);
	let [filled, first] = [0, 0];
	for (const value of a) {
		while (first < b.length && (b[first] ?? 0) - value <= lo) first++;
		for (let j = first; j < b.length && (b[j] ?? 0) - value <= hi; j++) found[filled++] = (b[j] ?? 0) - value;
	}
	return found.sort();
}

function everyNth(values: Float64Array, n: number): Float64Array {
	return values.filter((_, index) => index % n === n >> 1);
}

/** How many differences of a value of `b` and one of `a`, both ascending, are at most `limit`. */
export function countAtMost(a: Float64Array, b: Float64Array, limit: number): number {
	let count = 0;
	let taken = 0;
	for (const value of a) {
		while (taken < b.length && (b[taken] ?? 0) - value <= limit) taken++;
		count += taken;
	}
	return count;
}
