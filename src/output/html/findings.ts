import type { Figures, RunFigures } from "../../analysis/figures.ts";
import type { Finding } from "../../report/report.ts";
import { pullNotes } from "../report/pull-notes.ts";
import { rotationNote } from "../report/rotation-note.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** What a reader must know before believing a number. */
export function findingsOf({ report, runs }: Figures): string {
	const rows = [
		...report.findings.map((finding) => row("the run", finding.code, finding)),
		...runs.flatMap(rowsOf),
		...(report.endedBy === undefined ? [] : [row("the run", "ended early", { message: report.endedBy })]),
	];
	if (rows.length === 0) return tag("p", {}, "Nothing odd was found.");
	const head = ["where", "rounds", "what", "meaning", "hint"];
	return dataTable({ caption: "What was found", head, bodies: [rows] });
}

function rowsOf({ run, remarks, observations, firstStarts }: RunFigures): string[] {
	const { name } = run.profile;
	const { events, podCreating } = observations;
	const lost = events.expected - events.seen;
	const lostEvents = `${events.seen} of ${events.expected} expected pod events seen; bounds are wide where one is missing`;
	const early = `pod_creating ended with the answer, before the pod was Ready, in ${podCreating.endedByAnswer} of ${podCreating.n}`;
	return [
		...[...run.findings, ...remarks].map((finding) => row(name, finding.code, finding)),
		...observations.findings.map((finding) => row(name, finding.code, finding, finding.rounds)),
		...(lost > 0 ? [row(name, "lost events", { message: lostEvents })] : []),
		...(podCreating.endedByAnswer > 0 ? [row(name, "answered early", { message: early })] : []),
		...rotationNote(name, observations.rotation).map((message) => row(name, "copies", { message })),
		...pullNotes(name, firstStarts).map((message) => row(name, "first starts", { message })),
	];
}

/** How many rounds are named, if a finding is one of many. */
const mostRounds = 20;

function row(
	where: string,
	what: string,
	{ message, hint = "" }: Omit<Finding, "code">,
	rounds: readonly number[] = [],
): string {
	const named = rounds.slice(0, mostRounds).join(", ");
	const more = rounds.length > mostRounds ? ` and ${rounds.length - mostRounds} more` : "";
	const cells = [message, hint].map((text) => tag("td", { class: "prose" }, isolated(text)));
	return tableRow(isolated(where), cell(named + more), tag("td", {}, isolated(what)), ...cells);
}
