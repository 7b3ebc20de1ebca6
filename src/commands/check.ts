import { type ExitCode, UsageError } from "../errors.ts";
import type { BaselineQuestion } from "../judge/baseline.ts";
import { readBudgetsFile } from "../judge/budgets-file.ts";
import { exitCodeOf, type Judgement, judge } from "../judge/judge.ts";
import { measuresOf } from "../judge/measure.ts";
import { budgetsOfProfile, parseBudget, type WrittenBudget } from "../judge/parse-budget.ts";
import { type KnownNames, type ResolvedBudget, resolveBudgets } from "../judge/resolve-budgets.ts";
import { parseReport } from "../model/read-report.ts";
import type { Report } from "../model/report.ts";
import { nearest } from "../nearest.ts";
import { renderAnnotations } from "../output/annotations.ts";
import { renderBencher, renderGithubActionBenchmark } from "../output/benchmark-json.ts";
import { renderPullRequestComment, renderStepSummary } from "../output/judgement-markdown.ts";
import { renderJudgement } from "../output/judgement-text.ts";
import { renderJunit } from "../output/junit.ts";
import { readIfThere, type Sink } from "./sink.ts";

export interface CheckOptions {
	/** Path of the report. */
	report: string;
	/** Paths; an empty list is no baseline, a path to nothing is a missing one. */
	baseline: readonly string[];
	/** Written with `--budget`. */
	budgets: readonly string[];
	/** Paths of budgets files. */
	budgetsFiles: readonly string[];
	minimumEffectMs: number;
	minimumEffectShare: number;
	/** Measures that must be shown not to have become slower; `total` if empty. */
	required: readonly string[];
	/** Keys of the fingerprint that may differ. */
	allowDifferent: readonly string[];
	/** Whether `--cluster simulated` was given. */
	acceptSimulated: boolean;
	format: "text" | "json";
	files: JudgementFiles;
	/** Profiles and phases that may be named though the report lacks them. */
	known: KnownNames;
}

/** Paths of what CI shows; each only where it is wanted. */
export interface JudgementFiles {
	junit?: string;
	summary?: string;
	comment?: string;
	githubActionBenchmark?: string;
	bencher?: string;
}

/** A slow-down below either of these is no regression, unless the user says otherwise. */
export const defaultMinimumEffect = { ms: 100, share: 0.05 };

/**
 * `knistio check`: judges a saved report against budgets, its profiles' own, and a baseline.
 *
 * Throws a `UsageError` for files and budgets that cannot be read, and where there is nothing to judge by.
 */
export async function check(options: CheckOptions, sink: Sink): Promise<ExitCode> {
	const report = parseReport(await sink.readFile(options.report), options.report);
	const known = knownNames(report, options.known);
	const budgets = await budgetsFor(report, { options, known, sink });
	const baseline = await baselineFor(options, known, sink);
	if (budgets.length === 0 && baseline === undefined) {
		throw new UsageError(`${options.report}: there is nothing to judge it by`, {
			hint: "give --budget, --budgets or --baseline, or write budgets into the profile",
		});
	}
	const judgement = judge(report, {
		budgets,
		acceptSimulated: options.acceptSimulated,
		...(baseline !== undefined && { baseline }),
	});
	sink.stdout(
		options.format === "json" ? `${JSON.stringify(judgement, undefined, "\t")}\n` : renderJudgement(judgement),
	);
	await writeJudgement(report, judgement, { files: options.files, sink });
	return exitCodeOf(judgement);
}

/** Writes what CI shows: files, the summary of a GitHub step, and annotations where GitHub runs. */
export async function writeJudgement(
	report: Report,
	judgement: Judgement,
	{ files, sink }: { files: JudgementFiles; sink: Sink },
): Promise<void> {
	if (files.junit !== undefined) await sink.writeFile(files.junit, renderJunit(judgement));
	if (files.summary !== undefined) await sink.writeFile(files.summary, renderStepSummary(report, judgement));
	if (files.comment !== undefined) await sink.writeFile(files.comment, renderPullRequestComment(report, judgement));
	if (files.githubActionBenchmark !== undefined) {
		await sink.writeFile(files.githubActionBenchmark, renderGithubActionBenchmark(report));
	}
	if (files.bencher !== undefined) await sink.writeFile(files.bencher, renderBencher(report));
	const { GITHUB_STEP_SUMMARY: stepSummary, GITHUB_ACTIONS: isGithub } = sink.env;
	if (stepSummary) {
		// Other commands of the same step may have written there.
		const before = (await readIfThere(sink, stepSummary)) ?? "";
		await sink.writeFile(stepSummary, `${before}${renderStepSummary(report, judgement)}\n`);
	}
	if (isGithub === "true") sink.stderr(renderAnnotations(judgement));
}

interface Reading {
	options: CheckOptions;
	known: KnownNames;
	sink: Sink;
}

async function budgetsFor(report: Report, { options, known, sink }: Reading): Promise<ResolvedBudget[]> {
	const files = await Promise.all(
		options.budgetsFiles.map(async (file) => readBudgetsFile(await sink.readFile(file), file)),
	);
	const written: WrittenBudget[] = [
		...report.profiles.flatMap(({ profile }) => budgetsOfProfile(profile)),
		...files.flat(),
		...options.budgets.map((text) => ({ text, source: "--budget" })),
	];
	const run = report.profiles.map(({ profile }) => profile.name);
	return resolveBudgets(written.map(parseBudget), run, known);
}

/** What may be named: all that knistio knows, and all that the report has. */
function knownNames(report: Report, known: KnownNames): KnownNames {
	const measured = new Set(["total", ...report.profiles.flatMap((run) => measuresOf(run))]);
	return {
		profiles: [...new Set([...report.profiles.map((run) => run.profile.name), ...known.profiles])],
		phases: [...new Set([...measured, ...known.phases])],
		isPhase: (name) => measured.has(name) || known.isPhase(name),
	};
}

async function baselineFor(
	options: CheckOptions,
	known: KnownNames,
	sink: Sink,
): Promise<BaselineQuestion | undefined> {
	const unknown = options.required.find((name) => !known.isPhase(name));
	if (unknown !== undefined) {
		const meant = nearest(unknown, known.phases);
		throw new UsageError(`there is no phase "${unknown}" to require`, {
			hint: meant === undefined ? `known: ${known.phases.join(", ")}` : `did you mean "${meant}"?`,
		});
	}
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
