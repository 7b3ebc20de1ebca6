import type { Figures } from "../../analysis/figures.ts";
import type { Cell, Row } from "../../analysis/summary.ts";
import type { RenderOptions } from "../report/render.ts";
import { escaped } from "../report/svg.ts";
import { talkFigures } from "../report/talk-figures.ts";
import { duration, range, signedDuration } from "../words/units.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { dataTable, tableRow } from "./table.ts";

/** The medians of every measure, a column a profile; the chart in numbers. */
export function mediansOf({ summary, report }: Figures, { reference }: RenderOptions): string {
	const { columns, groups } = summary;
	if (columns.length === 0) return "";
	const head = [
		"",
		...columns.map(({ title, ledger }) => ({ number: isolated(title) + small(`n = ${ledger.counted}`) })),
		"source",
	];
	const bodies = groups
		.filter(({ rows }) => rows.length > 0)
		.map(({ title, rows }) => [
			tag("tr", { class: "group" }, tag("th", { colspan: head.length, scope: "rowgroup" }, escaped(title))),
			...rows.flatMap((row) => [
				tableRow(
					isolated(row.name),
					...row.cells.map((cell, at) => cellMarkup(cell, columns[at]?.ledger.counted)),
					tag("td", {}, escaped(row.source)),
				),
				...(reference === "talk" ? talkRow(row, columns) : []),
			]),
		]);
	const first = report.profiles[0]?.profile.name ?? "";
	const isCompared = columns.length > 1;
	const difference = isCompared ? `, difference from ${first}` : "";
	return (
		dataTable({ caption: `Medians, ± measurement, 95 % interval${difference}`, head, bodies }) +
		(isCompared ? tag("p", { class: "note" }, howToRead) : "")
	);
}

const howToRead =
	"~ marks a difference that may be chance, ? one of too few cold starts. Any other difference of total is one with 95 % " +
	"confidence; of the phases that are marked as different, about one in ten may be so by chance. – was not measured.";

/** A measure that not every counted cold start has says of how many it is the median. */
function cellMarkup(cell: Cell | undefined, counted: number | undefined): string {
	if (cell === undefined) return number("–");
	const { medianMs, band, interval, n } = cell;
	const error = `±${duration((band.hi - band.lo) / 2)}`;
	const share = n === counted ? "" : ` n=${n}`;
	const between =
		interval === undefined ? "" : tag("span", { class: "small interval" }, range(interval.lo, interval.hi));
	const median = `${escaped(duration(medianMs))} ${tag("span", { class: "soft" }, escaped(error + share))}`;
	return tag("td", { class: "number" }, median, between, changeMarkup(cell));
}

function changeMarkup({ change }: Cell): string {
	if (change === undefined) return "";
	const text = signedDuration(change.ms);
	if (!change.isSignificant) return small(`${text} ${change.interval === undefined ? "?" : "~"}`);
	return tag("span", { class: `change ${change.ms > 0 ? "slower" : "faster"}` }, escaped(text));
}

const small = (text: string) => (text === "" ? "" : tag("span", { class: "small" }, escaped(text)));

function talkRow({ name }: Row, columns: Figures["summary"]["columns"]): string[] {
	const figures = columns.map((column) => talkFigures[column.name]?.[name]);
	if (figures.every((figure) => figure === undefined)) return [];
	const cells = figures.map((figure) => number(figure === undefined ? "–" : duration(figure)));
	return [tag("tr", { class: "talk" }, tag("th", { scope: "row" }, "in the talk"), ...cells, tag("td", {}))];
}
