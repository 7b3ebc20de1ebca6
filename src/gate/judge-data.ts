import { poolOf } from "../analysis/pool.ts";
import { moreHitsP, type Tally } from "../analysis/statistics/fisher.ts";
import type { ColdStart, Finding, ProfileRun, Report } from "../report/report.ts";
import type { BaselineQuestion } from "./baseline.ts";
import type { Verdict } from "./verdict.ts";

/** Nothing to say a number from. */
const noData = {
	status: "inconclusive",
	kind: "data",
	profile: "",
	measure: "total",
	source: "report",
	unit: "count",
	n: 0,
	missing: 0,
	values: [],
} as const;

/**
 * A profile without a cold start is never fine, whether or not a budget asks about it. Nor is a run that was cut short:
 * whole profiles may be missing, and one that somebody ends when it looks good is biased. That holds for a baseline too.
 */
export function judgeData(report: Report, baseline: BaselineQuestion | undefined): Verdict[] {
	const expected = "at least one cold start";
	const cut = { measure: "run", expected: "a run to its end", reason: `it ended early: ${report.endedBy}` };
	const empty = { expected, found: 0, reason: "the report has no profile" };
	const without = report.profiles.filter((run) => !run.coldStarts.some((start) => start.counted));
	return [
		...(report.endedBy === undefined ? [] : [{ ...noData, ...cut }]),
		...(report.profiles.length === 0 ? [{ ...noData, ...empty }] : []),
		...without.map(({ profile, coldStarts }) => {
			const reason = `none of ${coldStarts.length} attempts counts as a cold start`;
			return { ...noData, profile: profile.name, expected, found: 0, reason };
		}),
		...judgeBaselineData(baseline),
	];
}

/** Where no baseline is there at all, each profile says so. */
function judgeBaselineData(baseline: BaselineQuestion | undefined): Verdict[] {
	const { reports = [], missing = [] } = baseline ?? {};
	const absent = reports.length === 0 ? [] : missing;
	return [
		...absent.map((path) => {
			const reason = `there is no baseline at ${path}`;
			return { ...noData, measure: "baseline", expected: "every baseline that was named", source: path, reason };
		}),
		...reports.flatMap(({ endedBy, startedAt }) => {
			if (endedBy === undefined) return [];
			const reason = `the baseline of ${startedAt} ended early: ${endedBy}`;
			return { ...noData, measure: "baseline", expected: "a baseline that ran to its end", source: "baseline", reason };
		}),
	];
}

/** Beyond this share of the attempts, those that are left are no picture of what happens. */
const mostLeftOut = 0.5;

/** From this share on it is said. */
const worthSaying = 0.2;

/** More is left out than in the baseline where it is more than this share, below this chance of an accident. */
const leastMore = 0.1;
const accidentLevel = 0.01;

/** Attempts that neither count nor failed: warm answers, and cold starts that are set aside. */
function leftOutOf({ coldStarts }: ProfileRun): { tally: Tally; starts: ColdStart[] } {
	const attempts = coldStarts.filter(({ round }) => round > 0);
	const starts = attempts.filter(({ counted, outcome }) => !counted && (outcome === "warm" || outcome === "cold"));
	return { tally: { hits: starts.length, of: attempts.length }, starts };
}

/**
 * Inconclusive where most attempts of a profile are left out of its figures, or clearly more than in the baseline: they
 * may be left out because of what they would have shown.
 */
export function judgeLeftOut(report: Report, baseline: BaselineQuestion | undefined): Verdict[] {
	return report.profiles.flatMap((run) => {
		const { tally, starts } = leftOutOf(run);
		const before = poolOf(baseline?.reports ?? [], run.profile.name);
		const earlier = before === undefined ? undefined : leftOutOf(before).tally;
		const isMost = tally.hits > mostLeftOut * tally.of;
		const isMore =
			earlier !== undefined && tally.hits > leastMore * tally.of && moreHitsP(earlier, tally) <= accidentLevel;
		// Where nothing counts, that is the verdict.
		if (
			!(isMost || isMore) ||
			starts.length === run.coldStarts.length ||
			!run.coldStarts.some(({ counted }) => counted)
		) {
			return [];
		}
		const than = isMore && !isMost ? `, ${earlier.hits} of ${earlier.of} in the baseline` : "";
		return {
			...noData,
			profile: run.profile.name,
			measure: "left out",
			expected: "most attempts counted, as many as in the baseline",
			found: tally.hits,
			n: tally.of,
			reason: `${leftOutWords(tally, starts)}${than}`,
		};
	});
}

/** Said where a share of the attempts is left out, whatever the verdict. */
export function remarkOnLeftOut(run: ProfileRun): Finding[] {
	const { tally, starts } = leftOutOf(run);
	if (starts.length === 0 || tally.hits < worthSaying * tally.of) return [];
	return [
		{
			code: "left-out",
			message: `${run.profile.name}: ${leftOutWords(tally, starts)}`,
			hint: "the figures are of the others alone; `knistio show` names the reason of each",
		},
	];
}

function leftOutWords({ hits, of }: Tally, starts: readonly ColdStart[]): string {
	const reasons = new Map<string, number>();
	for (const { outcome, reason } of starts) {
		const kind = outcome === "warm" ? "warm" : (reason ?? "set aside");
		reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
	}
	const each = [...reasons].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
	return `${hits} of ${of} attempts are left out (${each.join(", ")})`;
}
