import { type Finding, type Source, sourceSchema } from "../model/report.ts";
import { contains, type Interval, intersect, middle } from "./interval.ts";
import { type Offsets, onClientClock, pointOnClientClock } from "./offsets.ts";
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
	/** How long at most a change of the API took to reach us around a receipt, in ns; from pings on the same watch. */
	watchLag(receivedAt: bigint): bigint;
	findings: Finding[];
}

/** A widest bound for a clock of which nothing is known: a day either way. */
const unknownOffset: Interval = { lo: -86_400_000_000_000n, hi: 86_400_000_000_000n };

/**
 * How much earlier than kubelet's event the runtime did it: on Kubernetes 1.34 with containerd 1.2 to 4.5 ms
 * (bench/ground-truth.ts). An event is taken to be late by 0 to `eventLagNs`.
 */
export const eventLagNs = 10_000_000n;
const typicalEventLagNs = 2_000_000n;

/**
 * Intersects all that is known of a fact. Sources that contradict each other are a finding, and the instant stays
 * undefined: nothing is clamped.
 */
export function placeFact(name: string, fact: Fact | undefined, placing: Placing): Instant | undefined {
	const claims = fact === undefined ? [] : claimsOf(fact, placing);
	const first = claims[0];
	if (fact === undefined || first === undefined) return undefined;
	let bounds = first.bounds;
	for (const claim of claims.slice(1)) {
		const both = intersect(bounds, claim.bounds);
		if (both === undefined) {
			placing.findings.push(contradiction(name, first.source, claim.source));
			return undefined;
		}
		bounds = both;
	}
	const { reading } = fact;
	if (reading === undefined) return { bounds, point: middle(bounds), source: first.source };
	const guess = pointOnClientClock(reading.bounds, offsetOf(reading.clock, placing)) - lagOf(reading).typical;
	return { bounds, point: contains(bounds, guess) ? guess : middle(bounds), source: first.source, reading };
}

/** What each source says, on the client's clock; the sharpest comes first. */
function claimsOf({ reading, receivedAt, status, isPublication }: Fact, placing: Placing): Claim[] {
	const claims: Claim[] = [];
	if (reading !== undefined) {
		const early = { lo: reading.bounds.lo - lagOf(reading).most, hi: reading.bounds.hi };
		claims.push({ bounds: onClientClock(early, offsetOf(reading.clock, placing)), source: reading.source });
	}
	if (receivedAt !== undefined) {
		// Not later than its receipt. How much earlier only the watch's lag can say, and that only where the change of the
		// API is itself the fact: a container's start is told as late as kubelet likes.
		const isLagBound = isPublication === true && reading === undefined;
		const lo = receivedAt - (isLagBound ? placing.watchLag(receivedAt) : unknownOffset.hi);
		const source = isLagBound ? ("watch" as const) : ("order" as const);
		claims.push({ bounds: { lo, hi: receivedAt }, source });
	}
	if (status !== undefined) {
		// A server takes the time first and publishes then: for a publication it is a lower bound and no upper one.
		const { lo, hi } = onClientClock(status.bounds, offsetOf(status.clock, placing));
		claims.push({ bounds: { lo, hi: isPublication === true ? hi + unknownOffset.hi : hi }, source: "status" });
	}
	return claims.sort((a, b) => rank(a.source) - rank(b.source));
}

interface Claim {
	bounds: Interval;
	source: Source;
}

const rank = (source: Source) => sourceSchema.options.indexOf(source);

/** Only kubelet's events are late by a container's start; the scheduler's own time is its own. */
function lagOf({ source }: Reading): { typical: bigint; most: bigint } {
	return source === "event-name" ? { typical: typicalEventLagNs, most: eventLagNs } : { typical: 0n, most: 0n };
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
export function durationBetween(from: Instant, to: Instant): Interval {
	const bounds = { lo: to.bounds.lo - from.bounds.hi, hi: to.bounds.hi - from.bounds.lo };
	if (from.reading === undefined || from.reading.clock !== to.reading?.clock) return bounds;
	const sameClock = {
		lo: to.reading.bounds.lo - from.reading.bounds.hi - lagOf(to.reading).most,
		hi: to.reading.bounds.hi - from.reading.bounds.lo + lagOf(from.reading).most,
	};
	return intersect(bounds, sameClock) ?? bounds;
}
