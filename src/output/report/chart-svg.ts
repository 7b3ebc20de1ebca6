import type { Figures, RunFigures } from "../../analysis/figures.ts";
import { pathOf } from "../../analysis/finer.ts";
import { titleOf } from "../../analysis/summary.ts";
import type { Report } from "../../report/report.ts";
import { podCreated } from "../../report/steps.ts";
import { priceSentences } from "../words/price-words.ts";
import { duration } from "../words/units.ts";
import { ownerOf, owners, unknownOwner } from "./owners.ts";
import type { RenderOptions } from "./render.ts";
import { axis, type Scale, shortened, slide, timeScale } from "./slide.ts";
import { element, escaped, svgDocument, text } from "./svg.ts";
import { talkFigures } from "./talk-figures.ts";

const { width, leastHeight, margin } = slide;
const left = 470;
const right = width - 220;
const top = 250;
const rowHeight = 205;
const barHeight = 104;

/** Of a letter, as a share of the font's size; a little more than the fonts of {@link svgDocument} need. */
const letterWidth = 0.58;

/** Readable from the last row of a room. */
const size = { title: 44, label: 30, small: 24 };

/**
 * The profiles as stacked bars along the critical path. A bar is the cold start with the median total, since its phases
 * add up, which medians of phases do not; the line on top of it is the median's 95 % interval.
 */
export function renderChart(figures: Figures, { reference }: RenderOptions): string {
	const rows = rowsOf(figures, reference);
	const height = Math.max(leastHeight, heightOf(rows));
	const title = heading(figures.report);
	const sentences = priceSentences(figures.prices);
	const body = [
		text(title, { x: margin, y: 90, "font-size": size.title, "font-weight": 600 }),
		...sentences
			.slice(0, 3)
			.map((each, index) => text(shortened(each, 140), { x: margin, y: 140 + index * 34, "font-size": size.small })),
		...drawRows(rows, height),
	];
	return svgDocument({ width, height, title, description: descriptionOf(rows, sentences) }, body);
}

/** The same bars for a page that says the rest in words: without a heading, and no higher than they are. */
export function renderBars(figures: Figures, { reference }: RenderOptions): string {
	const rows = rowsOf(figures, reference);
	const height = heightOf(rows);
	const picture = { width, height, fromY: top - 40, title: heading(figures.report) };
	return svgDocument({ ...picture, description: descriptionOf(rows, []) }, drawRows(rows, height));
}

const rowsOf = ({ report, runs }: Figures, reference: RenderOptions["reference"]) =>
	runs.map((run) => rowOf(run, report, reference));

const heightOf = (rows: readonly Row[]) => top + Math.max(1, rows.length) * rowHeight + 140;

function drawRows(rows: readonly Row[], height: number): string[] {
	const scale = timeScale(Math.max(0, ...rows.map(({ endMs }) => endMs)), { left, right });
	const noRow = "no data: the report has no profile";
	const bottom = height - 130;
	return [
		...axis(scale, { fromY: top - 10, toY: bottom, wordsY: bottom + 34, fontSize: size.small }),
		...rows.flatMap((row, index) => drawRow(row, scale, top + index * rowHeight)),
		...(rows.length === 0 ? [text(noRow, { x: left, y: top + 60, "font-size": size.label })] : []),
		...legend(height),
	];
}

interface Row {
	name: string;
	title: string;
	/** Where the bar, the interval or the talk's figure ends. */
	endMs: number;
	medianMs?: number;
	interval?: { lo: number; hi: number };
	segments: { name: string; startMs: number; ms: number }[];
	talk?: { startMs: number; ms: number };
	note: string;
}

function rowOf(
	{ run, ledger, total, typical, isFiner }: RunFigures,
	report: Report,
	reference: "talk" | undefined,
): Row {
	const { name } = run.profile;
	const { counted, attempted } = ledger;
	const segments = segmentsOf(typical === undefined ? {} : pathOf(typical, isFiner));
	const talkMs = reference === undefined ? undefined : talkFigures[name]?.pod_creating;
	const talk = talkMs === undefined ? undefined : { startMs: typical?.instants[podCreated]?.ms ?? 0, ms: talkMs };
	const interval = total?.interval;
	const isBounded = interval !== undefined && Number.isFinite(interval.lo) && Number.isFinite(interval.hi);
	const ends = [typical?.total?.ms ?? 0, isBounded ? interval.hi : 0, talk === undefined ? 0 : talk.startMs + talk.ms];
	return {
		name,
		title: titleOf(run.profile, report),
		endMs: Math.max(...ends),
		...(total !== undefined && { medianMs: total.medianMs }),
		...(isBounded && { interval }),
		segments,
		...(talk !== undefined && { talk }),
		note: noteOf(counted, attempted),
	};
}

function noteOf(counted: number, attempted: number): string {
	if (counted === 0) return `0 of ${attempted} attempts counted`;
	const others = attempted === counted ? "" : `; ${attempted} tried`;
	return `median of ${counted} cold start${counted === 1 ? "" : "s"}${others}`;
}

