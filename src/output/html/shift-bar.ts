import type { Change } from "../../analysis/comparison.ts";
import { element } from "../report/svg.ts";

const [width, height] = [300, 20];
const middle = height / 2;

/** From which change to which the pictures of one table reach, 0 among them. */
export interface ShiftScale {
	loMs: number;
	hiMs: number;
}

/** A scale that all finite ends of the changes fit on. */
export function scaleOf(changes: readonly Change[]): ShiftScale {
	const ends = changes.flatMap(({ ms, interval }) => [ms, interval?.lo ?? ms, interval?.hi ?? ms]);
	const finite = ends.filter(Number.isFinite);
	const most = Math.max(1, ...finite.map(Math.abs));
	// A little room at both ends, so that nothing is cut.
	return {
		loMs: Math.min(-0.1 * most, ...finite.map((ms) => ms * 1.1)),
		hiMs: Math.max(0.1 * most, ...finite.map((ms) => ms * 1.1)),
	};
}

/**
 * A change beside 0: its interval as a line and the change as a dot, which is hollow where it may be chance. A line that
 * reaches the edge has no end there. It is drawn for the eye alone; the cell beside it says the same.
 */
export function shiftBar({ ms, interval, isSignificant }: Change, { loMs, hiMs }: ShiftScale): string {
	const x = (at: number) => (Number.isFinite(at) ? ((at - loMs) / (hiMs - loMs)) * width : at > 0 ? width : 0);
	const kind = isSignificant ? (ms > 0 ? "slower" : "faster") : "chance";
	const line = { y1: middle, y2: middle, class: "range" };
	return element(
		"svg",
		{ viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: kind },
		[
			element("line", { x1: x(0), x2: x(0), y1: 0, y2: height, class: "zero" }),
			...(interval === undefined ? [] : [element("line", { x1: x(interval.lo), x2: x(interval.hi), ...line })]),
			element("circle", { cx: x(ms), cy: middle, r: 5 }),
		].join(""),
	);
}
