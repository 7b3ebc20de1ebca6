import Table from "cli-table3";
import type { Figures, RunFigures } from "../../analysis/figures.ts";
import { pathOf } from "../../analysis/finer.ts";
import { mergedOrder } from "../../analysis/summary.ts";
import { duration } from "../words/units.ts";
import { narrow } from "./borderless.ts";
import { isOfIstio } from "./owners.ts";
import { brokenName, columnsOf, type Terminal, wrapped } from "./terminal.ts";

/** Fewer columns show no more than an order; more are hard to follow by eye. */
export const leastLane = 10;
const mostLane = 50;
const mostName = 26;

/** The cold starts that are drawn, one for each profile, to one scale. */
export interface Waterfall {
	lanes: readonly Lane[];
	/** The phases of all of them, in the order of time. */
	names: readonly string[];
	longestMs: number;
}

/** One profile's cold start with the median total. Its phases add up, which medians of phases do not. */
interface Lane {
	name: string;
	totalMs?: number;
	/** `total` and the phases; empty where no cold start counts. */
	bars: ReadonlyMap<string, { startMs: number; ms: number }>;
}

/** What can be drawn of a report; undefined where no cold start has a phase. */
export function waterfallOf({ runs }: Figures): Waterfall | undefined {
	const lanes = runs.map(laneOf);
	const names = mergedOrder(lanes.map(({ bars }) => [...bars.keys()])).filter((name) => name !== "total");
	const longestMs = Math.max(
		0,
		...lanes.flatMap(({ bars }) => [...bars.values()].map(({ startMs, ms }) => startMs + ms)),
	);
	return names.length === 0 || longestMs === 0 ? undefined : { lanes, names, longestMs };
}

function laneOf({ run, typical, isFiner }: RunFigures): Lane {
	const { name } = run.profile;
	if (typical?.total === undefined) return { name, bars: new Map() };
	const bars = new Map([["total", { startMs: 0, ms: typical.total.ms }]]);
	let startMs = 0;
	for (const [phase, { ms }] of Object.entries(pathOf(typical, isFiner))) {
		bars.set(phase, { startMs, ms });
		startMs += ms;
	}
	return { name, totalMs: typical.total.ms, bars };
}

/** Lanes of this width, side by side. */
export interface Scale {
	columnsPerMs: number;
	laneWidth: number;
}

/** Lanes of at most so many columns. */
export function scaleFor({ longestMs }: Waterfall, columns: number): Scale {
	const laneWidth = Math.max(1, Math.min(mostLane, columns));
	return { columnsPerMs: laneWidth / longestMs, laneWidth };
}

/** How to read the bars. */
export const scaleWords = ({ columnsPerMs }: Scale): string =>
	`each profile's cold start with the median total; one column is ${duration(1 / columnsPerMs)}`;

/**
 * The bar of a phase, which begins where the one before it ends; empty for a phase that the cold start does not have, and
 * for one without any length.
 */
export function barText({ bars }: Lane, name: string, scale: Scale, { isAscii, paint }: Terminal): string {
	const bar = bars.get(name);
	if (bar === undefined || bar.ms === 0) return "";
	const drawn = barOf(bar, scale, isAscii);
	return isOfIstio(name) ? paint.istio(drawn) : drawn;
}

/** The lanes as a table of their own, in several blocks where there is no room for all side by side. */
export function waterfallLines(waterfall: Waterfall, terminal: Terminal): string[] {
	const { plain, width } = terminal;
	const { lanes, names } = waterfall;
	const nameWidth = Math.min(mostName, Math.max(...names.map(columnsOf)));
	const perBlock = Math.max(1, Math.min(lanes.length, Math.floor((width - nameWidth) / (leastLane + 2))));
	const scale = scaleFor(waterfall, Math.floor((width - nameWidth) / perBlock) - 2);
	const isDrawn = (name: string) => lanes.some(({ bars }) => (bars.get(name)?.ms ?? 0) * scale.columnsPerMs >= 1 / 16);
	const short = names.filter((name) => !isDrawn(name) && lanes.some(({ bars }) => (bars.get(name)?.ms ?? 0) !== 0));
	const blocks = Array.from({ length: Math.ceil(lanes.length / perBlock) }, (_, i) =>
		lanes.slice(i * perBlock, (i + 1) * perBlock),
	);
	const drawn = { names: names.filter(isDrawn), scale, nameWidth };
	return [
		...wrapped(plain(`Where the time goes: ${scaleWords(scale)}`), width).map((line) => terminal.paint.strong(line)),
		...blocks.flatMap((block, index) => [...(index === 0 ? [] : [""]), ...linesOf(block, drawn, terminal)]),
		...(short.length === 0 ? [] : wrapped(plain(`too short to draw: ${short.join(", ")}`), width)),
	];
}

interface Drawn {
	names: readonly string[];
	scale: Scale;
	nameWidth: number;
}

function linesOf(lanes: readonly Lane[], { names, scale, nameWidth }: Drawn, terminal: Terminal): string[] {
	const { plain, paint } = terminal;
	const table = new Table({ ...narrow, colWidths: [nameWidth, ...lanes.map(() => scale.laneWidth + 1)] });
	const head = ({ name, totalMs }: Lane) => {
		const words = [plain(name), ...(totalMs === undefined ? [] : [duration(totalMs)])];
		const isShort = columnsOf(words.join(" ")) <= scale.laneWidth;
		const lines = isShort ? [words.join(" ")] : words.flatMap((word) => brokenName(word, scale.laneWidth));
		return lines.map((line) => ` ${paint.strong(line)}`).join("\n");
	};
	table.push(["", ...lanes.map(head)]);
	for (const [index, name] of names.entries()) {
		const bars = lanes.map((lane) => {
			if (lane.bars.size === 0) return index === 0 ? " no data" : "";
			return ` ${barText(lane, name, scale, terminal)}`;
		});
		table.push([brokenName(plain(name), nameWidth).join("\n"), ...bars]);
	}
	return table
		.toString()
		.split("\n")
		.map((line) => line.trimEnd());
}

const leftBlocks = "▏▎▍▌▋▊▉█";

/** A bar in eighths of a column. A phase that there was is seen, be it ever so short. */
function barOf({ startMs, ms }: { startMs: number; ms: number }, scale: Scale, isAscii: boolean): string {
	const eighths = (atMs: number) => Math.round(atMs * scale.columnsPerMs * 8);
	const from = Math.max(0, Math.min(eighths(startMs), scale.laneWidth * 8 - 1));
	const to = Math.max(from + 1, eighths(startMs + ms));
	const cells = Array.from({ length: Math.ceil(to / 8) }, (_, column) => {
		const lo = Math.max(0, from - column * 8);
		const hi = Math.min(8, to - column * 8);
		return isAscii ? (hi - lo >= 4 ? "#" : " ") : blockOf(lo, hi);
	}).join("");
	return cells.trim() === "" ? `${" ".repeat(Math.floor(from / 8))}|` : cells.trimEnd();
}

/** The block that comes nearest to a column filled from one eighth to another; there are few that begin in the middle. */
function blockOf(lo: number, hi: number): string {
	const filled = hi - lo;
	if (filled <= 0) return " ";
	if (lo === 0 || (lo < 4 && hi < 8)) return leftBlocks[filled - 1] ?? " ";
	if (filled >= 6) return "█";
	return filled >= 3 ? "▐" : "▕";
}
