import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { readBudgetsFile } from "../judge/budgets-file.ts";
import { exitCodeOf, judge } from "../judge/judge.ts";
import { parseBudget, type WrittenBudget } from "../judge/parse-budget.ts";
import { type ResolvedBudget, resolveBudgets } from "../judge/resolve-budgets.ts";
import { isPhase, usualPhases } from "../model/phases.ts";
import type { Profile } from "../model/profile.ts";
import type { Report } from "../model/report.ts";
import { renderJudgement } from "../output/judgement-text.ts";

/** The budgets of a run, matched to its profiles and the known phases. */
export type Gate = ResolvedBudget[];

/** Reads all budgets before anything is installed. @throws UsageError with the nearest name for a mistyped one */
export async function parseGate(
	profiles: readonly Profile[],
	options: { budgets: readonly string[]; budgetsFiles: readonly string[] },
	context: Context,
): Promise<Gate> {
	const files = await Promise.all(
		options.budgetsFiles.map(async (file) => readBudgetsFile(await context.readFile(file), file)),
	);
	const written: WrittenBudget[] = [
		...profiles.flatMap(({ name, budgets }) =>
			budgets.map((text, index) => ({ text, source: `profile ${name}, budgets[${index}]`, profile: name })),
		),
		...files.flat(),
		...options.budgets.map((text) => ({ text, source: "--budget" })),
	];
	const names = profiles.map(({ name }) => name);
	return resolveBudgets(written.map(parseBudget), names, { profiles: names, isPhase, phases: usualPhases });
}

/** Judges a run by its budgets and prints the verdicts; without budgets there is nothing to breach. */
export function judgeRun(report: Report, gate: Gate, context: Context): ExitCode {
	if (gate.length === 0) return exitCodes.ok;
	const judgement = judge(report, { budgets: gate, acceptSimulated: report.simulated !== undefined });
	context.stdout(`\n${renderJudgement(judgement)}`);
	return exitCodeOf(judgement);
}
