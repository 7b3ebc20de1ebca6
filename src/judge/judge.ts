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
	if (baseline !== undefined) refuseDifferent(baseline.reports, report, { allowed: baseline.allowDifferent });
	const comparison = baseline === undefined ? undefined : compareWithBaseline(report, baseline, alpha);
	const movements = comparison?.movements ?? [];
	const verdicts = [
		...judgeData(report),
		...judgeMissing(baseline),
		...budgets.map((budget) => judgeBudget(report, budget, 1 - alpha)),
		...(baseline === undefined ? [] : judgeMovements(report, movements, baseline)),
		...judgeFailures(comparison?.failures ?? [], alpha),
	];
	const moved = furthestMoved(movements, verdicts);
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
	return report.profiles.flatMap((run) => remarksOn(run));
}

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
 * whole profiles may be missing, and one that somebody ends when it looks good is biased.
 */
function judgeData(report: Report): Verdict[] {
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
	];
}

/** Where no baseline is there at all, each profile says so. */
function judgeMissing(baseline: BaselineQuestion | undefined): Verdict[] {
	const { reports = [], missing = [] } = baseline ?? {};
	if (reports.length === 0) return [];
	return missing.map((path) => {
		const reason = `there is no baseline at ${path}`;
		return { ...noData, measure: "baseline", expected: "every baseline that was named", source: path, reason };
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

/**
 * Phases say where the time went; spans overlap, and the total only adds them up. Where something became too slow, it
 * is explained by what became slower in the same profile, though another phase may have gained more.
 */
function furthestMoved(movements: readonly Movement[], verdicts: readonly Verdict[]): Movement | undefined {
	const breached = new Set(
		verdicts.filter(({ kind, status }) => kind === "baseline" && status === "breach").map(({ profile }) => profile),
	);
	const significant = movements.filter(
		(movement) =>
			movement.isSignificant && (breached.size === 0 || (movement.ms > 0 && breached.has(movement.profile))),
	);
	return (
		significant.find((movement) => movement.isPhase) ??
		significant.find((movement) => movement.measure !== "total") ??
		significant[0]
	);
}
