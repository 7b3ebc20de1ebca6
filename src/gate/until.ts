import { confidenceOfLook, lookAfter } from "../analysis/looks.ts";
import { openEnds, sampleOf, withMissing } from "../analysis/samples.ts";
import { boundedMedianInterval } from "../analysis/statistics/median.ts";
import type { Report } from "../report/report.ts";

/** How well the medians are known when a run looks whether it may stop. */
export interface Precision {
	/** Whether every profile's median is known to the wanted half-width. */
	isReached: boolean;
	/** From 1; undefined in a round in which a run must not look. */
	look: number | undefined;
	/** The profile whose median is known worst, at this look's confidence. */
	widest?: { profile: string; halfWidthMs: number };
	/** Of this look's intervals. */
	confidence?: number;
}

/**
 * Whether a run may stop early because its medians are known to ± `halfWidthMs`.
 *
 * A run that looks after every round, and stops when a 95 % interval happens to be narrow, has intervals that hold
 * less often than 95 %. So this looks in few rounds only, and look k at the confidence 1 − 0.05/(k(k+1)): the chances
 * of all looks to be wrong add up to 5 % at most. What that costs is time: at the fifth look an interval must be as
 * narrow at 99.8 % as would do at 95 % without peeking, for which it takes about two and a half times the cold starts.
 */
export function precisionOf(
	report: Report,
	{ halfWidthMs, measure = "total" }: { halfWidthMs: number; measure?: string },
): Precision {
	const rounds = report.profiles.flatMap((run) => run.coldStarts.map((start) => start.round));
	const look = lookAfter(Math.max(0, ...rounds));
	if (look === undefined) return { isReached: false, look };
	const confidence = confidenceOfLook(look);
	const widths = report.profiles.map((run) => {
		const interval = boundedMedianInterval(withMissing(sampleOf(run, measure)), confidence)?.interval;
		const { lo, hi } =
			interval === undefined ? { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } : openEnds(interval);
		return { profile: run.profile.name, halfWidthMs: (hi - lo) / 2 };
	});
	const [widest] = widths.toSorted((a, b) => b.halfWidthMs - a.halfWidthMs);
	if (widest === undefined) return { isReached: false, look };
	return { isReached: widest.halfWidthMs <= halfWidthMs, look, widest, confidence };
}
