import { isOpen } from "../../analysis/samples.ts";
import type { Range } from "../../analysis/statistics/median.ts";
import { openEnd } from "./units.ts";

/** The range of what no interval can be given for; printed as `[not known]`. */
export const unknown: Range = { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

/** A time with the range it lies in, in one unit: `2.312 s [2.201, 2.405]`. */
export function formatMsWithRange(ms: number, range: Range | undefined): string {
	const unit = unitFor(ms);
	return `${unit.digits(ms)} ${unit.name}${bracketed(range, unit.digits)}`;
}

/** A shift with the range it lies in: `+212 ms [180, 240]`. */
export function formatShift(ms: number, range: Range | undefined): string {
	const unit = unitFor(ms);
	const sign = ms > 0 ? "+" : "";
	return `${sign}${unit.digits(ms)} ${unit.name}${bracketed(range, unit.digits)}`;
}

/** A share with the range it lies in: `5.0 % [0.3, 21.6]`. */
export function formatShare(share: number, range: Range | undefined): string {
	const digits = (value: number) => openEnd(value) ?? (value * 100).toFixed(1);
	return `${digits(share)} %${bracketed(range, digits)}`;
}

/** A ratio of two times with the range it lies in: `3.70 × [3.45, 3.98]`. */
export function formatRatio(ratio: number, range: Range | undefined): string {
	const digits = (value: number) => openEnd(value) ?? value.toFixed(2);
	return `${digits(ratio)} ×${bracketed(range, digits)}`;
}

/** A count; its range is printed only if the measurement leaves it open. */
export function formatCount(count: number, range: Range | undefined): string {
	const isWide = range !== undefined && range.lo !== range.hi;
	return `${count}${isWide ? bracketed(range, String) : ""}`;
}

function bracketed(range: Range | undefined, digits: (value: number) => string): string {
	if (range !== undefined && isOpen(range)) return " [not known]";
	return range === undefined ? "" : ` [${digits(range.lo)}, ${digits(range.hi)}]`;
}

/** One unit and precision for a number and its range, as `duration` would choose them for the number. */
function unitFor(ms: number) {
	const size = Math.abs(ms);
	const inSeconds = size >= 999.5;
	const places = inSeconds ? 3 : size >= 9.95 ? 0 : 1;
	const digits = (value: number) =>
		openEnd(value) ?? withoutMinusZero((inSeconds ? value / 1_000 : value).toFixed(places));
	return { name: inSeconds ? "s" : "ms", digits };
}

function withoutMinusZero(text: string): string {
	return Number(text) === 0 ? text.replace("-", "") : text;
}
