import type { Finding, Source } from "../model/report.ts";
import { contains, type Interval, intersect, middle } from "./interval.ts";
import type { Offsets } from "./offsets.ts";
import { onClientClock, pointOnClientClock } from "./offsets.ts";
import type { Fact, Reading } from "./pod-facts.ts";

/** A point in time on the client's clock: bounds that hold, the best guess, and where it comes from. */
export interface Instant {
	bounds: Interval;
	point: bigint;
	source: Source;
	/** The sharp reading behind it, in which times of one clock are compared without its offset. */
	reading?: Reading;
}

/** What is needed to place facts on the client's clock. */
export interface Placing {
	offsets: Offsets;
	/** How long at most a change of the API took to reach us, in ns; from pings on the same watch. */
	watchLagNs: bigint;
	/** The event is written a little later than what it tells. */
	eventLagNs: bigint;
	findings: Finding[];
}

/** A widest bound for a clock of which nothing is known: a day either way. */
const unknownOffset: Interval = { lo: -86_400_000_000_000n, hi: 86_400_000_000_000n };

/**
 * Intersects all that is known of a fact. Sources that contradict each other are a finding, and the instant stays
 * undefined: nothing is clamped.
 */
export function placeFact(name: string, fact: Fact | undefined, placing: Placing): Instant | undefined {
	if (fact === undefined) return undefined;
	const { reading, status, receivedAt } = fact;
	const claims: { bounds: Interval; source: Source }[] = [];
	if (reading !== undefined) {
		const early = { lo: reading.bounds.lo - placing.eventLagNs, hi: reading.bounds.hi };
		claims.push({ bounds: onClientClock(early, offsetOf(reading.clock, placing)), source: reading.source });
	}
	if (receivedAt !== undefined) {
		// What was received is not later than its receipt; how much earlier, only a sharper source or the lag can say.
		const lo = reading === undefined ? receivedAt - placing.watchLagNs : receivedAt - unknownOffset.hi;
		claims.push({ bounds: { lo, hi: receivedAt }, source: "watch" });
	}
	if (status !== undefined) {
		claims.push({ bounds: onClientClock(status.bounds, offsetOf(status.clock, placing)), source: "status" });
	}
	const first = claims[0];
	if (first === undefined) return undefined;
	let bounds = first.bounds;
	for (const claim of claims.slice(1)) {
		const both = intersect(bounds, claim.bounds);
		if (both === undefined) {
			placing.findings.push(contradiction(name, first.source, claim.source));
			return undefined;
		}
		bounds = both;
	}
	const guess =
		reading === undefined ? middle(bounds) : pointOnClientClock(reading.bounds, offsetOf(reading.clock, placing));
	const point = contains(bounds, guess) ? guess : middle(bounds);
	return { bounds, point, source: first.source, ...(reading === undefined ? {} : { reading }) };
}

const offsetOf = (clock: string, placing: Placing) => placing.offsets.of(clock)?.bounds ?? unknownOffset;

function contradiction(name: string, one: Source, other: Source): Finding {
	return {
		code: "unresolved",
		message: `${name}: ${one} and ${other} contradict each other`,
		hint: "a clock was set during the run, or a source does not mean what knistio takes it for",
	};
}

/** A time of the client's own clock, sharp to the event loop. */
export function clientInstant(at: bigint, loopNs = 500_000n): Instant {
	return { bounds: { lo: at - loopNs, hi: at + loopNs }, point: at, source: "client" };
}

/** Bounds of a later minus an earlier instant; readings of one clock are compared without its offset. */
export function durationBetween(from: Instant, to: Instant, eventLagNs: bigint): Interval {
	const bounds = { lo: to.bounds.lo - from.bounds.hi, hi: to.bounds.hi - from.bounds.lo };
	if (from.reading === undefined || from.reading.clock !== to.reading?.clock) return bounds;
	const sameClock = {
		lo: to.reading.bounds.lo - from.reading.bounds.hi - eventLagNs,
		hi: to.reading.bounds.hi - from.reading.bounds.lo + eventLagNs,
	};
	return intersect(bounds, sameClock) ?? bounds;
}
