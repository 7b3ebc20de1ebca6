import type { Figures } from "../../analysis/figures.ts";
import { escaped } from "../report/svg.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** What became of every attempt, and each that does not count. */
export function attemptsOf({ runs }: Figures): string {
	if (runs.length === 0) return "";
	const head = ["profile", "attempted", "= cold", "+ warm", "+ failed", "+ unresolved", "counted"];
	const rows = runs.map(({ run, ledger }) => {
		const { attempted, cold, warm, failed, unresolved, counted } = ledger;
		const numbers = [attempted, cold, warm, failed, unresolved, counted].map((each) => number(String(each)));
		return tableRow(isolated(run.profile.name), ...numbers);
	});
	return dataTable({ caption: "Attempts of each profile", head, bodies: [rows] }) + notCounted(runs);
}

function notCounted(runs: Figures["runs"]): string {
	const rows = runs.flatMap(({ run, observations }) =>
		observations.notCounted.map(({ round, outcome, reason }) =>
			tableRow(isolated(run.profile.name), number(String(round)), cell(outcome), cell(reason ?? "no reason given")),
		),
	);
	if (rows.length === 0) return "";
	const head = ["profile", "round", "outcome", "why it is not counted"];
	const summary = `${rows.length} attempt${rows.length === 1 ? " does" : "s do"} not count, besides warm-ups`;
	const table = dataTable({ caption: "Attempts that do not count", head, bodies: [rows] });
	return tag("details", {}, tag("summary", {}, escaped(summary)), table);
}
