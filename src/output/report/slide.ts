import { element, text } from "./svg.ts";

/** A slide of 16:9 in pixels; more rows than fit make it higher. */
export const slide = { width: 1920, leastHeight: 1080, margin: 60 };

/** A line that is cut, with `…`, to at most so many letters. */
export function shortened(line: string, most: number): string {
	const letters = [...line];
	return letters.length <= most ? line : `${letters.slice(0, most - 1).join("")}…`;
}

/** Milliseconds to pixels, and the ticks below. */
export interface Scale {
	x(ms: number): number;
	ticksMs: number[];
}

/** A scale of time that begins at 0, from one pixel to another, with at most nine ticks at round times. */
export function timeScale(endMs: number, { left, right }: { left: number; right: number }): Scale {
	const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 600_000];
	const most = Math.max(endMs, 100);
	const step = steps.find((each) => most / each <= 8) ?? Math.ceil(most / 8);
	const last = Math.ceil(most / step) * step;
	return {
		x: (ms) => left + (ms / last) * (right - left),
		ticksMs: Array.from({ length: Math.round(last / step) + 1 }, (_, index) => index * step),
	};
}

/** Where an axis lies, in pixels, and how it is lettered. */
export interface AxisPlace {
	/** The ends of the lines at the ticks. */
	fromY: number;
	toY: number;
	/** The line that the words of the ticks stand on. */
	wordsY: number;
	fontSize: number;
	/** Of a tick; its time in seconds unless given. */
	words?: (ms: number) => string;
	/** Of a tick's line. */
	stroke?: (ms: number) => string;
}

/** A line at each tick of a scale, and its time in words. */
export function axis(
	scale: Scale,
	{ fromY, toY, wordsY, fontSize, words = inSeconds, stroke = pale }: AxisPlace,
): string[] {
	return scale.ticksMs.flatMap((ms) => {
		const x = scale.x(ms);
		return [
			element("line", { x1: x, x2: x, y1: fromY, y2: toY, stroke: stroke(ms) }),
			text(words(ms), { x, y: wordsY, "font-size": fontSize, "text-anchor": "middle" }),
		];
	});
}

const inSeconds = (ms: number) => `${ms / 1000} s`;
const pale = () => "#cccccc";
