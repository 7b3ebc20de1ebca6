import type { Range } from "../analysis/statistics/median.ts";
import { mannWhitney } from "../analysis/statistics/rank-sum.ts";
import { ledgerOf, type Report } from "../report/report.ts";
import type { Verdict } from "./verdict.ts";

/** More than this nobody measures for one verdict. */
const most = 10_000;

/**
 * About how many cold starts settle a verdict whose interval reaches over its limit: an interval narrows with the root
 * of n, and has to end before the limit. Undefined where no number does: an end is open, or the best estimate is the
 * limit itself.
 */
export function neededToSettle(found: number, interval: Range, { limit, n }: { limit: number; n: number }) {
	const towards = found < limit ? interval.hi - found : found - interval.lo;
	const ratio = towards / Math.abs(found - limit);
	if (!Number.isFinite(ratio)) return undefined;
	const needed = Math.max(n + 1, Math.ceil(n * ratio ** 2));
	return needed > most ? undefined : needed;
}

/** The smallest n of which n cold starts on each side, none of them overlapping, are significant at a level. */
export function leastToDiffer(level: number): number {
	for (let n = 2; n < 25; n++) {
		const low = Array.from({ length: n }, (_, index) => index);
		const p = mannWhitney(
			low,
			low.map((value) => value + n),
		)?.p;
		if (p !== undefined && p <= level) return n;
	}
	return 25;
}

/**
 * How long so many cold starts of every profile take, at the pace of the report, in minutes; undefined where the report
 * does not tell.
 */
export function minutesFor({ profiles }: Report, count: number): number | undefined {
	const sent = profiles.flatMap((run) => run.coldStarts.map((start) => Date.parse(start.requestSentAt)));
	const known = sent.filter((time) => !Number.isNaN(time));
	const counted = profiles.reduce((sum, run) => sum + ledgerOf(run.coldStarts).counted, 0);
	if (known.length < 2 || counted === 0) return undefined;
	const [first, last] = known.reduce(
		([lo, hi], time) => [Math.min(lo, time), Math.max(hi, time)],
		[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
	);
	const laterInstallsMs = profiles.slice(1).reduce((sum, run) => sum + (run.installMs ?? 0), 0);
	const paceMs = Math.max(0, last - first - laterInstallsMs) / (known.length - 1);
	const attempts = (count * profiles.length * known.length) / counted;
	return paceMs === 0 ? undefined : (attempts * paceMs) / 60_000;
}

/** The verdict with the time that its needed cold starts take. */
export function withMinutes(verdict: Verdict, report: Report): Verdict {
	if (verdict.needed === undefined) return verdict;
	const neededMinutes = minutesFor(report, verdict.needed);
	return neededMinutes === undefined ? verdict : { ...verdict, neededMinutes };
}
