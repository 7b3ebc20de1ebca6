import { sampleOf } from "../analysis/samples.ts";
import { moreHitsP, type Tally } from "../analysis/statistics/fisher.ts";
import { medianOf } from "../analysis/statistics/median.ts";
import { twoModesOf } from "../analysis/statistics/shape.ts";
import { shareBounds } from "../analysis/statistics/share.ts";
import type { ProfileRun } from "../report/report.ts";
import type { Verdict } from "./verdict.ts";

/** How many cold starts of a profile were far slower than is usual in the baseline, in both. */
export interface SlowChange {
	profile: string;
	/** What is slow, learned from the baseline alone. */
	limitMs: number;
	/** By how much the whole is slower, which is another question: the limit for the report is higher by it. */
	shiftMs: number;
	before: Tally;
	after: Tally;
	/** Fisher's exact test, of more slow ones than in the baseline. */
	p: number;
	/** By Holm, over the profiles. */
	adjustedP: number;
}

/** Values this many robust deviations above the median are slow, as far as those that are named as outliers. */
const slowBeyond = 5;

/** With fewer cold starts the baseline does not tell what is slow. */
const leastToLearn = 10;

/**
 * Compares how many cold starts are slow: a median hardly minds that three times as many hang. Undefined where the
 * baseline is too small to say what slow is.
 */
export function slowChange(
	before: ProfileRun,
	after: ProfileRun,
	{ leastMs, shiftMs = 0 }: { leastMs: number; shiftMs?: number },
): SlowChange | undefined {
	const [a, b] = [sampleOf(before, "total"), sampleOf(after, "total")];
	const limitMs = slowLimit(
		a.values.map(({ ms }) => ms),
		leastMs,
	);
	if (limitMs === undefined || b.values.length === 0) return undefined;
	// What may be slow within its bounds is slow in the baseline, and is not in the report.
	const tallies = [
		{ hits: a.values.filter(({ hiMs }) => hiMs > limitMs).length, of: a.values.length },
		{ hits: b.values.filter(({ loMs }) => loMs > limitMs + shiftMs).length, of: b.values.length },
	] as const;
	return {
		profile: after.profile.name,
		limitMs,
		shiftMs,
		before: tallies[0],
		after: tallies[1],
		p: moreHitsP(...tallies),
		adjustedP: 1,
	};
}

/** Between the two kinds of cold starts, where there are two; else far above the median, by at least `leastMs`. */
function slowLimit(values: readonly number[], leastMs: number): number | undefined {
	const median = medianOf(values);
	if (median === undefined || values.length < leastToLearn) return undefined;
	const modes = twoModesOf(values);
	if (modes !== undefined) return (modes.lower.median + modes.upper.median) / 2;
	const deviation = 1.4826 * (medianOf(values.map((value) => Math.abs(value - median))) ?? 0);
	return median + Math.max(leastMs, slowBeyond * deviation);
}

/** A breach where more cold starts are slow than chance explains; few cold starts cannot show that none will be. */
export function judgeSlow(change: SlowChange, alpha: number): Verdict {
	const { profile, limitMs, shiftMs, before, after, adjustedP } = change;
	const isMore = adjustedP <= alpha;
	const interval = shareBounds(after.hits, after.of, 1 - alpha);
	const beyond = shiftMs === 0 ? "" : ` > ${secondsOf(limitMs)}`;
	const than = `${before.hits} of ${before.of} in the baseline${beyond}`;
	return {
		status: isMore ? "breach" : "pass",
		kind: "baseline",
		profile,
		measure: "slow",
		expected: "no more slow cold starts",
		source: "baseline",
		unit: "share",
		found: after.hits / after.of,
		...(interval !== undefined && { interval }),
		limit: limitMs + shiftMs,
		n: after.of,
		missing: 0,
		values: [],
		reason: `${after.hits} of ${after.of} took > ${secondsOf(limitMs + shiftMs)}, ${than}${isMore ? "" : ": no more than chance explains"}`,
	};
}

function secondsOf(ms: number): string {
	return `${Number((ms / 1000).toPrecision(3))} s`;
}
