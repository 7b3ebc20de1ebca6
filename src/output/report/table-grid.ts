import Table from "cli-table3";
import type { Cell, Row, Summary } from "../../analysis/summary.ts";
import { openEnd } from "../words/units.ts";
import { narrow } from "./borderless.ts";
import { talkFigures } from "./talk-figures.ts";
import { brokenName, columnsOf, type Terminal } from "./terminal.ts";

/** How much a table shows: what is left out makes it narrower. */
export interface Form {
	/** 95 % intervals in a column of their own; otherwise that of total in a line. */
	hasIntervals: boolean;
	hasFullNames: boolean;
	/** Without a column of its own, the source is a letter behind the ±, and rows are not indented. */
	hasSources: boolean;
}

/** The widest first. */
export const forms: readonly Form[] = [
	{ hasIntervals: true, hasFullNames: true, hasSources: true },
	{ hasIntervals: true, hasFullNames: false, hasSources: true },
	{ hasIntervals: false, hasFullNames: true, hasSources: true },
	{ hasIntervals: false, hasFullNames: false, hasSources: true },
	{ hasIntervals: false, hasFullNames: false, hasSources: false },
];

/** How a source is written where there is no room for the word. */
export const sourceLetters: Record<string, string> = {
	client: "c",
	"event-name": "n",
	"event-time": "t",
	watch: "w",
	status: "s",
	order: "o",
};

/** What the talk calls the time of a container, before the container's name. */
const startup = "container_startup_";
const [nameWidth, columnWidth] = [34, 16];

/** What a table is drawn of. */
export interface GridContent {
	summary: Summary;
	/** The columns, by their positions; the first is what the others are compared with. */
	columns: readonly number[];
	reference: "talk" | undefined;
	/** Bars at the right of the rows, for each column. */
	bars?: (row: string, column: number) => string;
	barWidth?: number;
}

/** A table of medians in milliseconds: a row a measure, the columns of each profile side by side. */
export function gridLines(content: GridContent, form: Form, terminal: Terminal): string[] {
	const { summary, columns, bars } = content;
	const { plain, paint } = terminal;
	const grid = openGrid(content, form, terminal);
	const nameOf = (column: number) => summary.columns[column]?.name ?? "";
	grid.whole(
		"",
		(column) => broken(plain(nameOf(column)), columnWidth, paint.strong),
		(column) => broken(plain(nameOf(column)), content.barWidth ?? columnWidth, paint.strong),
	);
	grid.whole("counted, of attempts", (column) => {
		const { counted, attempted } = summary.columns[column]?.ledger ?? {};
		return `${counted} of ${attempted}`;
	});
	const indent = form.hasSources ? "  " : "";
	for (const { title, rows } of summary.groups) {
		const shown = rows.filter(({ name, cells }) => name === "total" || columns.some((column) => cells[column]));
		if (shown.length === 0) continue;
		if (shown[0]?.name !== "total") grid.title(title);
		let isNested = false;
		for (const row of shown) {
			const isStartup = !form.hasFullNames && row.name.startsWith(startup);
			if (isStartup && !isNested) grid.label(`${indent}${startup}`);
			isNested = isStartup;
			const name = plain(isStartup ? row.name.slice(startup.length) : row.name);
			grid.row(row, isStartup ? `${indent}  ` : indent, name, (column) => bars?.(row.name, column) ?? "");
			if (row.name === "total" && !form.hasIntervals && columns.some((column) => row.cells[column]?.interval)) {
				grid.whole(`${indent}  95 % interval`, (column) => paint.faint(intervalText(row.cells[column])));
			}
			const talk = columns.map((column) => talkFigures[nameOf(column)]?.[row.name]);
			if (content.reference === "talk" && talk.some((ms) => ms !== undefined))
				grid.talk(`${indent}  in the talk`, talk);
		}
	}
	return grid.lines();
}

function broken(name: string, width: number, paint: (text: string) => string): string {
	const lines = brokenName(name, width);
	return lines.map((line) => paint(line)).join("\n");
}

