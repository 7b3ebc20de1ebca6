import { sampleOf } from "../analysis/samples.ts";
import { shiftBetween } from "../analysis/shift.ts";
import { medianOf, type Range } from "../analysis/statistics/median.ts";
import type { Profile } from "../profile/profile.ts";
import type { ProfileRun, Report } from "../report/report.ts";
import type { Amount, TradeoffCell } from "../report/tradeoffs.ts";
import { notTested, seen } from "./cells.ts";

/** Whether nothing of Istio is in or under its pods. */
export const isWithoutProxy = ({ promises, istio }: Profile): boolean =>
	promises.sidecar === "none" && !istio.components.ztunnel;

/** The one that the others' cold starts are compared with. */
const referenceOf = (profiles: readonly Profile[]): Profile | undefined => profiles.find(isWithoutProxy);

const noReference = "there is no profile without a proxy beside it to compare with, such as minimal";

/** How much longer something takes than without a proxy. */
export interface Difference {
	ms: number;
	range: Range | undefined;
	/** What matters: a difference that is surely smaller counts as none. */
	leastMs: number;
	/** In words, with its numbers. */
	evidence: string;
	amounts: readonly Amount[];
}

/** Slower is observed where the whole range says so, and refuted where the whole range is too small to matter. */
export function cellOfDifference(column: string, { ms, range, leastMs, evidence, amounts }: Difference): TradeoffCell {
	const shown: Amount = {
		name: "difference",
		value: ms,
		unit: "ms",
		...(range === undefined ? {} : finite(range)),
	};
	const all = [shown, ...amounts];
	if (range === undefined) return notTested(column, `too few to tell: ${evidence}`, all);
	if (range.lo > 0 && ms >= leastMs) return seen(column, true, { evidence, amounts: all });
	if (range.hi < leastMs) return seen(column, false, { evidence, amounts: all });
	return notTested(column, `too close to tell: ${evidence}`, all);
}

const finite = ({ lo, hi }: Range) => ({
	...(Number.isFinite(lo) ? { lo } : {}),
	...(Number.isFinite(hi) ? { hi } : {}),
});

/** A cold start that is longer by less is nothing to choose a profile by; the gate ignores as much. */
const leastColdStart = { ms: 100, share: 0.1 };

/** The cell "longer cold start" of a profile, from the report of a run; undefined report where none was given. */
export function coldStartCell(
	profile: Profile,
	profiles: readonly Profile[],
	report: Report | undefined,
): TradeoffCell {
	const column = "cold-start";
	if (report === undefined)
		return notTested(column, "no cold starts were measured here; give a run's report by --report");
	const reference = referenceOf(profiles);
	if (reference === undefined) return notTested(column, noReference);
	const runOf = (name: string): ProfileRun | undefined => report.profiles.find((run) => run.profile.name === name);
	const [run, base] = [runOf(profile.name), runOf(reference.name)];
	const lacking = run === undefined ? profile.name : base === undefined ? reference.name : undefined;
	if (run === undefined || base === undefined) return notTested(column, `the report has no cold starts of ${lacking}`);
	const [sample, before] = [sampleOf(run, "total"), sampleOf(base, "total")];
	const own = medianOf(sample.values.map(({ ms }) => ms));
	const others = medianOf(before.values.map(({ ms }) => ms));
	const shift = shiftBetween(before, sample, 0.95);
	if (own === undefined || others === undefined || shift === undefined) {
		return notTested(column, "the report has no cold start of it that counts");
	}
	const amounts: Amount[] = [{ name: "p50", value: own, unit: "ms" }];
	const from = `in the report of ${report.startedAt}`;
	if (profile.name === reference.name) {
		const evidence = `the others are compared with it: median ${seconds(own)} of ${sample.values.length} ${from}`;
		return seen(column, false, { evidence, amounts });
	}
	const evidence = `median ${seconds(own)} of ${sample.values.length}, beside ${seconds(others)} of ${before.values.length} in ${reference.name}, ${from}`;
	const leastMs = Math.max(leastColdStart.ms, leastColdStart.share * others);
	return cellOfDifference(column, {
		ms: shift.ms,
		range: shift.interval,
		leastMs,
		evidence,
		amounts,
	});
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
