import type { Finding } from "../../report/report.ts";
import { contains, difference, type Interval, intersect, middle, width } from "../clocks/interval.ts";
import { onClientClock } from "../clocks/offsets.ts";
import { factBounds, lagOf, usualBounds } from "../facts/fact.ts";
import { type Instant, lateWatch } from "./instants.ts";

/** A step of the critical path: an instant, and the phase that ends there. */
export interface Step {
	instant: string;
	/** Undefined for the first step. */
	phase?: string;
	at: Instant | undefined;
}

/**
 * Each step waited for the one before, so each bounds the others: first by what must hold, in both directions, then, the
 * sharpest first, by what usually holds, as far as that fits. Our own times are not cut: the others are held against
 * them.
 */
export function holdOrder(steps: readonly Step[], findings: Finding[]): Step[] {
	let current = cutFirmly(steps, findings);
	const usual = current
		.flatMap(({ at }, index) => (at?.usual === undefined ? [] : [{ index, ...at.usual }]))
		.sort((a, b) => (width(a.bounds) < width(b.bounds) ? -1 : 1));
	for (const { index, bounds, source } of usual) {
		const next = narrowed(current, index, bounds);
		if (next !== undefined) {
			const at = next[index]?.at;
			if (at !== undefined && width(bounds) < width(steps[index]?.at?.bounds ?? bounds)) at.source = source;
			current = next;
			continue;
		}
		findings.push(lateWatch(current[index]?.instant));
	}
	return setPoints(current);
}

/** What a step allows to those after it, or before it. */
const limitOf = (at: Instant, end: "lo" | "hi") => (at.source === "client" ? at.point : at.bounds[end]);
const unlimited: Interval = { lo: -(2n ** 63n), hi: 2n ** 63n };

/** A step that contradicts the ones before or after it is a finding, and is not measured. */
function cutFirmly(steps: readonly Step[], findings: Finding[]): Step[] {
	return cutBothWays(steps, (step) => {
		findings.push({
			code: "unresolved",
			message: `${step.instant} cannot lie between the steps before and after it`,
			hint: "a clock was set during the run, or the steps happened in another order than knistio assumes",
		});
		return { ...step, at: undefined };
	}) as Step[];
}

/** The steps with one of them narrowed; undefined if the order does not allow it. */
function narrowed(steps: readonly Step[], index: number, bounds: Interval): Step[] | undefined {
	const step = steps[index];
	const both = step?.at === undefined ? undefined : intersect(step.at.bounds, bounds);
	if (step?.at === undefined || both === undefined) return undefined;
	const next = cutBothWays(steps.with(index, { ...step, at: { ...step.at, bounds: both } }), () => undefined);
	// What must hold is not made sharper by what only usually holds: its bounds would no longer be firm.
	return next?.map((cut, place) => (cut.at?.usual === undefined ? (steps[place] ?? cut) : cut));
}

/** Cuts every step by those before and after it; `onEmpty` says what becomes of one that nothing is left of. */
function cutBothWays(steps: readonly Step[], onEmpty: (step: Step) => Step | undefined): Step[] | undefined {
	const pass = (list: readonly Step[], end: "lo" | "hi"): Step[] | undefined => {
		const limits = { ...unlimited };
		const cut: Step[] = [];
		for (const step of list) {
			const next = cutOne(step, limits) ?? onEmpty(step);
			if (next === undefined) return undefined;
			if (next.at !== undefined) limits[end] = limitOf(next.at, end);
			cut.push(next);
		}
		return cut;
	};
	const forward = pass(steps, "lo");
	return forward === undefined ? undefined : pass(forward.reverse(), "hi")?.reverse();
}

const holds = (outer: Interval, inner: Interval) => outer.lo <= inner.lo && inner.hi <= outer.hi;

function cutOne(step: Step, limits: Interval): Step | undefined {
	if (step.at === undefined || step.at.source === "client" || holds(limits, step.at.bounds)) return step;
	const bounds = intersect(step.at.bounds, limits);
	return bounds === undefined ? undefined : { ...step, at: { ...step.at, bounds } };
}

