import { escaped } from "../report/svg.ts";
import { tag } from "./drawing/markup.ts";

/** A table that may be wider than the page. */
export interface DataTable {
	/** What it shows. */
	caption: string;
	/** The heads of the columns. */
	head: readonly Head[];
	/** Markup of whole rows, with one body for each group. */
	bodies: readonly (readonly string[])[];
}

/** Markup; a column of numbers has its head above their ends. */
export type Head = string | { number: string };

/** A table in a frame of its own that scrolls, also by keyboard. */
export function dataTable({ caption, head, bodies }: DataTable): string {
	const table = tag(
		"table",
		{},
		tag("caption", {}, escaped(caption)),
		tag("thead", {}, tag("tr", {}, ...head.map(headCell))),
		...bodies.map((rows) => `\n${tag("tbody", {}, rows.map((row) => `\n${row}`).join(""))}`),
	);
	return scrolling(caption, table);
}

function headCell(head: Head): string {
	if (head === "") return tag("td", {});
	if (typeof head === "string") return tag("th", { scope: "col" }, head);
	return tag("th", { scope: "col", class: "number" }, head.number);
}

/** Something wide in a frame that scrolls. */
export function scrolling(name: string, content: string): string {
	return tag("div", { class: "scroll", role: "group", "aria-label": name, tabindex: 0 }, content);
}

/** A row: the first cell is its head. */
export const tableRow = (head: string, ...cells: readonly string[]): string =>
	tag("tr", {}, tag("th", { scope: "row" }, head), ...cells);

/** A cell of text that may be long. */
export const cell = (text: string): string => tag("td", {}, escaped(text));
