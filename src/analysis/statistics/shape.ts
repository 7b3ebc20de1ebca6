import { medianOf, sorted } from "./median.ts";

/** Ticks that show through in cold starts: status fields (1 s), the autoscaler (2 s), back-off and probes (10 s). */
const gridStepsMs = [10_000, 2_000, 1_000];

/** How closely values must sit on the grid: the length of their mean direction on a clock of one step. */
const gridConcentration = 0.95;

/**
 * The coarsest tick, in milliseconds, that values of several ticks sit on, after any offset; undefined if none. A
 * median on a grid moves in leaps, and its interval understates that.
 */
export function gridOf(valuesMs: readonly number[]): number | undefined {
	return gridStepsMs.find((stepMs) => sitsOn(valuesMs, stepMs));
}

function sitsOn(valuesMs: readonly number[], stepMs: number): boolean {
	const n = valuesMs.length;
	if (n < 6) return false;
	const angles = valuesMs.map((value) => (2 * Math.PI * value) / stepMs);
	const x = angles.reduce((sum, angle) => sum + Math.cos(angle), 0) / n;
	const y = angles.reduce((sum, angle) => sum + Math.sin(angle), 0) / n;
	if (Math.hypot(x, y) < gridConcentration) return false;
	const offsetMs = (Math.atan2(y, x) / (2 * Math.PI)) * stepMs;
	const ticks = new Map<number, number>();
	for (const value of valuesMs) {
		const tick = Math.round((value - offsetMs) / stepMs);
		ticks.set(tick, (ticks.get(tick) ?? 0) + 1);
	}
	// One value away from the others would be an outlier, not a grid.
	return [...ticks.values()].filter((count) => count >= 2).length >= 2;
}

/** Two groups that one median does not describe. */
export interface TwoModes {
	lower: { median: number; n: number };
	upper: { median: number; n: number };
}

/**
 * How far the groups must lie apart: the distance of their means over their spread (Ashman, Bird and Zepf 1994).
 * They call 2 separated, but that is for known groups: a normal sample cut in half has 2.7, a uniform one 3.5, and
 * one skewed sample of 10 in a hundred has 7.
 */
const modeSeparation = 7;

/**
 * Splits values where their groups are tightest and tells whether these are two populations, such as the activator's
 * two ways to reach a pod (knative/serving#15477). Undefined for one population, or fewer than 10 values.
 */
export function twoModesOf(values: readonly number[]): TwoModes | undefined {
	const ordered = [...sorted(values)];
	const n = ordered.length;
	const middle = medianOf(ordered);
	if (n < 10 || middle === undefined) return undefined;
	const within = stretchesOf(ordered.map((value) => value - middle));
	const least = Math.max(3, Math.ceil(n / 5));
	let best = { cut: 0, within: Number.POSITIVE_INFINITY };
	for (let cut = least; cut <= n - least; cut++) {
		const total = within(0, cut).squares + within(cut, n).squares;
		if (total < best.within) best = { cut, within: total };
	}
	const [low, high] = [within(0, best.cut), within(best.cut, n)];
	const spread = low.squares / best.cut + high.squares / (n - best.cut);
	const separation = ((high.mean - low.mean) * Math.SQRT2) / Math.sqrt(spread);
	const [lower, upper] = [medianOf(ordered.slice(0, best.cut)), medianOf(ordered.slice(best.cut))];
	if (!(separation > modeSeparation) || lower === undefined || upper === undefined) return undefined;
	return { lower: { median: lower, n: best.cut }, upper: { median: upper, n: n - best.cut } };
}

/** Mean and squared deviations of any stretch of the values, from running sums. */
function stretchesOf(values: readonly number[]) {
	const sums = [0];
	const squares = [0];
	for (const [index, value] of values.entries()) {
		sums.push((sums[index] ?? 0) + value);
		squares.push((squares[index] ?? 0) + value ** 2);
	}
	return (from: number, to: number) => {
		const sum = (sums[to] ?? 0) - (sums[from] ?? 0);
		const square = (squares[to] ?? 0) - (squares[from] ?? 0);
		const mean = sum / (to - from);
		return { mean, squares: Math.max(0, square - mean * sum) };
	};
}
