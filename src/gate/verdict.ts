import type { Range } from "../analysis/statistics/median.ts";

export type Status = "pass" | "breach" | "inconclusive";

/** A budget or a baseline judged, with all that it was judged by. */
export interface Verdict {
	status: Status;
	kind: "budget" | "baseline" | "data";
	profile: string;
	measure: string;
	/** What was wanted, such as `p(50) < 3s`. */
	expected: string;
	/** Where the user wrote it. */
	source: string;
	/** Of `found` and `interval`; a shift is a difference in milliseconds, a ratio of medians has no unit. */
	unit: "ms" | "shift" | "share" | "count" | "ratio";
	/** Undefined where there is nothing to say it from. */
	found?: number;
	/** Where the true value lies; an infinite end where missing values leave it open. */
	interval?: Range;
	/** The largest shift that a baseline lets pass, or the time from which a start is slow, in milliseconds. */
	limit?: number;
	/** The baseline's median in milliseconds. */
	baseline?: number;
	/** Both medians of a comparison in milliseconds: of what it is compared with, and of this profile. */
	medians?: readonly [number, number];
	/** About how many cold starts, on each side of a comparison, would settle what is inconclusive. */
	needed?: number;
	/** How long they take at the pace of the report. */
	neededMinutes?: number;
	/** How many values it was judged by. */
	n: number;
	/** Attempts that may have had any value; see `Sample`. */
	missing: number;
	/** Every value in milliseconds, in the order they were measured. */
	values: readonly number[];
	/** Why the status is what it is; a sentence without its full stop. */
	reason: string;
}

/** The verdict of all verdicts; none is a pass, since a run without any cold start has one. */
export function overallStatus(verdicts: readonly Verdict[]): Status {
	const statuses = verdicts.map((verdict) => verdict.status);
	return statuses.includes("breach") ? "breach" : statuses.includes("inconclusive") ? "inconclusive" : "pass";
}

/** How a statistic lies to its limit: everything it may be holds, nothing does, or some. */
export function statusOf(interval: Range, isMet: (value: number) => boolean): Status {
	const [lo, hi] = [isMet(interval.lo), isMet(interval.hi)];
	if (lo && hi) return "pass";
	return lo || hi ? "inconclusive" : "breach";
}
