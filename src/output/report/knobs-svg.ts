import type { Figures } from "../../analysis/figures.ts";
import type { Knob } from "../../analysis/knobs.ts";
import { oneLine } from "../../text/one-line.ts";
import { boughtWords, knobGroups, knobHeading, knobNotes } from "../words/knob-words.ts";
import { duration } from "../words/units.ts";
import { axis, type Scale, shortened, slide } from "./slide.ts";
import { element, escaped, svgDocument, text } from "./svg.ts";

const { width, leastHeight, margin } = slide;
const left = 560;
const right = width - 460;
const rowHeight = 92;
const barHeight = 34;
const headHeight = 110;
const footHeight = 90;

/** Readable from the last row of a room. */
const size = { title: 40, label: 28, small: 20 };

/** Okabe and Ito's colours, which colour-blind people can tell apart; a difference that was not seen is grey. */
const fills: Partial<Record<Knob["outcome"], string>> = {
	saves: "#009e73",
	costs: "#d55e00",
	"no-difference": "#999999",
	unknown: "#999999",
};

/**
 * What each knob buys, as bars on both sides of 0: to the right what it saves of the total, to the left what it makes
 * longer. The line across a bar is the 95 % interval; below a bar stands what the knob costs.
 */
export function renderKnobs({ report, knobs }: Figures): string {
	const isSimulated = report.simulated !== undefined;
	const groups = knobGroups(knobs);
	const scale = scaleFor(knobs);
	const body: string[] = [];
	let y = margin;
	for (const group of groups) {
		body.push(...drawGroup(group, { scale, y, isSimulated }));
		y += heightOf(group);
	}
	if (groups.length === 0) {
		const simulated = isSimulated ? " (simulated)" : "";
		const words = `no data: the report has no variant; bench --variants measures some${simulated}`;
		body.push(text(words, { x: margin, y: y + 60, "font-size": size.label }));
	}
	const height = Math.max(leastHeight, y + margin);
	const title = groups.map(({ of }) => knobHeading(of, { isSimulated })).join("; ") || "What each knob buys";
	return svgDocument({ width, height, title, description: descriptionOf(knobs) }, body);
}

type Group = ReturnType<typeof knobGroups>[number];

const heightOf = ({ knobs }: Group) =>
	headHeight + knobs.length * rowHeight + footHeight + knobNotes(knobs).length * 30;

function drawGroup(group: Group, place: { scale: Scale; y: number; isSimulated: boolean }): string[] {
	const { scale, y, isSimulated } = place;
	const top = y + headHeight;
	const bottom = top + group.knobs.length * rowHeight;
	const notes = knobNotes(group.knobs).map((note, index) =>
		text(shortened(note, 160), { x: margin, y: bottom + 80 + index * 30, "font-size": size.small, fill: "#555555" }),
	);
	return [
		text(knobHeading(group.of, { isSimulated }), { x: margin, y: y + 40, "font-size": size.title, "font-weight": 600 }),
		...axis(scale, { fromY: top - 10, toY: bottom, wordsY: bottom + 30, fontSize: size.small, ...aroundZero }),
		...group.knobs.flatMap((knob, index) => drawKnob(knob, scale, top + index * rowHeight)),
		...notes,
	];
}

const aroundZero = {
	words: (ms: number) => (ms === 0 ? "0" : `${ms > 0 ? "+" : "−"}${duration(Math.abs(ms))}`),
	stroke: (ms: number) => (ms === 0 ? "#000000" : "#cccccc"),
};

function drawKnob(knob: Knob, scale: Scale, y: number): string[] {
	const { outcome, savedMs, interval, profile, title, cost } = knob;
	const fill = fills[outcome];
	const words = boughtWords(knob);
	const isShown = savedMs !== undefined && fill !== undefined;
	const [x, end] = [scale.x(Math.min(0, savedMs ?? 0)), scale.x(Math.max(0, savedMs ?? 0))];
	const bar = { x, y: y + 8, width: end - x, height: barHeight, fill: fill ?? "none" };
	return [
		text(shortened(oneLine(profile), 30), { x: margin, y: y + 34, "font-size": size.label, "font-weight": 600 }),
		text(shortened(oneLine(title), 44), { x: margin, y: y + 64, "font-size": size.small }),
		...(isShown ? [element("rect", bar, element("title", {}, escaped(`${profile}: ${words}`)))] : []),
		...(isShown && interval !== undefined ? drawInterval(interval, scale, y + 8 + barHeight / 2) : []),
		text(shortened(words, isShown ? 38 : 110), {
			// Where there is no bar there is room for a reason.
			x: isShown ? right + 30 : left,
			y: y + 34,
			"font-size": size.small,
			"font-weight": 600,
		}),
		text(shortened(`costs: ${oneLine(cost)}`, 130), { x: left, y: y + 68, "font-size": size.small, fill: "#555555" }),
	];
}

/** An end that is open is drawn to the edge. */
function drawInterval({ lo, hi }: { lo: number; hi: number }, scale: Scale, y: number): string[] {
	const line = { stroke: "#000000", "stroke-width": 3 };
	const at = (ms: number) => Math.min(right, Math.max(left, scale.x(ms)));
	const ends = [lo, hi].filter(Number.isFinite);
	return [
		element("line", { x1: at(lo), x2: at(hi), y1: y, y2: y, ...line }),
		...ends.map((ms) => element("line", { x1: at(ms), x2: at(ms), y1: y - 9, y2: y + 9, ...line })),
	];
}

function scaleFor(knobs: readonly Knob[]): Scale {
	const shown = knobs.filter(({ outcome, savedMs }) => fills[outcome] !== undefined && savedMs !== undefined);
	const values = [0, ...shown.flatMap(({ savedMs = 0, interval }) => [savedMs, interval?.lo ?? 0, interval?.hi ?? 0])];
	const finite = values.filter(Number.isFinite);
	const [least, most] = [Math.min(...finite), Math.max(...finite, 100)];
	const steps = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 600_000];
	const step = steps.find((each) => (most - least) / each <= 7) ?? Math.ceil((most - least) / 7);
	const [first, last] = [Math.floor(least / step) * step, Math.ceil(most / step) * step];
	return {
		x: (ms) => left + ((ms - first) / (last - first)) * (right - left),
		ticksMs: Array.from({ length: Math.round((last - first) / step) + 1 }, (_, index) => first + index * step),
	};
}

/** What the picture shows, for people who do not see it. */
function descriptionOf(knobs: readonly Knob[]): string {
	return knobs.map((knob) => `${oneLine(knob.profile)}: ${boughtWords(knob)}; costs: ${oneLine(knob.cost)}`).join(" ");
}
