import { moreHitsP, type Tally } from "../analysis/statistics/fisher.ts";
import { shareBounds } from "../analysis/statistics/share.ts";
import type { ProfileRun } from "../report/report.ts";
import type { Verdict } from "./verdict.ts";

/** How many attempts of a profile failed or were not resolved, in the baseline and in the report. */
export interface FailureChange {
	profile: string;
	before: Tally;
	after: Tally;
	/** Fisher's exact test, of more failures than in the baseline. */
	p: number;
	/** By Holm, over the profiles. */
	adjustedP: number;
}

/** Compares how often attempts fail: starts that fail are in no median. */
export function failureChange(before: ProfileRun, after: ProfileRun): FailureChange {
	const [a, b] = [failuresOf(before), failuresOf(after)];
	return { profile: after.profile.name, before: a, after: b, p: moreHitsP(a, b), adjustedP: 1 };
}

function failuresOf({ coldStarts }: ProfileRun): Tally {
	const attempts = coldStarts.filter((start) => start.round > 0);
	const failed = attempts.filter(({ outcome }) => outcome === "failed" || outcome === "unresolved");
	return { hits: failed.length, of: attempts.length };
}

/** A breach where more attempts fail than chance explains; few attempts cannot show that none will. */
export function judgeFailures({ profile, before, after, adjustedP }: FailureChange, alpha: number): Verdict {
	const isMore = adjustedP <= alpha;
	const interval = shareBounds(after.hits, after.of, 1 - alpha);
	const than = `${before.hits} of ${before.of} in the baseline`;
	return {
		status: after.of === 0 ? "inconclusive" : isMore ? "breach" : "pass",
		kind: "baseline",
		profile,
		measure: "failed",
		expected: "no more failures",
		source: "baseline",
		unit: "share",
		...(after.of > 0 && { found: after.hits / after.of }),
		...(interval !== undefined && { interval }),
		n: after.of,
		missing: 0,
		values: [],
		reason: `${after.hits} of ${after.of} attempts failed or were not resolved, ${than}${isMore ? "" : ": no more than chance explains"}`,
	};
}
