import { oneLine } from "../../text/one-line.ts";
import type { Advice, Candidate, Requirement } from "../../tradeoffs/advice.ts";
import type { TalkAdvice } from "../../tradeoffs/talk-advice.ts";
import { duration } from "../words/units.ts";

/** What an advice says besides the choice itself. */
export interface AdviceNotes {
	talk: readonly TalkAdvice[];
	/** The model, where nothing real was looked at. */
	simulated: string | undefined;
}

/** The advice in words: the profile with its reasons, or what stands in the way; then the talk's advice today. */
export function renderAdvice(advice: Advice, { talk, simulated }: AdviceNotes): string {
	const lines = simulated === undefined ? [] : [`simulated cluster (${simulated}): no real cluster was looked at`];
	lines.push(...answerLines(advice), "");
	for (const candidate of advice.broken) lines.push(...candidateLines("not ", candidate, "broken"));
	for (const candidate of advice.unknown) lines.push(...candidateLines("not known of ", candidate, "unknown"));
	if (advice.contradictions.length > 0)
		lines.push("", ...advice.contradictions.map((each) => `contradiction: ${each}`));
	lines.push("", "the talk's advice today:");
	lines.push(...talk.map(({ text, answer, because }) => `  ${answer}: ${text} (${because})`));
	return `${lines
		.map((line) => line.trimEnd())
		.map(keepIndent)
		.join("\n")
		.replace(/\n{3,}/g, "\n\n")}\n`;
}

const keepIndent = (line: string) => `${/^ */.exec(line)?.[0] ?? ""}${oneLine(line)}`;

function answerLines({ chosen, alsoFit, unknown }: Advice): string[] {
	if (chosen === undefined) {
		return [
			unknown.length === 0
				? "no profile meets all of this"
				: "no profile is known to meet all of this: what was not tested is nothing to advise by",
		];
	}
	const time = chosen.totalMs === undefined ? "" : `, whose median cold start takes ${duration(chosen.totalMs)}`;
	const others = alsoFit.length === 0 ? "" : `; ${alsoFit.map(({ profile }) => profile).join(", ")} would do too`;
	return [`${chosen.profile}${time}${others}`, ...chosen.requirements.map(line)];
}

function candidateLines(word: string, { profile, requirements }: Candidate, status: Requirement["status"]): string[] {
	return [`${word}${profile}:`, ...requirements.filter((each) => each.status === status).map(line)];
}

function line({ text, because, missingMs, ways = [] }: Requirement): string {
	const missing = missingMs === undefined ? "" : `; ${duration(missingMs)} too much`;
	return `  ${text}: ${because}${missing}${ways.length === 0 ? "" : `; ${ways.join("; ")}`}`;
}
