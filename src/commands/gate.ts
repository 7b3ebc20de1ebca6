import { type ExitCode, UsageError } from "../errors.ts";
import type { BaselineQuestion } from "../judge/baseline.ts";
import { readBudgetsFile } from "../judge/budgets-file.ts";
import { exitCodeOf, judge } from "../judge/judge.ts";
import { budgetsOfProfile, parseBudget, type WrittenBudget } from "../judge/parse-budget.ts";
import { type KnownNames, type ResolvedBudget, resolveBudgets } from "../judge/resolve-budgets.ts";
import { isPhase, usualPhases } from "../model/phases.ts";
import type { Profile } from "../model/profile.ts";
import { parseReport } from "../model/read-report.ts";
import type { Report } from "../model/report.ts";
import { nearest } from "../nearest.ts";
import { renderJudgement } from "../output/judgement-text.ts";
import { type JudgementFiles, writeJudgement } from "./judgement-files.ts";
import { readIfThere, type Sink } from "./sink.ts";

/** What a report is judged by, and where the judgement goes: the same for `bench`, `check` and `replay`. */
export interface GateOptions {
	/** Written with `--budget`. */
	budgets: readonly string[];
	/** Paths of budgets files. */
	budgetsFiles: readonly string[];
	/** Paths; an empty list is no baseline, a path to nothing is a missing one. */
	baseline: readonly string[];
	minimumEffectMs: number;
	minimumEffectShare: number;
	/** Measures that must be shown not to have become slower; `total` if empty. */
	required: readonly string[];
	/** Keys of the fingerprint that may differ. */
	allowDifferent: readonly string[];
	files: JudgementFiles;
}

/** What a run is judged by, read and matched to its profiles and the known phases. */
export interface Gate {
	budgets: readonly ResolvedBudget[];
	baseline?: BaselineQuestion;
	files: JudgementFiles;
}

/**
 * Reads all budgets, those of the profiles too, and the baseline; `bench` does so before anything is installed.
 *
 * `known` may name more than the run has; without it only the run's profiles may be named. Throws a `UsageError` with
 * the nearest name for a mistyped one, and for files that cannot be read.
 */
export async function parseGate(
	profiles: readonly Profile[],
	{ known, ...options }: GateOptions & { known?: KnownNames },
	sink: Sink,
): Promise<Gate> {
	const names = profiles.map(({ name }) => name);
	const nameable = known ?? { profiles: names, isPhase, phases: usualPhases };
	const files = await Promise.all(
		options.budgetsFiles.map(async (file) => readBudgetsFile(await sink.readFile(file), file)),
	);
	const written: WrittenBudget[] = [
		...profiles.flatMap(budgetsOfProfile),
		...files.flat(),
		...options.budgets.map((text) => ({ text, source: "--budget" })),
	];
	requireKnownPhases(options.required, nameable);
	const baseline = await readBaseline(options, sink);
	return {
		budgets: resolveBudgets(written.map(parseBudget), names, nameable),
		...(baseline !== undefined && { baseline }),
		files: options.files,
	};
}

/**
 * Judges a run by its gate, prints the verdicts and writes what CI shows. A run that nobody asked to judge ends with 0
 * if every profile has a cold start that counts, else with 3.
 */
export async function judgeRun(
	report: Report,
	{ files, ...criteria }: Gate,
	{ acceptSimulated, sink }: { acceptSimulated: boolean; sink: Sink },
): Promise<ExitCode> {
	const judgement = judge(report, { ...criteria, acceptSimulated });
	if (judgement.verdicts.length > 0) sink.stdout(`\n${renderJudgement(judgement)}`);
	await writeJudgement(report, judgement, { files, sink });
	return exitCodeOf(judgement);
}

function requireKnownPhases(required: readonly string[], known: KnownNames): void {
	const unknown = required.find((name) => !known.isPhase(name));
	if (unknown === undefined) return;
	const meant = nearest(unknown, known.phases);
	throw new UsageError(`there is no phase "${unknown}" to require`, {
		hint: meant === undefined ? `known: ${known.phases.join(", ")}` : `did you mean "${meant}"?`,
	});
}

async function readBaseline(options: GateOptions, sink: Sink): Promise<BaselineQuestion | undefined> {
	if (options.baseline.length === 0) return undefined;
	const reports: Report[] = [];
	for (const path of options.baseline) {
		const text = await readIfThere(sink, path);
		if (text !== undefined) reports.push(parseReport(text, path));
		else
			sink.stderr(`there is no baseline at ${path}\nhint: the first run has none; save its report as the baseline\n`);
	}
	return {
		reports,
		minimumEffectMs: options.minimumEffectMs,
		minimumEffectShare: options.minimumEffectShare,
		required: options.required.length === 0 ? ["total"] : options.required,
		allowDifferent: options.allowDifferent,
	};
}
