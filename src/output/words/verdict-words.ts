import type { Change } from "../../analysis/comparison.ts";
import type { Tested } from "../../analysis/significance.ts";
import type { Range } from "../../analysis/statistics/median.ts";
import type { Movement } from "../../gate/baseline.ts";
import type { Verdict } from "../../gate/verdict.ts";
import { formatCount, formatMsWithRange, formatRatio, formatShare, formatShift } from "./amounts.ts";
import { duration } from "./units.ts";

/** What was found, phase first: `total 3.412 s [3.204, 3.611] in minimal`. */
export function foundWords(verdict: Verdict): string {
	const amount = verdict.found === undefined ? "" : ` ${amountWords(verdict)}`;
	const where = verdict.profile === "" ? "" : ` in ${verdict.profile}`;
	return `${verdict.measure}${amount}${where}`;
}

/** The number alone: `3.412 s [3.204, 3.611]`. */
export function amountWords({ found, interval, unit, n }: Verdict): string {
	if (found !== undefined) return formatBy[unit](found, interval);
	return n === 0 ? "not measured" : "not known";
}

const formatBy = {
	ms: formatMsWithRange,
	shift: formatShift,
	share: formatShare,
	count: formatCount,
	ratio: formatRatio,
};

/** What was wanted: the budget as written, or how much slower than the baseline is too much. */
export function expectedWords({ expected, limit, baseline }: Verdict): string {
	if (limit === undefined || baseline === undefined) return expected;
	return `less than +${duration(limit)} on ${duration(baseline)}`;
}

/** How many values, and what is missing of them. */
export function countWords({ n, missing }: Verdict): string {
	return `n = ${n}${missing === 0 ? "" : `, ${missing} more without a value`}`;
}

/** Both medians, for a reader who checks the difference: ` (medians 5.100 s → 6.520 s)`; empty where there are none. */
export function mediansWords({ medians, unit }: Verdict): string {
	if (medians === undefined || unit === "ms") return "";
	return ` (medians ${medians.map(duration).join(" → ")})`;
}

/** A change, with `~` before one that is no more than chance explains: `~ +12 ms [-30, 55]`. */
export function changeWords({ ms, isSignificant }: Movement | Change, interval: Range | undefined): string {
	return `${isSignificant ? "" : "~ "}${formatShift(ms, interval)}`;
}

/** `p 0.012` of a test, `q 0.034` where it is the rate of false discoveries. */
export function chanceWords({ adjustedP, isExplanation }: Tested): string {
	return `${isExplanation ? "q" : "p"} ${formatP(adjustedP)}`;
}

/** What a reader of changes has to know. */
export const changeNote =
	"a change is the median of all differences between a cold start of each side, so it need not be the difference of the two medians; ~ is no more than chance explains; p is by Mann-Whitney and Holm; q is of phases that say where a difference of the total comes from: of those that are named, one in ten may be false";

/** A p-value without false precision. */
export function formatP(p: number): string {
	return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** Said wherever a number of a simulated cluster is shown. */
export function simulatedWords({ simulated }: { simulated?: string }): string | undefined {
	return simulated === undefined
		? undefined
		: `simulated cluster (${simulated}): these are no measurements of a real one`;
}