function segmentsOf(phases: Record<string, { ms: number }>): Row["segments"] {
	let startMs = 0;
	return Object.entries(phases).flatMap(([name, { ms }]) => {
		// A phase can come out slightly below zero within its bounds; a bar cannot show that.
		const segment = { name, startMs, ms };
		startMs += ms;
		return ms > 0 ? [segment] : [];
	});
}

function drawRow(row: Row, scale: Scale, y: number): string[] {
	const drawn = row.segments.map((segment) => drawSegment(segment, scale, y));
	const unlabelled = row.segments.filter((_, index) => drawn[index]?.isLabelled === false);
	const below = unlabelled.sort((a, b) => b.ms - a.ms).map(({ name, ms }) => `${name} ${duration(ms)}`);
	const end = scale.x(Math.max(0, ...row.segments.map(({ startMs, ms }) => startMs + ms), row.interval?.hi ?? 0));
	return [
		text(shortened(row.title, 25), { x: margin, y: y + 38, "font-size": size.label, "font-weight": 600 }),
		text(row.note, { x: margin, y: y + 74, "font-size": size.small }),
		...drawn.map(({ markup }) => markup),
		...(row.segments.length === 0 ? [text("no data", { x: left + 16, y: y + 64, "font-size": size.label })] : []),
		...(row.interval === undefined ? [] : drawInterval(row.interval, scale, y)),
		...(row.medianMs === undefined
			? []
			: [text(duration(row.medianMs), { x: end + 16, y: y + 64, "font-size": size.label, "font-weight": 600 })]),
		...(below.length === 0
			? []
			: [text(fitting(below, 108), { x: left, y: y + barHeight + 32, "font-size": size.small })]),
		...(row.talk === undefined ? [] : drawTalk(row.talk, scale, y)),
	];
}

/** A label goes into its segment where it fits, the phase's name in two lines if need be. */
function drawSegment({ name, startMs, ms }: Row["segments"][number], scale: Scale, y: number) {
	const { fill, ink } = ownerOf(name) ?? unknownOwner;
	const [x, end] = [scale.x(startMs), scale.x(startMs + ms)];
	const title = `${name} ${duration(ms)}`;
	const box = element(
		"rect",
		{ x, y, width: end - x, height: barHeight, fill, stroke: "#ffffff" },
		element("title", {}, escaped(title)),
	);
	const room = (end - x - 12) / (size.small * letterWidth);
	const lines = [...(name.length <= room ? [name] : (name.match(/^[^-]*-|.+$/g) ?? [])), duration(ms)];
	const isLabelled = lines.every((line) => line.length <= room);
	const labels = lines.map((line, index) =>
		text(line, { x: x + 8, y: y + 32 + index * 30, "font-size": size.small, fill: ink }),
	);
	return { isLabelled, markup: [box, ...(isLabelled ? labels : [])].join("\n") };
}

function drawInterval({ lo, hi }: { lo: number; hi: number }, scale: Scale, y: number): string[] {
	const line = { stroke: "#000000", "stroke-width": 3 };
	return [
		element("line", { x1: scale.x(lo), x2: scale.x(hi), y1: y - 12, y2: y - 12, ...line }),
		...[lo, hi].map((at) => element("line", { x1: scale.x(at), x2: scale.x(at), y1: y - 20, y2: y - 4, ...line })),
	];
}

function drawTalk({ startMs, ms }: { startMs: number; ms: number }, scale: Scale, y: number): string[] {
	const [x, end] = [scale.x(startMs), scale.x(startMs + ms)];
	const ghost = { fill: "none", stroke: "#555555", "stroke-width": 2, "stroke-dasharray": "8 6" };
	const words = `in the talk: pod_creating ${duration(ms)}`;
	return [
		element("rect", { x, y: y + barHeight + 42, width: end - x, height: 30, ...ghost }),
		text(words, { x: x + 10, y: y + barHeight + 66, "font-size": size.small, fill: "#555555" }),
	];
}

function legend(height: number): string[] {
	const y = height - 40;
	return owners.flatMap(({ name, fill }, index) => {
		const x = margin + index * 365;
		return [
			element("rect", { x, y: y - 24, width: 28, height: 28, fill }),
			text(name, { x: x + 40, y, "font-size": size.small }),
		];
	});
}

function heading({ simulated }: Report): string {
	return `Cold start of a Knative service, by Istio profile${simulated === undefined ? "" : " — SIMULATED"}`;
}

/** What the picture shows, for people who do not see it. */
function descriptionOf(rows: readonly Row[], sentences: readonly string[]): string {
	const medians = rows.map(({ name, medianMs, note }) =>
		medianMs === undefined ? `${name}: ${note}.` : `${name}: ${duration(medianMs)}, ${note}.`,
	);
	return [...medians, ...sentences.map((each) => `${each}.`)].join(" ");
}

/** As many items as fit, and how many do not. */
function fitting(items: readonly string[], most: number): string {
	const all = items.join(" · ");
	if (all.length <= most) return all;
	const more = (shown: number) => `${items.slice(0, shown).join(" · ")} · and ${items.length - shown} shorter`;
	let shown = 1;
	while (more(shown + 1).length <= most) shown++;
	return more(shown);
}
