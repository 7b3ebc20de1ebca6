import type { UsageError } from "../../errors.ts";
import type { Judgement } from "../../gate/judge.ts";
import { renderAnnotations } from "../../output/verdict/annotations.ts";
import { renderBencher, renderGithubActionBenchmark } from "../../output/verdict/benchmark-json.ts";
import { renderPullRequestComment, renderStepSummary } from "../../output/verdict/judgement-markdown.ts";
import { renderJunit } from "../../output/verdict/junit.ts";
import type { Report } from "../../report/report.ts";
import { type Sink, whatFails } from "./sink.ts";

/** Paths of what CI shows; each only where it is wanted. */
export interface JudgementFiles {
	junit?: string;
	summary?: string;
	comment?: string;
	githubActionBenchmark?: string;
	bencher?: string;
}

/**
 * Writes what CI shows: files, the summary of a GitHub step, and annotations where GitHub runs.
 * @returns an error for each file that could not be written; the others are there
 */
export async function writeJudgement(
	report: Report,
	judgement: Judgement,
	{ files, sink }: { files: JudgementFiles; sink: Sink },
): Promise<UsageError[]> {
	const texts: [string | undefined, () => string][] = [
		[files.junit, () => renderJunit(judgement)],
		[files.summary, () => renderStepSummary(report, judgement)],
		[files.comment, () => renderPullRequestComment(report, judgement)],
		[files.githubActionBenchmark, () => renderGithubActionBenchmark(report)],
		[files.bencher, () => renderBencher(report)],
	];
	const writes = texts.flatMap(([file, render]) => (file === undefined ? [] : [() => sink.writeFile(file, render())]));
	const { GITHUB_STEP_SUMMARY: stepSummary, GITHUB_ACTIONS: isGithub } = sink.env;
	// Other commands of the same step may have written there.
	if (stepSummary) writes.push(() => sink.appendFile(stepSummary, `${renderStepSummary(report, judgement)}\n`));
	if (isGithub === "true") sink.stderr(renderAnnotations(judgement), { isCommand: true });
	return whatFails(writes);
}
