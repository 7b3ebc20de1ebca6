import Table from "cli-table3";
import type { Cell, Change, ComparisonTable } from "../../analysis/comparison.ts";
import { oneLine } from "../../text/one-line.ts";
import { formatMsWithRange, unknown } from "../words/amounts.ts";
import { ledgerWords } from "../words/units.ts";
import { chanceWords, changeNote, changeWords, unknownChange, unknownMedian } from "../words/verdict-words.ts";

/** Tables of medians side by side, like those of benchstat: `~` where a difference is not significant. */
export function renderComparison(tables: readonly ComparisonTable[]): string {
	const note = tables.some(({ columns }) => columns.length > 1) ? [changeNote.replaceAll("; ", "\n")] : [];
	return `${[...tables.map(renderTable), ...note].join("\n\n")}\n`;
}

function renderTable({ title, columns, rows, varies }: ComparisonTable): string {
	const notes = footnotes();
	const table = new Table({ chars: noBorders, style: { "padding-left": 0, "padding-right": 2, head: [], border: [] } });
	table.push(
		["", ...columns.flatMap((column, index) => [headOf(column), ...(index === 0 ? [] : ["change"])])],
		...rows.map(({ measure, cells }) => [
			oneLine(measure),
			...cells.flatMap((cell, index) => [
				estimateText(cell, notes.mark),
				...(index === 0 ? [] : [changeText(cell, cells[0], notes.mark)]),
			]),
		]),
	);
	const lines = table
		.toString()
		.split("\n")
		.map((line) => line.trimEnd());
	const varying =
		varies.length === 0 ? [] : [`the columns were measured differently, in: ${oneLine(varies.join(", "))}`];
	const ledgers = columns.map(({ label, ledger }) => `${oneLine(label)}: ${ledgerWords(ledger)}`);
	return [...(title === undefined ? [] : [oneLine(title)]), ...lines, ...notes.lines(), ...ledgers, ...varying].join(
		"\n",
	);
}

const noBorders = Object.fromEntries(
	["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
		.concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
		.map((name) => [name, ""]),
);

function headOf({ label, simulated, ledger }: ComparisonTable["columns"][number]): string {
	return `${oneLine(label)}${simulated ? " (simulated)" : ""}, n=${ledger.counted}`;
}

type Mark = (note: string) => string;

function estimateText({ estimate }: Cell, mark: Mark): string {
	if (estimate === undefined) return "-";
	const text = formatMsWithRange(estimate.medianMs, estimate.interval ?? unknown);
	const few = unknownMedian(estimate);
	if (few !== undefined) return `${text}${mark(few)}`;
	return `${text}${estimate.missing === 0 ? "" : mark(`${estimate.missing} more without a value`)}`;
}

function changeText({ change, estimate }: Cell, base: Cell | undefined, mark: Mark): string {
	if (change === undefined) return "";
	const few = unknownChange(change, [base?.estimate, estimate]);
	const share = change.isSignificant ? shareText(change) : "";
	const chance = `${share} (${chanceWords(change)})`;
	return `${changeWords(change, change.interval ?? unknown)}${chance}${few === undefined ? "" : mark(few)}`;
}

function shareText({ share }: Change): string {
	if (share === undefined) return "";
	return ` ${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
}

const superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

/** Numbers notes in the order they are first needed. */
function footnotes() {
	const notes: string[] = [];
	const numeral = (index: number) => [...String(index + 1)].map((digit) => superscripts[Number(digit)]).join("");
	return {
		mark(note: string): string {
			if (!notes.includes(note)) notes.push(note);
			return ` ${numeral(notes.indexOf(note))}`;
		},
		lines: () => notes.map((note, index) => `${numeral(index)} ${note}`),
	};
}
