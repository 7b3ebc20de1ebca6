import type { Figures } from "../../analysis/figures.ts";
import type { Cell } from "../../analysis/summary.ts";
import { csvText } from "./csv-text.ts";
import type { RenderOptions } from "./render.ts";

/**
 * The table of the medians as CSV for a slide: a row a measure, a column a profile, in seconds as plain numbers. What
 * was not measured is an empty cell. The last rows say how many cold starts the medians are of.
 */
export function renderSlideCsv({ report, summary }: Figures, { csv }: RenderOptions): string {
	const { columns, groups } = summary;
	const simulated = report.simulated === undefined ? "" : ", simulated";
	const head = ["measure", ...columns.map(({ title }) => `${title} (median, s${simulated})`)];
	const rows = groups.flatMap(({ rows }) => rows.map(({ name, cells }) => [name, ...cells.map(seconds)]));
	const counts = [
		["cold starts counted", ...columns.map(({ ledger }) => ledger.counted)],
		["attempts", ...columns.map(({ ledger }) => ledger.attempted)],
	];
	return csvText([head, ...rows, ...counts], csv);
}

/** With the digits of a microsecond. */
function seconds(cell: Cell | undefined): number | undefined {
	return cell === undefined ? undefined : Number((cell.medianMs / 1000).toFixed(6));
}