/** The rows of a table, each with a label, the columns of each profile, and a bar for each of them. */
function openGrid(content: GridContent, form: Form, terminal: Terminal) {
	const { summary, columns, bars } = content;
	const { plain, paint } = terminal;
	const parts = columns.map((column) => partsOf(summary, column, form, terminal));
	const lanes = bars === undefined ? [] : columns;
	const lead = form.hasSources ? 2 : 1;
	const right = parts.flatMap(({ width }) => Array.from({ length: width }, () => "right" as const));
	const table = new Table({
		...narrow,
		colAligns: [...Array.from({ length: lead }, () => "left" as const), ...right, ...lanes.map(() => "left" as const)],
		colWidths: [...new Array(lead + right.length).fill(null), ...lanes.map(() => (content.barWidth ?? 0) + 1)],
	});
	const across = (label: string) => ({ content: label, colSpan: lead });
	const drawn = (bar: (column: number) => string) => lanes.map((column) => bar(column).replace(/^(?=.)/gm, " "));
	return {
		title: (text: string) => table.push([{ content: paint.faint(text), colSpan: lead + right.length + lanes.length }]),
		label: (text: string) => table.push([across(text), ...right.map(() => ""), ...lanes.map(() => "")]),
		whole(label: string, text: (column: number) => string, bar: (column: number) => string = () => "") {
			const cells = columns.map((column, i) => ({
				content: text(column).replace(/^(?=.)/gm, " "),
				colSpan: parts[i]?.width ?? 1,
				hAlign: "right" as const,
			}));
			table.push([across(label), ...cells, ...drawn(bar)]);
		},
		talk(label: string, figures: readonly (number | undefined)[]) {
			const cells = figures.flatMap((ms, i) => [
				paint.faint(` ${ms === undefined ? plain("–") : msText(ms)}${parts[i]?.hasPartial ? " " : ""}`),
				...Array.from({ length: (parts[i]?.width ?? 1) - 1 }, () => ""),
			]);
			table.push([across(paint.faint(label)), ...cells, ...lanes.map(() => "")]);
		},
		row(row: Row, indent: string, name: string, bar: (column: number) => string) {
			const label = broken(name, nameWidth - indent.length, (line) => indent + line);
			const source = form.hasSources ? [paint.faint(sourceText(row, content))] : [];
			table.push([label, ...source, ...parts.flatMap(({ of }) => of(row)), ...drawn(bar)]);
		},
		lines: () =>
			table
				.toString()
				.split("\n")
				.map((line) => line.trimEnd()),
	};
}

/** The columns of one profile: always the same number, so that their digits stand below each other. */
interface Parts {
	width: number;
	/** Whether medians have a place for a star. */
	hasPartial: boolean;
	of(row: Row): string[];
}

function partsOf({ columns, groups }: Summary, column: number, form: Form, { plain, paint }: Terminal): Parts {
	const cells = groups.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells[column] ?? []));
	const { counted } = columns[column]?.ledger ?? {};
	const isPartial = (cell: Cell) => cell.n !== counted;
	const [hasPartial, hasChange] = [cells.some(isPartial), cells.some(({ change }) => change !== undefined)];
	const hasMark = cells.some(({ change }) => change !== undefined && !change.isSignificant);
	const star = (cell: Cell | undefined) => (hasPartial ? (cell !== undefined && isPartial(cell) ? "*" : " ") : "");
	const letter = ({ source }: Cell) => (form.hasSources ? "" : (sourceLetters[source] ?? source));
	const every = [
		{ is: true, text: (cell: Cell) => ` ${msText(cell.medianMs)}${star(cell)}` },
		{
			is: true,
			text: (cell: Cell) => paint.faint(plain(`±${msText((cell.band.hi - cell.band.lo) / 2)}${letter(cell)}`)),
		},
		{ is: form.hasIntervals && cells.some(({ interval }) => interval), text: intervalText },
		{ is: hasChange, text: changeText },
	].filter(({ is }) => is);
	const missing = every.map((_, index) => (index === 0 ? ` ${plain("–")}${star(undefined)}` : ""));
	return {
		width: every.length,
		hasPartial,
		of: ({ cells }) => {
			const cell = cells[column];
			return cell === undefined ? missing : every.map(({ text }) => text(cell));
		},
	};

	function changeText({ change }: Cell): string {
		if (change === undefined) return "";
		const text = `${change.ms > 0 ? "+" : ""}${msText(change.ms)}`;
		if (!change.isSignificant) return paint.faint(`${text}${markOf(change)}`);
		return `${change.ms > 0 ? paint.slower(text) : paint.faster(text)}${hasMark ? " " : ""}`;
	}
}

/** What stands behind a change that is no difference. */
export const markOf = ({ interval }: NonNullable<Cell["change"]>): "~" | "?" => (interval === undefined ? "?" : "~");

function intervalText(cell: Cell | undefined): string {
	if (cell?.interval === undefined) return "";
	const [lo, hi] = [cell.interval.lo, cell.interval.hi].map((ms) => openEnd(ms) ?? msText(ms));
	return `[${lo}, ${hi}]`;
}

/** Milliseconds without their unit: whole ones, or with one digit below ten. */
function msText(ms: number): string {
	const text = Math.abs(ms) >= 9.95 ? String(Math.round(ms)) : ms.toFixed(1);
	return Number(text) === 0 ? text.replace("-", "") : text;
}

/** One for all columns, or one for each where those that have the measure differ. */
function sourceText({ cells }: Row, { columns }: GridContent): string {
	const own = columns.map((column) => cells[column]?.source);
	const distinct = new Set(own.filter((source) => source !== undefined));
	return [...(distinct.size > 1 ? own.map((source) => source ?? "–") : distinct)].join("/");
}

/** How wide the widest line is. */
export const widthOf = (lines: readonly string[]): number => Math.max(0, ...lines.map(columnsOf));
