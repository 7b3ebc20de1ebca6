import { lookAfter } from "../analysis/looks.ts";
import type { Report } from "../report/report.ts";
import { type JudgeOptions, judge } from "./judge.ts";
import { overallStatus, type Status, type Verdict } from "./verdict.ts";

/** The chance that any look of a run is wrong, all looks together; the verdict at the end keeps its own. */
const chanceOfLooks = 0.01;

/** What is known of a profile's verdicts when a run looks whether its rounds may end. */
export interface Settled {
	/** From 1; undefined in a round in which a run must not look. */
	look: number | undefined;
	/** Of this look's verdicts. */
	confidence?: number;
	/** Whether more cold starts of this profile cannot change anything: it breaches, or everything passes. */
	isSettled: boolean;
	status?: Status;
	/** The profile's verdicts, the worst first. */
	verdicts: readonly Verdict[];
}

/**
 * Whether the verdicts of a profile are settled, so that its rounds may end.
 *
 * A run that judged itself after each round, and stopped at the first verdict, would be wrong more often than it says.
 * So it looks in few rounds (8, 11, 16, 23 …), and look k judges with a chance of 0.01/(k(k+1)) to be wrong: 1 % for all
 * looks together. A pass needs every verdict of the profile, a breach only one. A budget that also names a profile which
 * has not been measured yet is not settled.
 */
export function settledAt(report: Report, profile: string, options: Omit<JudgeOptions, "alpha">): Settled {
	const run = report.profiles.find((each) => each.profile.name === profile);
	const look = lookAfter(Math.max(0, ...(run?.coldStarts ?? []).map(({ round }) => round)));
	if (look === undefined) return { look, isSettled: false, verdicts: [] };
	const alpha = chanceOfLooks / (look * (look + 1));
	const verdicts = judge(report, { ...options, alpha }).verdicts.filter((each) => each.profile === profile);
	if (verdicts.length === 0) return { look, isSettled: false, verdicts };
	const status = overallStatus(verdicts);
	return { look, confidence: 1 - alpha, isSettled: status !== "inconclusive", status, verdicts };
}
