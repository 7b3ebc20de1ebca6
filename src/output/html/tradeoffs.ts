import type { Report } from "../../report/report.ts";
import { type TradeoffTable, tradeoffTable } from "../../tradeoffs/table.ts";
import { tookOf } from "../../tradeoffs/took.ts";
import { escaped } from "../report/svg.ts";
import { renderTracesOf } from "../tradeoffs/trace-svg.ts";
import { type TraceWords, traceWords } from "../tradeoffs/trace-words.ts";
import { cellWords, readingNotes, talkWords, titleOf } from "../tradeoffs/words.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { cell, dataTable, scrolling, tableRow } from "./table.ts";

/** What each profile costs and gives, with the talk's words, the evidence and the request traces; empty without any. */
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
	const evidence = dataTable({
		caption: "What was seen",
		head: ["profile", "cost or benefit", "evidence"],
		bodies: table.rows.map(({ profile, cells }) =>
			cells.map((each, index) =>
				tableRow(isolated(profile), cell(table.columns[index]?.title ?? each.column), cell(each.evidence)),
			),
		),
	});
	return (
		dataTable({ caption: titleOf(table), head, bodies }) +
		notes(sentences) +
		evidence +
		tracesOf(report, table) +
		notes(tookOf(table.rows))
	);
}

/** Where the time of requests goes: the picture, and below it the same in numbers; empty where nobody could tell. */
function tracesOf(report: Report, { rows }: TradeoffTable): string {
	const tables = rows.flatMap(({ profile, traces }) => traceWords(profile, traces));
	if (tables.length === 0) return "";
	const picture = scrolling("Picture of the request traces", renderTracesOf(report, "traces-"));
	return tag("figure", { class: "chart" }, picture) + tables.map(traceTable).join("");
}

function traceTable({ title, head, rows, notes: said }: TraceWords): string {
	const [hop = "", ...numbers] = head.map(escaped);
	const body = rows.map(({ depth, cells: [name = "", ...others] }) =>
		tableRow("\u2003".repeat(depth) + isolated(name), ...others.map(number)),
	);
	return (
		dataTable({ caption: title, head: [hop, ...numbers.map((text) => ({ number: text }))], bodies: [body] }) +
		notes(said)
	);
}

const notes = (texts: readonly string[]) => texts.map((text) => tag("p", { class: "note" }, isolated(text))).join("");
