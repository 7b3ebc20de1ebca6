import { Chalk, type ChalkInstance } from "chalk";
import Table from "cli-table3";
import { oneLine } from "../../text/one-line.ts";
import type { ShownCell, TradeoffTable } from "../../tradeoffs/table.ts";
import { borderless } from "../report/table.ts";
import { cellWords, readingNotes, talkWords, titleOf } from "./words.ts";

/** For a terminal: a row a cost or benefit, a column a profile with the talk's beside it, then the evidence. */
export function renderTradeoffTable(table: TradeoffTable, { color = false }: { color?: boolean } = {}): string {
	const chalk = new Chalk({ level: color ? 1 : 0 });
	const hasTalk = table.rows.map(({ cells }) => cells.some(({ talk }) => talk !== undefined));
	const grid = new Table({
		...borderless,
		head: [
			"",
			...table.rows.flatMap(({ profile }, index) => [
				chalk.bold(oneLine(profile)),
				...(hasTalk[index] ? [chalk.dim("in the talk")] : []),
			]),
		],
	});
	for (const kind of ["cost", "benefit"] as const) {
		grid.push([chalk.dim(kind === "cost" ? "costs" : "benefits")]);
		for (const [place, column] of table.columns.entries()) {
			if (column.kind !== kind) continue;
			const cells = table.rows.flatMap((row, index) => {
				const cell = row.cells[place];
				if (cell === undefined) return [];
				return [painted(cell, chalk), ...(hasTalk[index] ? [chalk.dim(talkWords(cell))] : [])];
			});
			grid.push([`  ${column.title}`, ...cells]);
		}
	}
	const sentences = table.rows.map(({ sentence }) => oneLine(sentence));
	return [
		chalk.bold(titleOf(table)),
		grid.toString(),
		"",
		...sentences,
		"",
		...evidence(table),
		...readingNotes,
		"",
	].join("\n");
}

function painted(cell: ShownCell, chalk: ChalkInstance): string {
	const text = cellWords(cell);
	return cell.answer === "not-tested" ? chalk.dim(text) : text;
}

function evidence({ columns, rows }: TradeoffTable): string[] {
	return rows.flatMap(({ profile, cells }) => [
		`evidence for ${oneLine(profile)}:`,
		...cells.map((cell, index) => `  ${columns[index]?.title}: ${oneLine(cell.evidence)}`),
		"",
	]);
}
