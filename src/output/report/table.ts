import type { Figures } from "../../analysis/figures.ts";
import type { Report } from "../../report/report.ts";
import { priceSentences } from "../words/price-words.ts";
import { knobLines } from "./knobs-text.ts";
import { manyText } from "./many-at-once.ts";
import { terminalNotes } from "./notes.ts";
import type { RenderOptions } from "./render.ts";
import { type Form, forms, type GridContent, gridLines, widthOf } from "./table-grid.ts";
import { legend } from "./table-legend.ts";
import { columnsOf, type Terminal, terminalOf, wrapped } from "./terminal.ts";
import { barText, leastLane, scaleFor, scaleWords, type Waterfall, waterfallLines, waterfallOf } from "./waterfall.ts";

/**
 * The comparison for a terminal, no wider than it is: what each profile costs, a table with a column a profile and a row
 * a span or phase, where the time goes, and what a reader must know. Profiles that do not fit beside each other come in
 * further tables, each beside the first profile.
 */
export function renderTable(figures: Figures, options: RenderOptions): string {
	const terminal = terminalOf(options);
	const paragraphs = [
		answer(figures, terminal),
		...tables(figures, options, terminal),
		knobLines(figures).flatMap((line) => indented(line, terminal)),
		...manyText(figures, terminal),
		terminalNotes(figures, options).flatMap((note) => wrapped(terminal.plain(note), terminal.width)),
	];
	return `${paragraphs
		.filter((lines) => lines.length > 0)
		.map((lines) => lines.join("\n"))
		.join("\n\n")}\n`;
}

/** A line in as many as it takes, all as far to the right as it begins; blanks that make columns stay. */
function indented(text: string, { plain, width }: Terminal): string[] {
	const [indent = ""] = /^ */.exec(text) ?? [];
	const columns = text.slice(indent.length).split(/ {2,}/).map(plain);
	const gaps = text.slice(indent.length).match(/ {2,}/g) ?? [];
	const line = indent + columns.map((column, index) => column + (gaps[index] ?? "")).join("");
	if (columnsOf(line) <= width) return [line];
	return wrapped(columns.join(" "), width - indent.length).map((part) => indent + part);
}

function answer({ report, prices }: Figures, { plain, width }: Terminal): string[] {
	const simulated = report.simulated === undefined ? "" : "simulated: ";
	return priceSentences(prices).flatMap((sentence) => wrapped(plain(simulated + sentence), width));
}

function heading({ simulated, profiles }: Report, { plain, paint, width }: Terminal): string[] {
	const made = simulated === undefined ? "" : ` — SIMULATED (model ${simulated.model})`;
	const change = profiles.length > 1 ? `, change from ${profiles[0]?.profile.name}` : "";
	const text = `Cold starts of a Knative service${made}: medians in ms ± measurement${change}`;
	return wrapped(plain(text), width).map((line) => paint.strong(line));
}

/** The tables with their legend, and where the time goes if it is not drawn at their side. */
function tables(figures: Figures, { reference, isWide = false }: RenderOptions, terminal: Terminal): string[][] {
	const { report, summary } = figures;
	const head = heading(report, terminal);
	if (summary.columns.length === 0) return [[...head, "no data: the report has no profile"]];
	const waterfall = waterfallOf(figures);
	const { form, blocks, barWidth } = layout(isWide ? forms.slice(0, 1) : forms, {
		columns: [...summary.columns.keys()],
		width: terminal.width,
		hasBars: waterfall !== undefined,
		isWhole: isWide,
		draw: (columns, form) => gridLines({ summary, columns, reference }, form, terminal),
	});
	const bars = waterfall === undefined || barWidth === undefined ? undefined : barsOf(waterfall, barWidth, terminal);
	const grids = blocks.map((columns) => gridLines({ summary, columns, reference, ...bars?.content }, form, terminal));
	const last = [...(grids.pop() ?? []), ...legend(summary, form, bars?.words, terminal)];
	const all = [...grids, last].map((lines, index) => (index === 0 ? [...head, ...lines] : lines));
	return waterfall === undefined || bars !== undefined ? all : [...all, waterfallLines(waterfall, terminal)];
}

/** Bars for the rows of the table. */
function barsOf(waterfall: Waterfall, columns: number, terminal: Terminal) {
	const scale = scaleFor(waterfall, columns);
	const bars: GridContent["bars"] = (row, column) => {
		const lane = waterfall.lanes[column];
		if (lane?.bars.size === 0) return row === "total" ? "no data" : "";
		return lane === undefined ? "" : barText(lane, row, scale, terminal);
	};
	return { content: { bars, barWidth: scale.laneWidth }, words: `bars: ${scaleWords(scale)}` };
}

interface Question {
	columns: readonly number[];
	width: number;
	/** Whether there is something to draw at the side. */
	hasBars: boolean;
	/** Whether all columns stand side by side, whatever the width. */
	isWhole: boolean;
	draw(columns: readonly number[], form: Form): string[];
}

interface Layout {
	form: Form;
	/** Which columns stand side by side. */
	blocks: number[][];
	/** How wide each column's bars may be; undefined where there is no room for them. */
	barWidth?: number;
}

/** As many columns side by side as there is room for; then, bars beside them rather than more in the table. */
function layout(forms: readonly Form[], { columns, width, hasBars, isWhole, draw }: Question): Layout {
	const narrowest = forms.at(-1) as Form;
	const [first = 0, ...others] = columns;
	const alone = widthOf(draw([first], narrowest));
	const further = new Map(others.map((other) => [other, widthOf(draw([first, other], narrowest)) - alone]));
	// Tables are drawn to be measured, which takes long for many columns; their widths add up.
	const atMost = (block: readonly number[]) => block.reduce((sum, column) => sum + (further.get(column) ?? 0), alone);
	const leastBars = columns.length * (leastLane + 2);
	if (hasBars && atMost(columns) + leastBars <= width) {
		const rooms = forms.map((form) => ({ form, room: width - widthOf(draw(columns, form)) }));
		const roomy = rooms.find(({ room }) => room >= leastBars);
		if (roomy !== undefined) {
			return { form: roomy.form, blocks: [[...columns]], barWidth: Math.floor(roomy.room / columns.length) - 2 };
		}
	}
	if (isWhole) return { form: narrowest, blocks: [[...columns]] };
	let most = Math.max(1, others.length);
	while (most > 1 && blocksOf(first, others, most).some((block) => atMost(block) > width)) most--;
	const blocks = blocksOf(first, others, most);
	const fits = (form: Form) => blocks.every((block) => widthOf(draw(block, form)) <= width);
	return { form: forms.find(fits) ?? narrowest, blocks };
}

/** The first column with so many of the others, as often as there are others left. */
function blocksOf(first: number, others: readonly number[], most: number): number[][] {
	if (others.length === 0) return [[first]];
	return Array.from({ length: Math.ceil(others.length / most) }, (_, i) => [
		first,
		...others.slice(i * most, (i + 1) * most),
	]);
}
