import type { Finding } from "../model/report.ts";
import type { Instant } from "./instants.ts";
import { contains, type Interval, intersect, middle, width } from "./interval.ts";

/** A step of the critical path: an instant, and the phase that ends there. */
export interface Step {
	instant: string;
	/** Undefined for the first step. */
	phase?: string;
	at: Instant | undefined;
}

/**
 * Each step waited for the one before: bounds are cut to what that order allows, in both directions. Our own times are
 * not cut: they are what the others are held against. What must hold is settled first, and is not touched by what only
 * holds as a rule.
 */
export function holdOrder(steps: readonly Step[], findings: Finding[]): Step[] {
	const firm = cutByOrder(steps, (step, limits) => {
		if (step.at === undefined || step.at.source === "client") return step;
		const bounds = intersect(step.at.bounds, limits);
		if (bounds !== undefined) return { ...step, at: withBounds(step.at, bounds) };
		findings.push({
			code: "unresolved",
			message: `${step.instant} lies outside of what comes before and after it`,
			hint: "the order of causes is not as knistio takes it, or a clock was set during the run",
		});
		return { ...step, at: undefined };
	});
	return orderPoints(cutByOrder(firm.map(asUsual), cutUsual));
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

function cutUsual(step: Step, limits: Interval): Step {
	const bounds = step.at?.source === "watch" ? intersect(step.at.bounds, limits) : undefined;
	return step.at === undefined || bounds === undefined ? step : { ...step, at: withBounds(step.at, bounds) };
}

function cutByOrder(steps: readonly Step[], cut: (step: Step, limits: Interval) => Step): Step[] {
	let lo = -(2n ** 63n);
	const forward = steps.map((step) => {
		const next = cut(step, { lo, hi: 2n ** 63n });
		if (next.at !== undefined) lo = next.at.source === "client" ? next.at.point : next.at.bounds.lo;
		return next;
	});
	let hi = 2n ** 63n;
	const backward = forward.reverse().map((step) => {
		const next = cut(step, { lo: -(2n ** 63n), hi });
		if (next.at !== undefined) hi = next.at.source === "client" ? next.at.point : next.at.bounds.hi;
		return next;
	});
	return backward.reverse();
}

/** A sharp reading and the usual lag stay the best guess as long as they can; without one it is the middle. */
function withBounds(at: Instant, bounds: Interval): Instant {
	const isGuess = at.reading !== undefined || at.usual !== undefined;
	return { ...at, bounds, point: isGuess && contains(bounds, at.point) ? at.point : middle(bounds) };
}

/** Best guesses keep the order too: the sharpest are set first, and the others find their place between them. */
function orderPoints(steps: Step[]): Step[] {
	const placed = steps.flatMap(({ at }) => (at === undefined ? [] : [at]));
	const sharpness = (at: Instant) => (at.source === "client" ? -1n : width(at.bounds));
	const bySharpness = [...placed.keys()].sort((a, b) => {
		const [one, other] = [placed[a], placed[b]].map((at) => (at === undefined ? 0n : sharpness(at)));
		return one === other ? a - b : (one ?? 0n) < (other ?? 0n) ? -1 : 1;
	});
	const settled = new Map<number, bigint>();
	for (const index of bySharpness) {
		const at = placed[index];
		if (at === undefined) continue;
		let { lo, hi } = at.source === "client" ? { lo: at.point, hi: at.point } : at.bounds;
		for (const [other, point] of settled) {
			if (other < index && point > lo) lo = point;
			if (other > index && point < hi) hi = point;
		}
		if (at.point < lo) at.point = lo;
		else if (at.point > hi) at.point = hi;
		settled.set(index, at.point);
	}
	return steps;
}
