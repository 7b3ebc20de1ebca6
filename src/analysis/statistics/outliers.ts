import { medianOf } from "./median.ts";

/**
 * Beyond how many robust deviations a value is named. Iglewicz and Hoaglin (1993) propose 3.5 for normal values; cold
 * starts are skewed, and at 5 a sound run of 20 seldom has one.
 */
const namedBeyond = 5;

/** Of fewer values the scale is too rough: of three normal ones it would name one in every fifth sample. */
const leastToName = 10;

/** Tells how many standard deviations a value lies from the median, with the deviation taken from the median deviation. */
function robustScale(values: readonly number[]): ((value: number) => number) | undefined {
	const median = medianOf(values);
	if (median === undefined) return undefined;
	const deviation = medianOf(values.map((value) => Math.abs(value - median)));
	// More than half of the values are equal: there is no scale to judge the others by.
	if (deviation === undefined || deviation === 0) return undefined;
	return (value) => (0.6745 * (value - median)) / deviation;
}

/** The positions of values that lie far from the rest. They are to be named, never dropped; none of fewer than 10. */
export function outliersOf(values: readonly number[]): number[] {
	if (values.length < leastToName) return [];
	const distanceOf = robustScale(values);
	if (distanceOf === undefined) return [];
	return [...values.entries()].flatMap(([index, value]) => (Math.abs(distanceOf(value)) > namedBeyond ? [index] : []));
}

/** Whether the first value is the largest, and far above the rest: caches were cold that the others found warm. */
export function isFirstSlow(values: readonly number[]): boolean {
	const [first, ...rest] = values;
	if (first === undefined || rest.length < 4 || rest.some((value) => value >= first)) return false;
	const distanceOf = robustScale(rest);
	return distanceOf !== undefined && distanceOf(first) > namedBeyond;
}
