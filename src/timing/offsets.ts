import { type Interval, intersect, middle } from "./interval.ts";

/** The offset of a clock: its time minus the client's, in nanoseconds, as far as probes and causes bound it. */
export interface Offset {
	bounds: Interval;
	/** How the bounds came about, such as `http-date + causes`. */
	method: string;
}

/** Offsets by clock. Nothing is assumed of a clock without an entry, not even that one machine has one clock. */
export interface Offsets {
	of(clock: string): Offset | undefined;
	/** Adds a bound; false when it contradicts what is known, which is then kept. */
	narrow(clock: string, bounds: Interval, method: string): boolean;
	/** Forgets what was known: the clock has moved. */
	replace(clock: string, bounds: Interval, method: string): void;
	/** Clocks run apart with time, and what was known gets less sharp. */
	age(elapsedNs: bigint): void;
	/** Clocks with a bound, in the order in which they were first met. */
	known(): string[];
}

/** Two disciplined clocks may run apart by so many ns a second; ntpd corrects far less than its limit of 500 ppm. */
const driftNsPerSecond = 20_000n;

/** Offsets of which nothing is known yet. */
export function openOffsets(): Offsets {
	const offsets = new Map<string, Offset>();
	return {
		of: (clock) => offsets.get(clock),
		narrow(clock, bounds, method) {
			const known = offsets.get(clock);
			const both = known === undefined ? bounds : intersect(known.bounds, bounds);
			if (both === undefined) return false;
			offsets.set(clock, { bounds: both, method: joinMethods(known?.method, method) });
			return true;
		},
		replace: (clock, bounds, method) => void offsets.set(clock, { bounds, method }),
		age(elapsedNs) {
			const drift = (elapsedNs * driftNsPerSecond) / 1_000_000_000n;
			for (const [clock, { bounds, method }] of offsets) {
				offsets.set(clock, { bounds: { lo: bounds.lo - drift, hi: bounds.hi + drift }, method });
			}
		},
		known: () => [...offsets.keys()],
	};
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
