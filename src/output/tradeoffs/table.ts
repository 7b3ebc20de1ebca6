import { Chalk, type ChalkInstance } from "chalk";
import Table from "cli-table3";
import { oneLine } from "../../text/one-line.ts";
import type { ShownCell, TradeoffRow, TradeoffTable } from "../../tradeoffs/table.ts";
import { tookOf } from "../../tradeoffs/took.ts";
import { borderless } from "../report/borderless.ts";
import { traceWords } from "./trace-words.ts";
import { cellWords, readingNotes, talkWords, titleOf } from "./words.ts";

/** How the terminal's table is shown. */
export interface TradeoffTableOptions {
	color?: boolean;
	/** Whether what was seen follows, a line a cell; it does unless this is false. */
	hasEvidence?: boolean;
}

const whereEvidenceIs = "what was seen: `knistio show REPORT --details`, or --format md";

/** For a terminal: a row a cost or benefit, a column a profile, what the talk says beside it, and the evidence. */
export function renderTradeoffTable(
	table: TradeoffTable,
	{ color = false, hasEvidence = true }: TradeoffTableOptions = {},
): string {
	const chalk = new Chalk({ level: color ? 1 : 0 });
	const grid = new Table({
		...borderless,
		head: ["", ...table.rows.map(({ profile }) => chalk.bold(oneLine(profile)))],
	});
	for (const kind of ["cost", "benefit"] as const) {
		grid.push([chalk.dim(kind === "cost" ? "costs" : "benefits")]);
		for (const [place, column] of table.columns.entries()) {
			if (column.kind !== kind) continue;
			const cells = table.rows.flatMap(({ cells }) => cells[place] ?? []);
			grid.push([`  ${column.title}`, ...cells.map((cell) => painted(cell, chalk))]);
		}
	}
	const sentences = table.rows.map(({ sentence }) => oneLine(sentence));
	const seen = hasEvidence ? evidence(table) : [whereEvidenceIs, ""];
	const lines = [chalk.bold(titleOf(table)), grid.toString(), ...readingNotes, "", ...sentences, "", ...seen];
	if (!hasEvidence) return lines.join("\n");
	const took = tookOf(table.rows).map((words) => oneLine(words));
	return [...lines, ...table.rows.flatMap((each) => traces(each, chalk)), ...took].join("\n");
}

function traces({ profile, traces }: TradeoffRow, chalk: ChalkInstance): string[] {
	return traceWords(profile, traces).flatMap(({ title, head, rows, notes }) => {
		const colAligns = head.map((_, index) => (index === 0 ? ("left" as const) : ("right" as const)));
		const grid = new Table({ ...borderless, head, colAligns });
		for (const { depth, cells } of rows) {
			grid.push(cells.map((cell, index) => (index === 0 ? "  ".repeat(depth) : "") + oneLine(cell)));
		}
		return [chalk.bold(oneLine(title)), grid.toString(), ...notes.map(oneLine), ""];
	});
}

function painted(cell: ShownCell, chalk: ChalkInstance): string {
	const text = cell.answer === "not-tested" ? chalk.dim(cellWords(cell)) : cellWords(cell);
	return cell.talk === undefined ? text : `${text} ${chalk.dim(`(talk: ${talkWords(cell)})`)}`;
}

function evidence({ columns, rows }: TradeoffTable): string[] {
	return rows.flatMap(({ profile, cells }) => [
		`evidence for ${oneLine(profile)}:`,
		...cells.map((cell, index) => `  ${columns[index]?.title}: ${oneLine(cell.evidence)}`),
		"",
	]);
}
