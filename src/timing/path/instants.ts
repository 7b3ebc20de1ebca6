import type { Finding, Source } from "../../report/report.ts";
import { contains, type Interval, intersect, middle, width } from "../clocks/interval.ts";
import { isClosed, type Offsets, onClientClock, pointOnClientClock } from "../clocks/offsets.ts";
import type { WatchLag } from "../clocks/watch-lag.ts";
import { type Fact, factBounds, lagOf, type Reading, usualBounds } from "../facts/fact.ts";

/** A point in time on the client's clock: bounds that hold, the best guess, and where it comes from. */
export interface Instant {
	bounds: Interval;
	point: bigint;
	source: Source;
	/** What usually holds beside: a receipt and the watch's lag. It gives way where the order contradicts it. */
	usual?: Claimed & { point: bigint };
	/** The sharp reading behind it, in which times of one clock are compared without its offset. */
	reading?: Reading;
}

/** Bounds and where they come from. */
export interface Claimed {
	bounds: Interval;
	source: Source;
}

/** What is needed to place facts on the client's clock. */
export interface Placing {
	offsets: Offsets;
	/** How long a change of the API took to reach us around a receipt; from pings on the same watch. */
	watchLag(receivedAt: bigint): WatchLag;
	findings: Finding[];
}

/** A widest bound for each side of a clock on which nothing is known: a day. The request's own times cut it off. */
const unknownOffset: Interval = { lo: -86_400_000_000_000n, hi: 86_400_000_000_000n };

/**
 * Intersects all that is known of a fact. Sources that contradict each other are a finding, and the instant stays
 * undefined: nothing is clamped.
 */
export function placeFact(name: string, fact: Fact | undefined, placing: Placing): Instant | undefined {
	const claims = fact === undefined ? [] : claimsOf(fact, placing);
	const [firm, ...others] = claims.filter(({ isFirm }) => isFirm);
	if (fact === undefined || firm === undefined) return undefined;
	let { bounds } = firm;
	const { source } = firm;
	for (const claim of others) {
		const both = intersect(bounds, claim.bounds);
		if (both === undefined) {
			placing.findings.push(contradiction(name, source, claim.source));
			return undefined;
		}
		bounds = both;
	}
	const usual = claims.find(({ isFirm }) => !isFirm);
	const within = usual === undefined ? undefined : intersect(bounds, usual.bounds);
	if (usual !== undefined && within === undefined) placing.findings.push(lateWatch(name));
	const guess = sharpGuess(fact.reading, source, placing) ?? usual?.point;
	const around = within ?? bounds;
	return {
		bounds,
		source,
		point: guess !== undefined && contains(around, guess) ? guess : middle(around),
		...(usual?.point === undefined || within === undefined
			? {}
			: { usual: { bounds: within, source: usual.source, point: usual.point } }),
		...(fact.reading === undefined ? {} : { reading: fact.reading }),
	};
}

function sharpGuess(reading: Reading | undefined, source: Source, placing: Placing): bigint | undefined {
	if (reading === undefined || reading.source !== source) return undefined;
	const offset = placing.offsets.of(reading.clock)?.bounds;
	if (offset === undefined || !isClosed(offset)) return undefined;
	return pointOnClientClock(usualBounds(reading), offset) - lagOf(reading).typical;
}

/** What each source says, on the client's clock; the one that says most comes first. */
function claimsOf(
	{ reading, receivedAt, publishedAt, lateNs = 0n, isChange, imprecise = [] }: Fact,
	placing: Placing,
): Claim[] {
	const claims: Claim[] = [];
	if (reading !== undefined) {
		const bounds = onClientClock(factBounds(reading), offsetOf(reading.clock, placing));
		claims.push({ bounds, source: reading.source, isFirm: true });
	}
	// It was there before it was received: that much is firm.
	const seenAt = publishedAt ?? receivedAt;
	if (seenAt !== undefined) {
		const hi = receivedAt !== undefined && receivedAt < seenAt ? receivedAt : seenAt;
		claims.push({ bounds: { lo: hi - unknownOffset.hi, hi }, source: "order", isFirm: true });
	}
	// The pings around it show how much earlier: they took a similar way, but not the same.
	if (publishedAt !== undefined) {
		const { usualNs, mostNs } = placing.watchLag(publishedAt);
		const bounds = { lo: publishedAt - mostNs - lateNs, hi: publishedAt };
		claims.push({ bounds, source: "watch", isFirm: false, point: publishedAt - usualNs - lateNs / 2n });
	}
	for (const { bounds: known, clock } of imprecise) {
		// A server takes the time first and publishes then: for a change it is a lower bound and no upper one.
		const { lo, hi } = onClientClock(known, offsetOf(clock, placing));
		const bounds = { lo, hi: isChange === true ? hi + unknownOffset.hi : hi };
		claims.push({ bounds, source: "status", isFirm: true });
	}
	return claims.sort((a, b) => (width(a.bounds) < width(b.bounds) ? -1 : 1));
}

interface Claim extends Claimed {
	/** Whether it must hold; one that is only usual gives way where it contradicts those that must. */
	isFirm: boolean;
	/** The best guess of one that is only usual. */
	point?: bigint;
}

const offsetOf = (clock: string, placing: Placing): Interval => ({
	...unknownOffset,
	...placing.offsets.of(clock)?.bounds,
});

/** The receipt of a change contradicts what the pings say of the watch at that time. */
export function lateWatch(name = ""): Finding {
	return {
		code: "watch-late",
		message: `${name}: the watch reported it later than the pings around it suggest; its receipt is not used`,
	};
}

function contradiction(name: string, one: Source, other: Source): Finding {
	return {
		code: "unresolved",
		message: `${name}: ${one} and ${other} contradict each other`,
		hint: "a clock was set during the run, or knistio misreads one of the two sources",
	};
}

/** A time of the client's own clock, sharp to the event loop. */
export function clientInstant(at: bigint, loopNs = 500_000n): Instant {
	return { bounds: { lo: at - loopNs, hi: at + loopNs }, point: at, source: "client" };
}

/**
 * Bounds of a later minus an earlier instant; readings of one clock are compared without its offset, unless the guesses
 * could not be placed so that they agree with it.
 */
export function durationBetween(from: Instant, to: Instant): Interval {
	const bounds = { lo: to.bounds.lo - from.bounds.hi, hi: to.bounds.hi - from.bounds.lo };
	if (from.reading === undefined || from.reading.clock !== to.reading?.clock) return bounds;
	const sameClock = {
		lo: to.reading.bounds.lo - from.reading.bounds.hi - lagOf(to.reading).most,
		hi: to.reading.bounds.hi - from.reading.bounds.lo + lagOf(from.reading).most,
	};
	const both = intersect(bounds, sameClock);
	return both !== undefined && contains(both, to.point - from.point) ? both : bounds;
}
