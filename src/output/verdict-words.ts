import type { Movement } from "../judge/baseline.ts";
import { rangeOf } from "../judge/baseline.ts";
import type { Judgement } from "../judge/judge.ts";
import type { Status, Verdict } from "../judge/verdict.ts";
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

const formatBy = { ms: formatMsWithRange, shift: formatShift, share: formatShare, count: formatCount, ratio: formatRatio };

/** What was wanted: the budget as written, or how much slower than the baseline is too much. */
export function expectedWords({ expected, limit, baseline }: Verdict): string {
	if (limit === undefined || baseline === undefined) return expected;
	return `less than +${duration(limit)} on ${duration(baseline)}`;
}

/** How many values, and what is missing of them. */
export function countWords({ n, missing }: Verdict): string {
	return `n = ${n}${missing === 0 ? "" : `, ${missing} more failed or unresolved`}`;
}

/** The phase that moved: `istio-proxy +212 ms [180, 240] in full`. */
export function movementWords(movement: Movement): string {
	return `${movement.measure} ${formatShift(movement.ms, rangeOf(movement))} in ${movement.profile}`;
}

/** The verdict of all verdicts; none is a pass, since a run without any cold start has one. */
export function overallStatus({ verdicts }: Judgement): Status {
	const statuses = verdicts.map((verdict) => verdict.status);
	return statuses.includes("breach") ? "breach" : statuses.includes("inconclusive") ? "inconclusive" : "pass";
}

/** A p-value without false precision. */
export function formatP(p: number): string {
	return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** One line that says it all, the phase that moved first. */
export function headlineOf(judgement: Judgement): string {
	const [worst] = judgement.verdicts;
	const status = overallStatus(judgement);
	const { length } = judgement.verdicts;
	const passes =
		length === 0 ? "nothing was to be judged" : length === 1 ? "the verdict passes" : `all ${length} verdicts pass`;
	const judged = status === "pass" || worst === undefined ? passes : `${foundWords(worst)}: ${worst.reason}`;
	return judgement.moved === undefined ? judged : `${movementWords(judgement.moved)} against the baseline; ${judged}`;
}

/** Said wherever a number of a simulated cluster is shown. */
export function simulatedWords({ simulated }: { simulated?: string }): string | undefined {
	return simulated === undefined
		? undefined
		: `simulated cluster (${simulated}): these are no measurements of a real one`;
}