/**
 * Best guesses within the bounds: a sharp reading's own, or the usual lag's, as long as it can be, else the middle. They
 * keep the order too: the sharpest are set first, and the others find their place between them.
 */
function setPoints(steps: Step[]): Step[] {
	const placed = withOneOffset(steps).flatMap(({ at }) => (at === undefined ? [] : [at]));
	const sharpness = (index: number) => {
		const at = placed[index];
		return at === undefined || at.source === "client" ? -1n : width(at.bounds);
	};
	const bySharpness = [...placed.keys()].sort((a, b) => {
		const [one, other] = [sharpness(a), sharpness(b)];
		return one === other ? a - b : one < other ? -1 : 1;
	});
	const settled = new Map<number, bigint>();
	for (const index of bySharpness) {
		const at = placed[index];
		if (at === undefined) continue;
		let { lo, hi } = at.source === "client" ? { lo: at.point, hi: at.point } : at.bounds;
		let point = guessWithin(at, { lo, hi });
		for (const [other, settledAt] of settled) {
			if (other < index && settledAt > lo) lo = settledAt;
			if (other > index && settledAt < hi) hi = settledAt;
		}
		if (point < lo) point = lo;
		else if (point > hi) point = hi;
		settled.set(index, point);
	}
	let place = 0;
	return steps.map((step) => {
		const point = step.at === undefined ? undefined : settled.get(place++);
		return step.at === undefined || point === undefined ? step : { ...step, at: { ...step.at, point } };
	});
}

/**
 * The steps as they are guessed: the sharp readings of one clock are all moved by one offset, or the time between two of
 * them would not be the one that the clock tells.
 */
function withOneOffset(steps: Step[]): Step[] {
	let guessed = cutBothWays(steps, () => undefined) ?? steps;
	const clocks = steps.flatMap(({ at }) => sharpReading(at)?.clock ?? []);
	// A clock that was read once has no time between two readings.
	for (const clock of new Set(clocks.filter((each, index) => clocks.indexOf(each) !== index))) {
		// What only usually holds may leave no offset; what must hold leaves one.
		const offset = commonOffset(guessed, clock) ?? commonOffset(steps, clock);
		if (offset === undefined) continue;
		const moved = guessed.map((step): Step => {
			const reading = sharpReading(step.at);
			if (step.at === undefined || reading?.clock !== clock) return step;
			const bounds = intersect(step.at.bounds, onClientClock(reading.fact, { lo: offset, hi: offset }));
			if (bounds === undefined) return step;
			const point = reading.usually - offset;
			return { ...step, at: { ...step.at, bounds, point } };
		});
		guessed = cutBothWays(moved, () => undefined) ?? guessed;
	}
	return guessed;
}

/** The most likely of the offsets with which every sharp reading of a clock lies within its step's bounds. */
function commonOffset(steps: readonly Step[], clock: string): bigint | undefined {
	let possible: Interval = unlimited;
	let likely: bigint | undefined;
	for (const { at } of steps) {
		const reading = sharpReading(at);
		if (at === undefined || reading?.clock !== clock) continue;
		const both = intersect(possible, difference(reading.fact, at.bounds));
		if (both === undefined) return undefined;
		possible = both;
		if (at.source === at.reading?.source) likely ??= reading.usually - at.point;
	}
	likely ??= middle(possible);
	return likely < possible.lo ? possible.lo : likely > possible.hi ? possible.hi : likely;
}

/** When on its own clock the fact was of which a step's event or span tells; undefined where none does. */
function sharpReading(at: Instant | undefined): { clock: string; fact: Interval; usually: bigint } | undefined {
	if (at?.reading === undefined) return undefined;
	const { reading } = at;
	const usually = usualBounds(reading).hi - lagOf(reading).typical;
	return { clock: reading.clock, fact: factBounds(reading), usually };
}

function guessWithin({ reading, source, point, usual }: Instant, bounds: Interval): bigint {
	const guess = reading?.source === source ? point : usual?.source === source ? usual.point : undefined;
	return guess !== undefined && contains(bounds, guess) ? guess : middle(bounds);
}
