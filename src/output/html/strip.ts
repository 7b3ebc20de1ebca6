import type { Estimate } from "../../analysis/estimate.ts";
import { element, text } from "../report/svg.ts";
import { duration } from "../words/units.ts";
import type { Sample } from "./drawing/samples.ts";
import { scrolling } from "./table.ts";

const [width, height] = [1000, 132];
const [left, right] = [12, width - 110];
const [top, bottom] = [10, 96];

/** What a strip shows. */
export interface Strip {
	/** Of the profile. */
	name: string;
	samples: readonly Sample[];
	total: Estimate | undefined;
	/** The longest total of all profiles: their strips have one scale. */
	longestMs: number;
}

/**
 * All attempts of a profile as dots: the total from left to right, the order of measuring from top to bottom. What is not
 * counted is hollow; an attempt without a total is a cross in a place of its own, not at 0.
 */
export function stripOf(strip: Strip): string {
	const { name, samples, total, longestMs } = strip;
	const x = (ms: number) => left + (ms / Math.max(longestMs, 1)) * (right - left);
	const y = (index: number) => top + ((index + 0.5) / samples.length) * (bottom - top);
	const marks = samples.map((sample, index) => mark(sample, { index, x, y: y(index) }));
	const picture = { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": stripWords(strip) };
	const content = [...axis(x, longestMs), ...(total === undefined ? [] : middle(total, x)), ...marks];
	const svg = element("svg", picture, content.join(""));
	return `<div class="strip">${scrolling(`All attempts of ${name}`, svg)}</div>`;
}

interface Place {
	index: number;
	x: (ms: number) => number;
	y: number;
}

function mark({ isCounted, total }: Sample, { index, x, y }: Place): string {
	const place = { "data-sample": index };
	if (total !== undefined) {
		return element("circle", { cx: x(total.ms), cy: y, r: 4, class: isCounted ? "counted" : "uncounted", ...place });
	}
	const middle = (right + width) / 2;
	const cross = `M${middle - 4} ${tenth(y - 4)}l8 8m0 -8l-8 8`;
	return element("path", { d: cross, class: "untimed", ...place });
}

/** Ticks at whole steps, and the place of attempts without a total. */
function axis(x: (ms: number) => number, longestMs: number): string[] {
	const label = { y: bottom + 24, class: "label", "text-anchor": "middle" };
	const ticks = longestMs > 0 ? ticksUpTo(longestMs) : [];
	return [
		...ticks.flatMap((ms) => [
			element("line", { x1: x(ms), x2: x(ms), y1: top, y2: bottom + 4, class: "tick" }),
			text(`${ms / 1000} s`, { x: x(ms), ...label }),
		]),
		element("line", { x1: right + 14, x2: right + 14, y1: top, y2: bottom + 4, class: "edge" }),
		text("no total", { x: (right + width) / 2, ...label }),
	];
}

/** Of the median: its line, and its interval where that is bounded. */
function middle({ medianMs, interval }: Estimate, x: (ms: number) => number): string[] {
	const line = element("line", { x1: x(medianMs), x2: x(medianMs), y1: top, y2: bottom, class: "median" });
	if (interval === undefined || !Number.isFinite(interval.lo) || !Number.isFinite(interval.hi)) return [line];
	const box = { x: x(interval.lo), y: top, width: x(interval.hi) - x(interval.lo), height: bottom - top };
	return [element("rect", { ...box, class: "interval" }), line];
}

function ticksUpTo(longestMs: number): number[] {
	const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 600_000];
	const step = steps.find((each) => longestMs / each <= 10) ?? longestMs;
	return Array.from({ length: Math.floor(longestMs / step) + 1 }, (_, index) => index * step);
}

/** The strip for people who do not see it. */
function stripWords({ name, samples, total }: Strip): string {
	const totals = samples.flatMap((sample) => (sample.total === undefined ? [] : [sample.total.ms]));
	const without = samples.length - totals.length;
	const [least, most] = [totals.reduce(lesser, Number.POSITIVE_INFINITY), totals.reduce(greater, 0)];
	const between = totals.length === 0 ? "no data" : `totals from ${duration(least)} to ${duration(most)}`;
	const median =
		total === undefined ? "none is counted" : `the median of those that count is ${duration(total.medianMs)}`;
	const untimed = without === 0 ? "" : `; ${without} without a total`;
	return `${samples.length} attempts of ${name}: ${between}; ${median}${untimed}`;
}

// Not by spreading: a list of many thousand is too long for the arguments of a function.
const lesser = (a: number, b: number) => Math.min(a, b);
const greater = (a: number, b: number) => Math.max(a, b);

const tenth = (value: number) => Math.round(value * 10) / 10;
