import type { Figures } from "../../analysis/figures.ts";
import { manyTables } from "../report/many-at-once.ts";
import { escaped } from "../report/svg.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** Services that were asked in the same instant, and cold starts among idle ones; empty where there are none. */
export function manyAtOnceOf(figures: Figures): string {
	const tables = manyTables(figures).map(({ title, rows: [head = [], ...rows], notes }) => {
		const bodies = [rows.map(([first = "", ...others]) => tableRow(escaped(first), ...others.map(cell)))];
		const words = notes.map((note) => tag("p", { class: "note" }, isolated(note)));
		return dataTable({ caption: title, head: head.map(escaped), bodies }) + words.join("");
	});
	return tables.join("\n");
}
