import { refuseDifferent } from "../analysis/likeness.ts";
import { remarksOn } from "../analysis/remarks.ts";
import { refuseUnsound } from "../analysis/soundness.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { isNarrowedByFiner } from "../report/phases.ts";
import { type Finding, type Ledger, ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type BaselineQuestion, compareWithBaseline, type Movement } from "./baseline.ts";
import { judgeFailures } from "./baseline-failures.ts";
import { remarksOnRuns } from "./baseline-runs.ts";
import { judgeBudget } from "./judge-budget.ts";
import { judgeData, judgeLeftOut, remarkOnLeftOut } from "./judge-data.ts";
import { judgeMovements } from "./judge-movements.ts";
import { withMinutes } from "./needed.ts";
import type { ResolvedBudget } from "./resolve-budgets.ts";
import { judgeSlow } from "./slow-starts.ts";
import { overallStatus, type Verdict } from "./verdict.ts";

export interface JudgeOptions {
	budgets: readonly ResolvedBudget[];
	baseline?: BaselineQuestion;
	/** Chance of a wrong verdict, for each budget and for the whole family of a baseline; 0.05 unless given. */
	alpha?: number;
	/** Remarks on the samples of a profile, where the caller has computed them already. */
	remarksOf?: (run: ProfileRun) => readonly Finding[];
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
 * Throws a `UsageError` where the baseline measured something else, and for a report that no run writes.
 */
export function judge(report: Report, options: JudgeOptions): Judgement {
	const { budgets, baseline, alpha = 0.05, acceptSimulated, remarksOf = remarksOn } = options;
	refuseUnsound(report, "the report");
	for (const other of baseline?.reports ?? []) refuseUnsound(other, `the baseline of ${other.startedAt}`);
	if (baseline !== undefined) refuseDifferent(baseline.reports, report, { allowed: baseline.allowDifferent });
	const comparison = baseline === undefined ? undefined : compareWithBaseline(report, baseline, alpha);
	const movements = comparison?.movements ?? [];
	const isAsked = budgets.length > 0 || baseline !== undefined;
	const found = [
		...judgeData(report, baseline),
		...(isAsked ? judgeLeftOut(report, baseline) : []),
		...budgets.map((budget) => judgeBudget(report, budget, 1 - alpha)),
		...(baseline === undefined || comparison === undefined
			? []
			: judgeMovements(report, { question: baseline, comparison, alpha })),
		...(comparison?.failures ?? []).map((change) => judgeFailures(change, alpha)),
		...(comparison?.slow ?? []).map((change) => judgeSlow(change, alpha)),
	].map((verdict) => withWhole(withMinutes(verdict, report), report));
	const verdicts = worstFirst(report.simulated !== undefined && !acceptSimulated ? found.map(asSimulated) : found);
	const moved = culpritOf(movements, verdicts);
	return {
		...(report.simulated !== undefined && { simulated: report.simulated.model }),
		ledgers: report.profiles.map(({ profile, coldStarts }) => ({
			profile: profile.name,
			ledger: ledgerOf(coldStarts),
		})),
		verdicts,
		movements,
		remarks: [
			...report.profiles.flatMap((run) => [...remarkOnLeftOut(run), ...remarksOf(run)]),
			...remarksOnRuns(
				baseline?.reports ?? [],
				report.profiles.map(({ profile }) => profile.name),
			),
		],
		...(moved !== undefined && { moved }),
	};
}

/** 99 where anything is breached, else 3 where anything is inconclusive, else 0. */
export function exitCodeOf({ verdicts }: Judgement): ExitCode {
	const codes = { breach: exitCodes.breach, inconclusive: exitCodes.inconclusive, pass: exitCodes.ok };
	return codes[overallStatus(verdicts)];
}

/** A table of the same report may show another number by this name. */
function withWhole(verdict: Verdict, report: Report): Verdict {
	const { measure, reason } = verdict;
	const run = report.profiles.find(({ profile }) => profile.name === verdict.profile);
	const isInParts = run?.coldStarts.some(({ finer }) => finer !== undefined) === true;
	if (!isInParts || !isNarrowedByFiner(measure)) return verdict;
	return { ...verdict, reason: `${reason}; ${measure} is judged as a whole, of which tables show finer phases apart` };
}

function asSimulated(verdict: Verdict): Verdict {
	if (verdict.status === "inconclusive") return verdict;
	const reason = "the cluster was simulated; --cluster simulated judges it all the same";
	return { ...verdict, status: "inconclusive", reason };
}

function worstFirst(verdicts: readonly Verdict[]): Verdict[] {
	const order = ["breach", "inconclusive", "pass"];
	return verdicts.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/**
 * The phase that explains the first verdict: of the same profile, and slower, where something became too slow; else the
 * one that moved furthest. Phases say where the time went; spans overlap, and the total only adds them up.
 */
function culpritOf(movements: readonly Movement[], verdicts: readonly Verdict[]): Movement | undefined {
	const [worst] = verdicts;
	const isBreach = worst?.status === "breach" && movements.some(({ profile }) => profile === worst.profile);
	const significant = movements.filter(
		(movement) => movement.isSignificant && (!isBreach || (movement.ms > 0 && movement.profile === worst.profile)),
	);
	return (
		significant.find((movement) => movement.isPhase) ??
		significant.find((movement) => movement.measure !== "total") ??
		significant[0]
	);
}
