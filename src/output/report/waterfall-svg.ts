import type { Figures, RunFigures } from "../../analysis/figures.ts";
import { pathOf } from "../../analysis/finer.ts";
import { titleOf } from "../../analysis/summary.ts";
import type { Report } from "../../report/report.ts";
import { duration } from "../words/units.ts";
import { ownerOf, unknownOwner } from "./owners.ts";
import { placedSpans } from "./placed-spans.ts";
import type { RenderOptions } from "./render.ts";
import { axis, type Scale, shortened, slide, timeScale } from "./slide.ts";
import { element, escaped, svgDocument, text } from "./svg.ts";
import { talkFigures } from "./talk-figures.ts";

const { width, leastHeight, margin } = slide;
const left = 620;
const right = width - 220;
const rowHeight = 38;
const barHeight = 26;
const headHeight = 130;
const spanFill = "#56b4e9";

/** Readable from the last row of a room. */
const size = { title: 40, label: 24 };

/**
 * One cold start of each profile, row by row: the phases of the critical path, each from where the one before it ends,
 * and below them the talk's spans, which overlap. It is the cold start with the median total, as in the chart. With
 * `reference` the talk's figure of a span stands behind it as a dashed box.
 */
export function renderWaterfall({ report, runs }: Figures, { reference }: RenderOptions): string {
	const isSimulated = report.simulated !== undefined;
	const charts = runs.map((run) => chartOf(run, report, reference));
	const scale = timeScale(Math.max(0, ...charts.flatMap(({ rows }) => rows.map(endOf))), { left, right });
	const body: string[] = [];
	let y = margin;
	for (const chart of charts) {
		body.push(...drawChart(chart, scale, y));
		y += headHeight + Math.max(1, chart.rows.length) * rowHeight + margin;
	}
	if (charts.length === 0)
		body.push(text("no data: the report has no profile", { x: margin, y: y + 40, "font-size": 30 }));
	const title = `A cold start, phase by phase${isSimulated ? " — SIMULATED" : ""}`;
	const height = Math.max(leastHeight, y);
	return svgDocument({ width, height, title, description: charts.map(descriptionOf).join(" ") }, body);
}

interface Row {
	name: string;
	startMs: number;
	ms: number;
	fill: string;
	/** The talk's figure for the same span. */
	talkMs?: number;
}

interface Chart {
	title: string;
	note: string;
	rows: Row[];
}

function chartOf({ run, typical, ledger, isFiner }: RunFigures, report: Report, reference: "talk" | undefined): Chart {
	const { name } = run.profile;
	const simulated = report.simulated === undefined ? "" : " — SIMULATED";
	const title = `${titleOf(run.profile, report)}${simulated}`;
	if (typical?.total === undefined) return { title, note: `0 of ${ledger.attempted} attempts counted`, rows: [] };
	let startMs = 0;
	const phases = Object.entries(pathOf(typical, isFiner)).map(([phase, { ms }]): Row => {
		const row = { name: phase, startMs, ms, fill: (ownerOf(phase) ?? unknownOwner).fill };
		startMs += ms;
		return row;
	});
	const spans = placedSpans(typical.spans).map(({ name: span, fromMs, ms }): Row => {
		const talkMs = reference === undefined ? undefined : talkFigures[name]?.[span];
		return { name: span, startMs: fromMs, ms, fill: spanFill, ...(talkMs !== undefined && { talkMs }) };
	});
	const note = `the cold start with the median total of ${ledger.counted}: ${duration(typical.total.ms)}, round ${typical.round}`;
	return { title, note, rows: [...phases, ...spans] };
}

const endOf = ({ startMs, ms, talkMs }: Row) => startMs + Math.max(ms, talkMs ?? 0);

function drawChart({ title, note, rows }: Chart, scale: Scale, y: number): string[] {
	const top = y + headHeight;
	const bottom = top + rows.length * rowHeight;
	const place = { fromY: top, toY: bottom, wordsY: top - 10, fontSize: size.label };
	return [
		text(shortened(title, 70), { x: margin, y: y + 40, "font-size": size.title, "font-weight": 600 }),
		text(note, { x: margin, y: y + 80, "font-size": size.label }),
		...(rows.length === 0 ? [text("no data", { x: left, y: top, "font-size": 30 })] : axis(scale, place)),
		...rows.flatMap((row, index) => drawRow(row, scale, top + index * rowHeight)),
	];
}

function drawRow({ name, startMs, ms, fill, talkMs }: Row, scale: Scale, y: number): string[] {
	const box = { y: y + 6, height: barHeight };
	const x = scale.x(startMs);
	// A phase can come out slightly below zero within its bounds; a bar cannot show that.
	const end = scale.x(startMs + Math.max(ms, 0));
	const ghost = { fill: "none", stroke: "#555555", "stroke-width": 2, "stroke-dasharray": "8 6" };
	const talkEnd = talkMs === undefined ? end : scale.x(startMs + talkMs);
	const words = talkMs === undefined ? duration(ms) : `${duration(ms)}; the talk: ${duration(talkMs)}`;
	const label = element("title", {}, escaped(`${name} ${words}`));
	// Beside a bar that ends far to the right there is room on its left alone.
	const isBefore = Math.max(end, talkEnd) > right - 180;
	const place = isBefore ? { x: x - 12, "text-anchor": "end" } : { x: Math.max(end, talkEnd) + 12 };
	const isOutside = !isBefore || x - left > words.length * 14;
	return [
		text(shortened(name, 40), { x: margin, y: y + 28, "font-size": size.label }),
		element("rect", { x, width: end - x, fill, stroke: "#555555", "stroke-width": 0.5, ...box }, label),
		...(talkMs === undefined ? [] : [element("rect", { x, width: talkEnd - x, ...ghost, ...box })]),
		isOutside
			? text(words, { ...place, y: y + 28, "font-size": size.label })
			: text(words, { x: x + 12, y: y + 28, "font-size": size.label }),
	];
}

/** What the picture shows, for people who do not see it. */
function descriptionOf({ title, note, rows }: Chart): string {
	const each = rows.map(({ name, startMs, ms }) => `${name} ${duration(ms)} from ${duration(startMs)}`);
	return `${title}: ${[note, ...each].join("; ")}.`;
}
