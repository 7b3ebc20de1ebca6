import type { Judgement } from "../judge/judge.ts";
import type { Report } from "../model/report.ts";
import { renderAnnotations } from "../output/annotations.ts";
import { renderBencher, renderGithubActionBenchmark } from "../output/benchmark-json.ts";
import { renderPullRequestComment, renderStepSummary } from "../output/judgement-markdown.ts";
import { renderJunit } from "../output/junit.ts";
import { readIfThere, type Sink } from "./sink.ts";

/** Paths of what CI shows; each only where it is wanted. */
export interface JudgementFiles {
	junit?: string;
	summary?: string;
	comment?: string;
	githubActionBenchmark?: string;
	bencher?: string;
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
