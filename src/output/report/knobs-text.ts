import type { Figures } from "../../analysis/figures.ts";
import type { Knob } from "../../analysis/knobs.ts";
import { literalMarkdown, oneLine } from "../../text/one-line.ts";
import { boughtWords, knobGroups, knobHeading, knobNotes, whereWords } from "../words/knob-words.ts";

/** What each knob buys, as lines for a terminal; none where there is no variant. */
export function knobLines({ knobs, report }: Pick<Figures, "knobs" | "report">): string[] {
	const width = Math.max(0, ...knobs.map(({ profile }) => oneLine(profile).length));
	const lines = knobGroups(knobs).flatMap((group) => [
		"",
		knobHeading(group.of, { isSimulated: report.simulated !== undefined }),
		...group.knobs.flatMap((knob) => [
			`  ${oneLine(knob.profile).padEnd(width)}  ${withPhases(knob)}`,
			`  ${"".padEnd(width)}    by ${oneLine(knob.knob)}`,
			`  ${"".padEnd(width)}    costs: ${oneLine(knob.cost)}`,
		]),
		...knobNotes(group.knobs).map((note) => `  ${note}`),
	]);
	return lines.length === 0 ? [] : [...lines, ""];
}

function withPhases(knob: Knob): string {
	const where = whereWords(knob);
	return where === "" ? boughtWords(knob) : `${boughtWords(knob)}: ${where}`;
}

/** The same as tables in Markdown, with the sources. */
export function knobMarkdown({ knobs, report }: Pick<Figures, "knobs" | "report">): string[] {
	return knobGroups(knobs).flatMap((group) => [
		"",
		`#### ${literalMarkdown(knobHeading(group.of, { isSimulated: report.simulated !== undefined }))}`,
		"",
		"| variant | buys | by | costs | source |",
		"| --- | --- | --- | --- | --- |",
		...group.knobs.map((knob) => {
			const { profile, knob: setting, cost, source } = knob;
			const cells = [profile, withPhases(knob), setting, cost, source].map(literalMarkdown);
			return `| ${cells.join(" | ")} |`;
		}),
		"",
		...knobNotes(group.knobs).map((note) => `- ${literalMarkdown(note)}`),
	]);
}
