import { parseTime } from "../../text/timestamp.ts";
import type { Interval } from "../clocks/interval.ts";

/** A time in nanoseconds, on whose clock it was taken, and how sharp that clock is read. */
export interface Reading {
	clock: string;
	bounds: Interval;
	source: "trace" | "event-name" | "event-time" | "status";
	/** Where in the bounds of a span the fact usually is; at their end where this is not said. */
	usually?: "at-begin";
	/** How late its event usually is, ns; {@link typicalEventLagNs} where this is not said. */
	usualLagNs?: bigint;
	/** Client clock: it was written before this. */
	receivedAt: bigint;
}

/** One fact: what servers wrote of it, and when its first trace came out of our socket. */
export interface Fact {
	reading?: Reading;
	/** Client clock; the fact is not later than this. */
	receivedAt?: bigint;
	/** Receipt of the change of the API that is itself the fact: it was not much earlier than this either. */
	publishedAt?: bigint;
	/** The fact is that the API has changed. */
	isChange?: boolean;
	/** The earliest time that the Event about it may have, in ns of its writer's clock: a later one repeats it. */
	eventAt?: bigint;
	/** How much later than the fact its publication usually is sent, in ns; 0 where the publication is the fact. */
	lateNs?: bigint;
	/** Less precise readings, for when the precise one is lost, and to check the precise one against. */
	imprecise?: readonly Reading[];
}

/**
 * Components write their events after the fact: on quiet nodes 1.2 to 4.5 ms, on one whose two cores were ten times over
 * committed up to 16 ms in 95 of 100 (bench/ground-truth.ts). An event is taken to be late by 0 to `eventLagNs`.
 */
export const eventLagNs = 15_000_000n;
export const typicalEventLagNs = 2_000_000n;

/**
 * containerd 2 answers kubelet some 3 ms later after a container's start than containerd 1 did, and kubelet writes the
 * event after the answer (bench/ground-truth.ts).
 * @param runtime as a node names it, such as `containerd://2.4.2`
 */
export function usualStartLagNs(runtime: string | undefined): bigint {
	const major = Number(/^containerd:\/\/(\d+)\.[^,]*$/.exec(runtime ?? "")?.[1]);
	return major >= 2 ? 5_000_000n : typicalEventLagNs;
}

/** How much later than its fact a reading may be, and usually is. A status field and a span are the fact's own. */
export function lagOf({ source, usualLagNs = typicalEventLagNs }: Pick<Reading, "source" | "usualLagNs">): {
	typical: bigint;
	most: bigint;
} {
	const isEvent = source === "event-name" || source === "event-time";
	return isEvent ? { typical: usualLagNs, most: eventLagNs } : { typical: 0n, most: 0n };
}

/** Where on its own clock the fact of a reading lies: an event is written after it. */
export function factBounds(reading: Reading): Interval {
	return { lo: reading.bounds.lo - lagOf(reading).most, hi: reading.bounds.hi };
}

/** What is left of a reading's bounds where its fact usually is. */
export function usualBounds({ bounds, source, usually }: Reading): Interval {
	if (source !== "trace") return bounds;
	const at = usually === "at-begin" ? bounds.lo : bounds.hi;
	return { lo: at, hi: at };
}

/** When something came out of our socket. */
export interface Receipt {
	at: bigint;
	/** It was in the list after a gap in the watch, and may have been there for as long as the gap. */
	isListed: boolean;
}

/** A change of the API is published shortly before its receipt, unless it was a list that showed it. */
export function changeOf({ at, isListed }: Receipt): Fact {
	return { isChange: true, ...(isListed ? { receivedAt: at } : { publishedAt: at }) };
}

/** A field of the API tells no more than this. */
export const secondNs = 1_000_000_000n;

/** A field cut to whole seconds says: this second, and no more. */
export function statusReading(
	clock: string,
	text: string | null | undefined,
	receivedAt: bigint,
): Pick<Fact, "imprecise"> {
	const time = parseTime(text);
	if (time === undefined) return {};
	return { imprecise: [{ clock, bounds: { lo: time, hi: time + secondNs }, source: "status", receivedAt }] };
}

/** Both facts are of one instant: the earlier receipts hold, a more precise reading stays, and all imprecise ones are kept. */
export function merged(known: Fact | undefined, next: Fact): Fact {
	const fact: Fact = { ...known, ...next };
	const imprecise = known?.imprecise ?? [];
	const isNew = ({ clock, bounds: { lo, hi } }: Reading) =>
		!imprecise.some((each) => each.clock === clock && each.bounds.lo === lo && each.bounds.hi === hi);
	const added = next.imprecise?.filter(isNew) ?? [];
	if (imprecise.length + added.length > 0) fact.imprecise = [...imprecise, ...added];
	const receivedAt = earlier(known?.receivedAt, next.receivedAt);
	const publishedAt = earlier(known?.publishedAt, next.publishedAt);
	if (receivedAt !== undefined) fact.receivedAt = receivedAt;
	if (publishedAt !== undefined) fact.publishedAt = publishedAt;
	return fact;
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
	if (a === undefined || b === undefined) return a ?? b;
	return a < b ? a : b;
}
