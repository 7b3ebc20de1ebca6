import { type ExitCode, exitCodes } from "../errors.ts";
import { type Finding, type Ledger, ledgerOf, type Report } from "../model/report.ts";
import { type BaselineQuestion, compareWithBaseline, judgeMovements, type Movement } from "./baseline.ts";
import { judgeFailures } from "./baseline-failures.ts";
import { refuseDifferent } from "./fingerprint.ts";
import { judgeBudget } from "./judge-budget.ts";
import { remarksOn } from "./remarks.ts";
import type { ResolvedBudget } from "./resolve-budgets.ts";
import type { Verdict } from "./verdict.ts";

export interface JudgeOptions {
	budgets: readonly ResolvedBudget[];
	baseline?: BaselineQuestion;
	/** Chance of a wrong verdict, for each budget and for the whole family of a baseline; 0.05 unless given. */
	alpha?: number;
	/** Whether the simulated cluster was asked for by name; else nothing it yields passes or breaches. */
	acceptSimulated: boolean;
}

/** A report judged. */
export interface Judgement {
	/** Set where the report comes from a simulated cluster: its model. */
	simulated?: string;
	/** What was attempted, by profile: a verdict is of those that counted. */
	ledgers: readonly { profile: string; ledger: Ledger }[];
	/** The worst first. */
	verdicts: readonly Verdict[];
	/** Against the baseline; the one that moved furthest first. */
	movements: readonly Movement[];
	/** What is odd about the samples; it changes no verdict. */
	remarks: readonly Finding[];
	/** The phase that moved furthest, of those that moved by more than chance. */
	moved?: Movement;
}

/**
 * Judges a report: the one function that `bench`, `check` and `replay` share.
 *
 * Throws a `UsageError` where the baseline measured something else.
 */
export function judge(report: Report, options: JudgeOptions): Judgement {
	const { budgets, baseline, alpha = 0.05, acceptSimulated } = options;
	if (baseline !== undefined) refuseDifferent(baseline.reports, report, baseline.allowDifferent);
	const comparison = baseline === undefined ? undefined : compareWithBaseline(report, baseline, alpha);
	const movements = comparison?.movements ?? [];
	const verdicts = [
		...judgeData(report),
		...budgets.map((budget) => judgeBudget(report, budget, 1 - alpha)),
		...(baseline === undefined ? [] : judgeMovements(report, movements, baseline)),
		...judgeFailures(comparison?.failures ?? [], alpha),
	];
	const moved = furthestMoved(movements);
	return {
		...(report.simulated !== undefined && { simulated: report.simulated.model }),
		ledgers: report.profiles.map(({ profile, coldStarts }) => ({
			profile: profile.name,
			ledger: ledgerOf(coldStarts),
		})),
		verdicts: worstFirst(report.simulated !== undefined && !acceptSimulated ? verdicts.map(asSimulated) : verdicts),
		movements,
		remarks: remarksOf(report),
		...(moved !== undefined && { moved }),
	};
}

/** 99 where anything is breached, else 3 where anything is inconclusive, else 0. */
export function exitCodeOf({ verdicts }: Judgement): ExitCode {
	if (verdicts.some((verdict) => verdict.status === "breach")) return exitCodes.breach;
	if (verdicts.some((verdict) => verdict.status === "inconclusive")) return exitCodes.inconclusive;
	return exitCodes.ok;
}

function remarksOf(report: Report): Finding[] {
	const remarks = report.profiles.flatMap((run) => remarksOn(run));
	if (report.endedBy === undefined) return remarks;
	return [{ code: "ended-early", message: `the run ended early: ${report.endedBy}` }, ...remarks];
}

/** A profile without a cold start is never fine, whether or not a budget asks about it. */
function judgeData(report: Report): Verdict[] {
	const noData = {
		status: "inconclusive",
		kind: "data",
		measure: "total",
		expected: "at least one cold start",
		source: "report",
		unit: "count",
		found: 0,
		n: 0,
		missing: 0,
		values: [],
	} as const;
	if (report.profiles.length === 0) return [{ ...noData, profile: "", reason: "the report has no profile" }];
	return report.profiles
		.filter((run) => !run.coldStarts.some((start) => start.counted))
		.map((run) => {
			const reason = `none of ${run.coldStarts.length} attempts counts as a cold start`;
			return { ...noData, profile: run.profile.name, reason };
		});
}

function asSimulated(verdict: Verdict): Verdict {
	if (verdict.status === "inconclusive") return verdict;
	const reason = "the cluster was simulated, and nobody asked to judge that";
	return { ...verdict, status: "inconclusive", reason };
}

function worstFirst(verdicts: readonly Verdict[]): Verdict[] {
	const order = ["breach", "inconclusive", "pass"];
	return verdicts.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** Phases say where the time went; spans overlap, and the total only adds them up. */
function furthestMoved(movements: readonly Movement[]): Movement | undefined {
	const significant = movements.filter((movement) => movement.isSignificant);
	return (
		significant.find((movement) => movement.isPhase) ??
		significant.find((movement) => movement.measure !== "total") ??
		significant[0]
	);
}
