import type { Figures } from "../../analysis/figures.ts";
import type { Cell } from "../../analysis/summary.ts";
import { codeMarkdown, literalMarkdown } from "../../text/one-line.ts";
import { priceSentences } from "../words/price-words.ts";
import { duration, range, signedDuration } from "../words/units.ts";
import { knobMarkdown } from "./knobs-text.ts";
import { manyMarkdown } from "./many-at-once.ts";
import { notesOf } from "./notes.ts";
import type { RenderOptions } from "./render.ts";
import { talkFigures } from "./talk-figures.ts";

/** The comparison as a Markdown table with its notes, for a pull request or a page. */
export function renderMarkdown(figures: Figures, options: RenderOptions = {}): string {
	const { report, summary } = figures;
	const simulated = report.simulated === undefined ? "" : " (simulated)";
	const head = [
		"median ± measurement [95 % interval]",
		"source",
		...summary.columns.map(({ title }) => literalMarkdown(title)),
	];
	const lines = [
		`### Cold starts of a Knative service${simulated}`,
		"",
		...priceSentences(figures.prices).flatMap((sentence) => [literalMarkdown(sentence), ""]),
		row(head),
		row(head.map((_, i) => (i < 2 ? "---" : "---:"))),
	];
	for (const { title, rows } of summary.groups) {
		if (rows.length === 0) continue;
		lines.push(row([`**${title}**`, "", ...summary.columns.map(() => "")]));
		for (const { name, cells, source } of rows) {
			lines.push(row([codeMarkdown(name), source, ...cells.map(cellText)]));
			const figures = summary.columns.map((column) => talkFigures[column.name]?.[name]);
			if (options.reference === "talk" && figures.some((figure) => figure !== undefined)) {
				lines.push(
					row(["in the talk", "", ...figures.map((figure) => (figure === undefined ? "–" : duration(figure)))]),
				);
			}
		}
	}
	lines.push(...knobMarkdown(figures));
	lines.push("", ...notesOf(figures).map((note) => `- ${literalMarkdown(note)}`));
	lines.push(...manyMarkdown(figures, literalMarkdown), "");
	return lines.join("\n");
}

function cellText(cell: Cell | undefined): string {
	if (cell === undefined) return "–";
	const { medianMs, band, interval } = cell;
	const between = interval === undefined ? "" : ` ${range(interval.lo, interval.hi)}`;
	return `${duration(medianMs)} ±${duration((band.hi - band.lo) / 2)}${between}${changeText(cell)}`;
}

function changeText({ change }: Cell): string {
	if (change === undefined) return "";
	if (change.isSignificant) return ` **${signedDuration(change.ms)}**`;
	return ` ${signedDuration(change.ms)} ${change.interval === undefined ? "?" : "\\~"}`;
}

const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
