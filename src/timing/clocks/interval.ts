/** Bounds in nanoseconds between which an instant, an offset or a duration lies; both belong to it. */
export interface Interval {
	lo: bigint;
	hi: bigint;
}

/** What both allow; undefined where they contradict each other. */
export function intersect(a: Interval, b: Interval): Interval | undefined {
	const lo = a.lo > b.lo ? a.lo : b.lo;
	const hi = a.hi < b.hi ? a.hi : b.hi;
	return lo <= hi ? { lo, hi } : undefined;
}

/** All differences of one of `a` and one of `b`. */
export function difference(a: Interval, b: Interval): Interval {
	return { lo: a.lo - b.hi, hi: a.hi - b.lo };
}

export const width = ({ lo, hi }: Interval): bigint => hi - lo;
export const middle = ({ lo, hi }: Interval): bigint => lo + (hi - lo) / 2n;
export const contains = ({ lo, hi }: Interval, point: bigint): boolean => lo <= point && point <= hi;
