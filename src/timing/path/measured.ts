import { lessPrecise, type Measured } from "../../report/report.ts";
import type { Instant } from "./instants.ts";
import { durationBetween } from "./instants.ts";
import type { Step } from "./order.ts";

/** Nanoseconds as milliseconds, to the microsecond. */
export function toMs(ns: bigint): number {
	return Math.round(Number(ns) / 1000) / 1000;
}

/** An instant as milliseconds after `origin`. */
export function measureInstant(at: Instant, origin: bigint): Measured {
	return {
		ms: toMs(at.point - origin),
		loMs: toMs(at.bounds.lo - origin),
		hiMs: toMs(at.bounds.hi - origin),
		source: at.source,
	};
}

/**
 * The time between two instants of which the later waited for the earlier: it is not negative. Both points are rounded
 * as seen from `origin` before one is taken from the other, so that durations in a row add up to the last digit.
 */
function measureDuration(from: Instant, to: Instant, origin: bigint): Measured {
	const { lo, hi } = durationBetween(from, to);
	const ms = roundMs(toMs(to.point - origin) - toMs(from.point - origin));
	return {
		ms,
		// The rounding of both ends may take it a microsecond past a bound.
		loMs: Math.min(ms, lo < 0n ? 0 : toMs(lo)),
		hiMs: Math.max(ms, toMs(hi)),
		source: lessPrecise(from.source, to.source),
	};
}

/** Takes off what binary fractions add to a figure of microseconds. */
export const roundMs = (ms: number) => Math.round(ms * 1000) / 1000;

/** A phase that another one lies within comes in two parts. */
function both(part: Measured | undefined, next: Measured): Measured {
	if (part === undefined) return next;
	return {
		ms: roundMs(part.ms + next.ms),
		loMs: roundMs(part.loMs + next.loMs),
		hiMs: roundMs(part.hiMs + next.hiMs),
		source: lessPrecise(part.source, next.source),
	};
}

/**
 * The phases between the steps; what lies around a step that was not measured is `unattributed`. They add up to the
 * time from the first to the last step, for each is the difference of the same points.
 */
export function phasesOf(steps: readonly Step[]): Record<string, Measured> {
	const phases: Record<string, Measured> = {};
	const unattributed: Measured = { ms: 0, loMs: 0, hiMs: 0, source: "client" };
	let before: Instant | undefined;
	let isGap = false;
	const origin = steps.find(({ at }) => at !== undefined)?.at?.point ?? 0n;
	for (const { at, phase } of steps) {
		if (at === undefined) {
			isGap = true;
			continue;
		}
		if (before !== undefined && phase !== undefined) {
			const duration = measureDuration(before, at, origin);
			if (isGap) {
				for (const key of ["ms", "loMs", "hiMs"] as const)
					unattributed[key] = roundMs(unattributed[key] + duration[key]);
				unattributed.source = lessPrecise(unattributed.source, duration.source);
			} else phases[phase] = both(phases[phase], duration);
		}
		before = at;
		isGap = false;
	}
	return { ...phases, unattributed };
}
