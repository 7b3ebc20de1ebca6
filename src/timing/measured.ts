import { blunter, type Measured, type Source } from "../model/report.ts";
import type { Step } from "./critical-path.ts";
import type { Instant } from "./instants.ts";
import { durationBetween } from "./instants.ts";
import type { Interval } from "./interval.ts";

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

/** The time between two instants of which the later waited for the earlier: it is not negative. */
function measureDuration(from: Instant, to: Instant): Measured {
	const { lo, hi } = durationBetween(from, to);
	return measured(to.point - from.point, { lo: lo < 0n ? 0n : lo, hi }, blunter(from.source, to.source));
}

function measured(point: bigint, { lo, hi }: Interval, source: Source): Measured {
	return { ms: toMs(point), loMs: toMs(lo), hiMs: toMs(hi), source };
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
	for (const { at, phase } of steps) {
		if (at === undefined) {
			isGap = true;
			continue;
		}
		if (before !== undefined && phase !== undefined) {
			const duration = measureDuration(before, at);
			if (isGap) {
				unattributed.ms = Math.round((unattributed.ms + duration.ms) * 1000) / 1000;
				unattributed.loMs += duration.loMs;
				unattributed.hiMs += duration.hiMs;
				unattributed.source = blunter(unattributed.source, duration.source);
			} else phases[phase] = duration;
		}
		before = at;
		isGap = false;
	}
	return { ...phases, unattributed };
}
