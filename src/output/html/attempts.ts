import type { Figures } from "../../analysis/figures.ts";
import type { Ledger } from "../../report/report.ts";
import { escaped } from "../report/svg.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { cell, dataTable, type Head, tableRow } from "./table.ts";

/** What became of every attempt, and each that does not count. */
export function attemptsOf({ runs }: Figures): string {
	if (runs.length === 0) return "";
	const rows = runs.map(({ run, ledger }) => tableRow(isolated(run.profile.name), ...ledgerCells(ledger)));
	return (
		dataTable({ caption: "Attempts of each profile", head: ["profile", ...ledgerHead], bodies: [rows] }) +
		notCounted(runs)
	);
}

/** The heads of {@link ledgerCells}. */
export const ledgerHead: readonly Head[] = ["attempted", "= cold", "+ warm", "+ failed", "+ unresolved", "counted"].map(
	(number) => ({ number }),
);

/** The attempt ledger as cells of a row. */
export function ledgerCells({ attempted, cold, warm, failed, unresolved, counted }: Ledger): string[] {
	return [attempted, cold, warm, failed, unresolved, counted].map((each) => number(String(each)));
}

function notCounted(runs: Figures["runs"]): string {
	const rows = runs.flatMap(({ run, observations }) =>
		observations.notCounted.map(({ round, outcome, reason }) =>
			tableRow(isolated(run.profile.name), number(String(round)), cell(outcome), cell(reason ?? "no reason given")),
		),
	);
	if (rows.length === 0) return "";
	const head = ["profile", { number: "round" }, "outcome", "why it is not counted"];
	const summary = `${rows.length} attempt${rows.length === 1 ? " does" : "s do"} not count, besides warm-ups`;
	const table = dataTable({ caption: "Attempts that do not count", head, bodies: [rows] });
	return tag("details", {}, tag("summary", {}, escaped(summary)), table);
}
