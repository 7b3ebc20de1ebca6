import type { Report } from "../../report/report.ts";
import { tradeoffTable } from "../../tradeoffs/table.ts";
import { escaped } from "../report/svg.ts";
import { cellWords, readingNotes, talkWords, titleOf } from "../tradeoffs/words.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** What each profile costs and gives, with the talk's words and the evidence; empty where nothing was observed. */
export function tradeoffsOf(report: Report): string {
	const table = tradeoffTable(report);
	if (table === undefined) return "";
	const bodies = table.rows.map(({ profile, cells }) => {
		const talk = cells.some((each) => each.talk !== undefined)
			? [tableRow("in the talk", ...cells.map((each) => cell(talkWords(each))))]
			: [];
		return [tableRow(isolated(profile), ...cells.map((each) => cell(cellWords(each)))), ...talk];
	});
	const head = ["", ...table.columns.map(({ title }) => escaped(title))];
	const sentences = [...table.rows.map(({ sentence }) => sentence), ...readingNotes];
	const words = sentences.map((text) => tag("p", { class: "note" }, isolated(text)));
	const evidence = dataTable({
		caption: "What was seen",
		head: ["profile", "cost or benefit", "evidence"],
		bodies: table.rows.map(({ profile, cells }) =>
			cells.map((each, index) =>
				tableRow(isolated(profile), cell(table.columns[index]?.title ?? each.column), cell(each.evidence)),
			),
		),
	});
	return dataTable({ caption: titleOf(table), head, bodies }) + words.join("") + evidence;
}
