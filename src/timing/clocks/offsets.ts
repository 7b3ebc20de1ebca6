import { type Interval, middle } from "./interval.ts";

/**
 * Bounds of an offset in nanoseconds, both of them possible. What is received bounds a clock from below alone, for it
 * may have been long on its way: without `hi` the clock may be ahead by any amount.
 */
export interface OffsetBounds {
	lo: bigint;
	hi?: bigint;
}

/** Bounded on both sides: only then there is a best guess. */
export const isClosed = (bounds: OffsetBounds): bounds is Interval => bounds.hi !== undefined;

/** The offset of a clock: its time minus the client's, as far as probes and causes bound it. */
export interface Offset {
	bounds: OffsetBounds;
	/** How the bounds came about, such as `lease + http-date + causes`. */
	method: string;
}

/** Offsets by clock. Nothing is assumed of a clock without an entry, not even that one machine has one clock. */
export interface Offsets {
	of(clock: string): Offset | undefined;
	/** Adds a bound; false when it contradicts what is known, which is then kept. */
	narrow(clock: string, bounds: OffsetBounds, method: string): boolean;
	/** Forgets what was known: the clock has moved. */
	replace(clock: string, bounds: OffsetBounds, method: string): void;
	/** Clocks run apart with time, and what was known gets less sharp. */
	age(elapsedNs: bigint): void;
	/** What is known of each clock, in the order in which they were first met. */
	known(): ({ clock: string } & Offset)[];
	/** The same, that no later change of these changes. */
	copy(): Offsets;
}

/** Two disciplined clocks may run apart by so many ns a second; ntpd corrects far less than its limit of 500 ppm. */
const driftNsPerSecond = 20_000n;

/** Offsets of which nothing is known yet, or no more than what is given. */
export function openOffsets(given: readonly ({ clock: string } & Offset)[] = []): Offsets {
	const offsets = new Map<string, Offset>(given.map(({ clock, ...offset }) => [clock, offset]));
	return {
		of: (clock) => offsets.get(clock),
		narrow(clock, bounds, method) {
			const known = offsets.get(clock);
			const both = known === undefined ? bounds : common(known.bounds, bounds);
			if (both === undefined) return false;
			offsets.set(clock, { bounds: both, method: joinMethods(known?.method, method) });
			return true;
		},
		replace: (clock, bounds, method) => void offsets.set(clock, { bounds, method }),
		age(elapsedNs) {
			const drift = (elapsedNs * driftNsPerSecond) / 1_000_000_000n;
			for (const [clock, { bounds, method }] of offsets) {
				const lo = bounds.lo - drift;
				offsets.set(clock, { bounds: isClosed(bounds) ? { lo, hi: bounds.hi + drift } : { lo }, method });
			}
		},
		known: () => [...offsets].map(([clock, offset]) => ({ clock, ...offset })),
		copy: () => openOffsets([...offsets].map(([clock, offset]) => ({ clock, ...offset }))),
	};
}

/** What both allow; undefined where they contradict each other. */
function common(a: OffsetBounds, b: OffsetBounds): OffsetBounds | undefined {
	const lo = a.lo > b.lo ? a.lo : b.lo;
	const hi = a.hi === undefined || (b.hi !== undefined && b.hi < a.hi) ? b.hi : a.hi;
	if (hi === undefined) return { lo };
	return lo <= hi ? { lo, hi } : undefined;
}

function joinMethods(known: string | undefined, method: string): string {
	if (known === undefined) return method;
	return known.split(" + ").includes(method) ? known : `${known} + ${method}`;
}

/** A time on another clock, as the client's clock would have shown it. */
export function onClientClock(time: Interval, offset: Interval): Interval {
	return { lo: time.lo - offset.hi, hi: time.hi - offset.lo };
}

/** The fastest event of a sample takes about so long to be written and to reach us. */
const usualDelayNs = 15_000_000n;

/**
 * The best single guess of an offset. Bounds by causes lie on both sides for different reasons: what was received bounds
 * it closely from below, what was asked for only loosely from above.
 */
export function likelyOffset({ lo, hi }: Interval): bigint {
	const half = (hi - lo) / 2n;
	return lo + (half < usualDelayNs ? half : usualDelayNs);
}

/** The best single guess of the same. */
export function pointOnClientClock(time: Interval, offset: Interval): bigint {
	return middle(time) - likelyOffset(offset);
}
