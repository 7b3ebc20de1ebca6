import type { ColdStart, Report } from "./report.ts";

/*
 * A report's file has a line for each cold start, and the rest indented. Thousands of lines that are parsed and checked
 * one by one leave less behind to collect than one value that is all of them; nobody else needs to care, since both are
 * the same JSON.
 */

const listOpens = '\t\t\t"coldStarts": [';
const lineIndent = "\t\t\t\t";
const listCloses = "\t\t\t]";

/** A report as the text of its file. */
export function reportText(report: Report): string {
	const profiles = report.profiles.map((run) => ({ ...run, coldStarts: [] }));
	const around = `${JSON.stringify({ ...report, profiles }, null, "\t")}\n`.split(`\n${listOpens}]`);
	return around
		.map((text, index) => {
			const run = report.profiles[index];
			return run === undefined ? text : `${text}\n${listOf(run.coldStarts)}`;
		})
		.join("");
}

function listOf(coldStarts: readonly ColdStart[]): string {
	if (coldStarts.length === 0) return `${listOpens}]`;
	const lines = coldStarts.map((start) => `${lineIndent}${JSON.stringify(start)}`);
	return `${listOpens}\n${lines.join(",\n")}\n${listCloses}`;
}

/** A report's text cut into the lines of its cold starts and the rest. */
export interface CutReport {
	/** JSON of the report in which each list holds nothing but its position in `lists`. */
	rest: string;
	/** JSON of each cold start. */
	lists: string[][];
}

/** Cuts a report's text; undefined where its lines are not as `reportText` writes them, though it may be a report. */
export function cutReport(text: string): CutReport | undefined {
	const rest: string[] = [];
	const lists: string[][] = [];
	const opening = `\n${listOpens}\n`;
	let from = 0;
	for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, from)) {
		const cut = cutList(text, at + opening.length);
		if (cut === undefined) return undefined;
		rest.push(text.slice(from, at + opening.length), String(lists.length));
		lists.push(cut.lines);
		from = cut.end;
	}
	return { rest: [...rest, text.slice(from)].join(""), lists };
}

/** The lines of a list, without their commas, and where it ends; undefined where it is not of such lines. */
function cutList(text: string, start: number): { lines: string[]; end: number } | undefined {
	const lines: string[] = [];
	for (let from = start; ; ) {
		const lineEnd = text.indexOf("\n", from);
		if (lineEnd < 0 || !text.startsWith(`${lineIndent}{"`, from)) return undefined;
		const isLast = text[lineEnd - 1] !== ",";
		lines.push(text.slice(from, isLast ? lineEnd : lineEnd - 1));
		if (isLast) return { lines, end: lineEnd };
		from = lineEnd + 1;
	}
}
