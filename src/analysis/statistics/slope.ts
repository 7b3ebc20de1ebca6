import { medianOf, type Range, sorted } from "./median.ts";

/** A straight line's slope through points, and how well they know it. */
export interface Slope {
	/** The median of the slopes between any two points (Theil 1950, Sen 1968): outliers hardly move it. */
	perUnit: number;
	/** At 95 %; undefined where there are too few points. */
	interval: Range | undefined;
}

/** The 97.5 % point of the normal distribution. */
const z = 1.96;
const leastPoints = 8;

/** @returns undefined where all points have the same x */
export function slopeOf(points: readonly { x: number; y: number }[]): Slope | undefined {
	const slopes = points.flatMap((a, index) =>
		points.slice(index + 1).flatMap((b) => (a.x === b.x ? [] : [(b.y - a.y) / (b.x - a.x)])),
	);
	const perUnit = medianOf(slopes);
	if (perUnit === undefined) return undefined;
	return { perUnit, interval: points.length < leastPoints ? undefined : intervalOf(slopes, points) };
}

/** Sen's interval: the ranks that Kendall's statistic, with its ties in x, leaves in between. */
function intervalOf(slopes: readonly number[], points: readonly { x: number }[]): Range | undefined {
	const n = points.length;
	const counts = new Map<number, number>();
	for (const { x } of points) counts.set(x, (counts.get(x) ?? 0) + 1);
	const term = (count: number) => count * (count - 1) * (2 * count + 5);
	const variance = (term(n) - [...counts.values()].reduce((sum, count) => sum + term(count), 0)) / 18;
	const reach = z * Math.sqrt(variance);
	const ordered = sorted(slopes);
	const [lo, hi] = [ordered[Math.floor((slopes.length - reach) / 2)], ordered[Math.ceil((slopes.length + reach) / 2)]];
	return lo === undefined || hi === undefined ? undefined : { lo, hi };
}
