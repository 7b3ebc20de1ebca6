import type { Change } from "../../analysis/comparison.ts";
import { type Estimate, leastForMedian } from "../../analysis/estimate.ts";
import { isOpen } from "../../analysis/samples.ts";
import { leastForShift } from "../../analysis/shift.ts";
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

/** What was expected: the budget as written, or how much slower than the baseline the run may be. */
export function expectedWords({ expected, limit, baseline }: Verdict): string {
	if (limit === undefined || baseline === undefined) return expected;
	return `less than ${duration(limit)} slower than ${duration(baseline)}`;
}

/** How many values there are, and how many are missing. */
export function countWords({ n, missing }: Verdict): string {
	return `n = ${n}${missing === 0 ? "" : `, ${missing} more without a value`}`;
}

/** Both medians, for a reader who checks the difference: ` (medians 5.100 s → 6.520 s)`; empty where there are none. */
export function mediansWords({ medians, unit }: Verdict): string {
	if (medians === undefined || unit === "ms") return "";
	return ` (medians ${medians.map(duration).join(" → ")})`;
}

/** A change, with `~` before one that may be chance: `~ +12 ms [-30, 55]`. */
export function changeWords({ ms, isSignificant }: Movement | Change, interval: Range | undefined): string {
	return `${isSignificant ? "" : "~ "}${formatShift(ms, interval)}`;
}

/** Why a median has no interval, and what it takes; undefined where it has one. */
export function unknownMedian({ interval, missing }: Estimate): string | undefined {
	if (interval !== undefined && !isOpen(interval)) return undefined;
	return `at least ${leastForMedian(missing)} cold starts are needed for an interval at 95 %${without(missing)}`;
}

/** Why a change has no interval, and what it takes; undefined where it has one. @param sides what it is between */
export function unknownChange({ interval }: Change, sides: readonly (Estimate | undefined)[]): string | undefined {
	if (interval !== undefined && !isOpen(interval)) return undefined;
	const [before = 0, after = 0] = sides.map((side) => side?.missing);
	const least = leastForShift(before, after);
	return `at least ${least} cold starts on both sides are needed to see a difference${without(before + after)}`;
}

const without = (missing: number) => (missing === 0 ? "" : ` (${missing} without a value)`);

/** `p 0.012` of a test, `q 0.034` where it is the rate of false discoveries. */
export function chanceWords({ adjustedP, isExplanation }: Tested): string {
	return `${isExplanation ? "q" : "p"} ${formatP(adjustedP)}`;
}

/** How to read changes. */
export const changeNote = [
	"a change is the median of all differences between a cold start of each side, so it can differ from the difference of the two medians",
	"~ marks a change that may be chance",
	"p-values are by Mann-Whitney, corrected by Holm",
	"q-values are false discovery rates of the phases that explain a change of total: about one in ten phases that are marked as different may be so by chance",
].join("; ");

/** A p-value without false precision. */
export function formatP(p: number): string {
	return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** Said wherever a number of a simulated cluster is shown. */
export function simulatedWords({ simulated }: { simulated?: string }): string | undefined {
	return simulated === undefined ? undefined : `simulated cluster (${simulated}): no real cluster was measured`;
}
