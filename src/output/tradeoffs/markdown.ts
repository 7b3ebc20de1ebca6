import { literalMarkdown } from "../../text/one-line.ts";
import type { TradeoffTable } from "../../tradeoffs/table.ts";
import { tookOf } from "../../tradeoffs/took.ts";
import { type TraceWords, traceWords } from "./trace-words.ts";
import { cellWords, readingNotes, talkWords, titleOf } from "./words.ts";

/** The talk's table in Markdown: a row a profile, the talk's row below it, then the evidence. */
export function renderTradeoffMarkdown(table: TradeoffTable): string {
	const head = ["", ...table.columns.map(({ title }) => title)];
	const lines = [`### ${titleOf(table)}`, "", row(head), row(head.map(() => "---"))];
	for (const { profile, cells } of table.rows) {
		lines.push(row([`**${literalMarkdown(profile)}**`, ...cells.map(cellWords)]));
		if (cells.some(({ talk }) => talk !== undefined)) lines.push(row(["in the talk", ...cells.map(talkWords)]));
	}
	lines.push("", ...table.rows.map(({ sentence }) => `- ${literalMarkdown(sentence)}`), "");
	for (const { profile, cells } of table.rows) {
		lines.push(`Evidence for ${literalMarkdown(profile)}:`, "");
		for (const [index, { evidence }] of cells.entries()) {
			lines.push(`- ${table.columns[index]?.title}: ${literalMarkdown(evidence)}`);
		}
		lines.push("");
	}
	for (const { profile, traces } of table.rows) lines.push(...traceWords(profile, traces).flatMap(traceLines));
	lines.push(...tookOf(table.rows).map((words) => `- ${literalMarkdown(words)}`));
	lines.push(...readingNotes.map((note) => `- ${literalMarkdown(note)}`), "");
	return lines.join("\n");
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** A hop's depth is shown by points: Markdown trims the spaces of a cell. */
function traceLines({ title, head, rows, notes }: TraceWords): string[] {
	return [
		`${literalMarkdown(title)}:`,
		"",
		row(head),
		row(head.map((_, index) => (index === 0 ? "---" : "---:"))),
		...rows.map(({ depth, cells }) =>
			row(cells.map((cell, index) => (index === 0 ? "· ".repeat(depth) : "") + literalMarkdown(cell))),
		),
		"",
		...notes.flatMap((note) => [`- ${literalMarkdown(note)}`]),
		"",
	];
}
