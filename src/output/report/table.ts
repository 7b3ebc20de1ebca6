import { Chalk, type ChalkInstance } from "chalk";
import Table from "cli-table3";
import type { Figures } from "../../analysis/figures.ts";
import type { Cell, Row, Summary } from "../../analysis/summary.ts";
import type { Report } from "../../report/report.ts";
import { oneLine } from "../../text/one-line.ts";
import { priceSentences } from "../words/price-words.ts";
import { duration, range, signedDuration } from "../words/units.ts";
import { knobLines } from "./knobs-text.ts";
import { manyText } from "./many-at-once.ts";
import { notesOf } from "./notes.ts";
import type { RenderOptions } from "./render.ts";
import { talkFigures } from "./talk-figures.ts";

/** The comparison for a terminal: a column a profile, a row a span or phase with its source, then what a reader must know. */
export function renderTable(figures: Figures, options: RenderOptions): string {
	const chalk = new Chalk({ level: options.color ? 1 : 0 });
	const { report, summary } = figures;
	const table = new Table({
		head: [
			"",
			"source",
			...summary.columns.map(({ title, ledger }) => `${chalk.bold(title)}\n${ledger.counted} cold starts`),
		],
		colAligns: ["left", "left", ...summary.columns.map(() => "right" as const)],
		style: { head: [], border: options.color ? ["gray"] : [], compact: true },
		chars: lines,
	});
	for (const { title, rows } of summary.groups) {
		if (rows.length === 0) continue;
		table.push([{ content: chalk.dim(title), colSpan: summary.columns.length + 2 }]);
		for (const row of rows) {
			table.push([
				`  ${oneLine(row.name)}`,
				chalk.dim(row.source),
				...row.cells.map((cell, index) => cellText(cell, summary.columns[index]?.ledger.counted, chalk)),
			]);
			const talk = options.reference === "talk" ? talkRow(row, summary) : undefined;
			if (talk !== undefined) table.push([chalk.dim("    in the talk"), "", ...talk.map((text) => chalk.dim(text))]);
		}
	}
	const sentences = priceSentences(figures.prices);
	const answer = sentences.length === 0 ? [] : [...sentences, ""];
	const knobs = knobLines(figures);
	return [
		...answer,
		heading(report, chalk),
		table.toString(),
		...knobs,
		...notesOf(figures),
		...manyText(figures),
		"",
	].join("\n");
}

/** No lines between cells. */
const lines = {
	top: "",
	"top-mid": "",
	"top-left": "",
	"top-right": "",
	bottom: "",
	"bottom-mid": "",
	"bottom-left": "",
	"bottom-right": "",
	left: "",
	"left-mid": "",
	mid: "",
	"mid-mid": "",
	right: "",
	"right-mid": "",
	middle: " ",
};

/** A table of columns alone, the first of them to the left. */
export const borderless = { chars: lines, style: { head: [], border: [], compact: true } };

function heading(report: Report, chalk: ChalkInstance): string {
	const simulated = report.simulated === undefined ? "" : ` — SIMULATED (model ${oneLine(report.simulated.model)})`;
	const title = chalk.bold(`Cold starts of a Knative service${simulated}: medians, ± measurement, 95 % interval`);
	const difference =
		report.profiles.length > 1 ? `, difference to ${oneLine(report.profiles[0]?.profile.name ?? "")}` : "";
	return `${title}${chalk.bold(difference)}`;
}

/** A measure that not every counted cold start has says of how many it is the median. */
function cellText(cell: Cell | undefined, counted: number | undefined, chalk: ChalkInstance): string {
	if (cell === undefined) return chalk.dim("–");
	const halfBand = (cell.band.hi - cell.band.lo) / 2;
	const median = `${duration(cell.medianMs)} ${chalk.dim(`±${duration(halfBand)}`)}`;
	const interval = cell.interval === undefined ? "" : ` ${chalk.dim(range(cell.interval.lo, cell.interval.hi))}`;
	const share = cell.n === counted ? "" : chalk.dim(` n=${cell.n}`);
	return `${median}${interval}${share}${changeText(cell, chalk)}`;
}

function changeText({ change }: Cell, chalk: ChalkInstance): string {
	if (change === undefined) return "";
	if (!change.isSignificant) {
		return chalk.dim(` ${signedDuration(change.ms)} ${change.interval === undefined ? "?" : "~"}`);
	}
	const paint = change.ms > 0 ? chalk.red : chalk.green;
	return ` ${paint(signedDuration(change.ms))}  `;
}

function talkRow(row: Row, summary: Summary): string[] | undefined {
	const figures = summary.columns.map(({ name }) => talkFigures[name]?.[row.name]);
	if (figures.every((figure) => figure === undefined)) return undefined;
	return figures.map((figure) => (figure === undefined ? "–" : duration(figure)));
}
