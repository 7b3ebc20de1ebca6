import type { Figures } from "../../analysis/figures.ts";
import type { UsageError } from "../../errors.ts";
import type { Judgement } from "../../gate/judge.ts";
import { renderAnnotations } from "../../output/verdict/annotations.ts";
import { renderStepSummary } from "../../output/verdict/judgement-markdown.ts";
import { verdictFormats } from "../../output/verdict-formats.ts";
import { type Sink, toldOn, whatFails, writeFiles } from "./sink.ts";

/** Paths that verdicts are written to, by the name of the format. */
export type JudgementFiles = Readonly<Record<string, string>>;

/**
 * Writes what CI shows: files, the summary of a GitHub step, and annotations where GitHub runs.
 * @returns an error for each file that could not be written; the others are there
 */
export async function writeJudgement(
	figures: Figures,
	judgement: Judgement,
	{ files, sink }: { files: JudgementFiles; sink: Sink },
): Promise<UsageError[]> {
	const written = verdictFormats.flatMap(({ name, load }) => {
		const file = files[name];
		return file === undefined ? [] : [{ file, content: async () => (await load())(judgement, figures) }];
	});
	const { GITHUB_STEP_SUMMARY: stepSummary, GITHUB_ACTIONS: isGithub } = sink.env;
	if (isGithub === "true") sink.stderr(renderAnnotations(judgement), { isCommand: true });
	const unwritten = await writeFiles(written, toldOn(sink));
	if (!stepSummary) return unwritten;
	// Other commands of the same step may have written there.
	const summary = async () => sink.appendFile(stepSummary, `${renderStepSummary(judgement, figures)}\n`);
	return [...unwritten, ...(await whatFails([summary]))];
}
