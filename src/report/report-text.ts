import type { ColdStart, Report } from "./report.ts";

/*
 * A report's file has a line for each cold start, and the rest indented: a person finds a cold start, and the file is
 * not several times as large by its indentation.
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
