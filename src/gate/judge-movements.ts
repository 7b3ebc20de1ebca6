import { fingerprintDifferences } from "../analysis/likeness.ts";
import { poolOf } from "../analysis/pool.ts";
import { measureOf, measuresOf, sampleOf } from "../analysis/samples.ts";
import { questionLevel } from "../analysis/significance.ts";
import type { ProfileRun, Report } from "../report/report.ts";
import { type BaselineComparison, type BaselineQuestion, isSlower, type Movement } from "./baseline.ts";
import { leastToDiffer, neededToSettle } from "./needed.ts";
import type { Verdict } from "./verdict.ts";

/** What the movements of a judgement are judged by. */
export interface MovementQuestion {
	question: BaselineQuestion;
	comparison: BaselineComparison;
	alpha: number;
}

/**
 * Judges what the gate asks about: `total`, unless the user says otherwise. Phases say where a difference comes from and
 * are no verdict, but for one that is gone: where one side lacks a phase that every cold start of the other has, the
 * totals are no longer of the same thing. Unless the fingerprints differ in what may well have taken a container out of
 * the pod, which was allowed.
 *
 * A breach is a slow-down that is surely larger than the limit (Mann–Whitney and Holm); a measure passes when its whole
 * interval is below: not finding a difference among a few noisy cold starts is not a pass.
 */
export function judgeMovements(report: Report, asked: MovementQuestion): Verdict[] {
	const { question, comparison } = asked;
	return report.profiles.flatMap((run) => {
		const profile = run.profile.name;
		const before = poolOf(question.reports, profile);
		if (before === undefined) {
			const reason = question.reports.length === 0 ? "there is no baseline" : `the baseline has no profile ${profile}`;
			return question.required.map((measure) => withoutMovement(run, measure, reason));
		}
		const hasOtherPods = mayHaveOtherPods(report, run, question);
		const measures = new Set([...question.required, ...measuresOf(run), ...measuresOf(before)]);
		return [...measures].flatMap((measure) => {
			const isRequired = question.required.includes(measure);
			const movement = comparison.movements.find((each) => each.profile === profile && each.measure === measure);
			if (movement !== undefined) return isRequired ? judgeMovement(movement, asked) : [];
			const isExpected = isAlwaysThere(before, measure) || isAlwaysThere(run, measure);
			if (!isRequired && (!isExpected || hasOtherPods)) return [];
			return withoutMovement(run, measure, whyNotCompared(before, run, measure));
		});
	});
}

/** Keys of the fingerprint that say nothing about the containers of a pod. */
const podless = ["client", "kernel", "nodes", "node-shape"];

function mayHaveOtherPods(report: Report, run: ProfileRun, { reports }: BaselineQuestion): boolean {
	const differences = reports.flatMap((other) => fingerprintDifferences(other, { ...report, profiles: [run] }));
	return differences.some(({ key }) => !podless.includes(key));
}

function isAlwaysThere(run: ProfileRun, measure: string): boolean {
	const counted = run.coldStarts.filter((start) => start.counted);
	return counted.length > 0 && counted.every((start) => measureOf(start, measure) !== undefined);
}

function judgeMovement(movement: Movement, { comparison, alpha }: MovementQuestion): Verdict {
	const { ms, oneSided: interval, limitMs, n, missing, profile, measure } = movement;
	const verdict = {
		kind: "baseline",
		profile,
		measure,
		expected: "no regression",
		source: "baseline",
		unit: "shift",
		found: ms,
		...(interval !== undefined && { interval }),
		limit: limitMs,
		baseline: movement.beforeMs,
		medians: [movement.beforeMs, movement.afterMs],
		n: n[1],
		missing: missing[0] + missing[1],
		values: movement.values,
	} as const;
	if (isSlower(movement, alpha)) {
		return { ...verdict, status: "breach", reason: "surely slower than the baseline by more than the limit" };
	}
	const least = leastToDiffer(questionLevel(alpha) / Math.max(1, comparison.questions));
	if (interval === undefined || Math.min(...n) < least) {
		const among = comparison.questions > 1 ? ` among ${comparison.questions} comparisons` : "";
		const reason = `${n[0]} + ${n[1]} cold starts cannot show a difference${among}: ${least} of each are needed`;
		return { ...verdict, status: "inconclusive", reason, needed: least };
	}
	if (interval.hi < limitMs) {
		return { ...verdict, status: "pass", reason: "a regression of the limit is ruled out" };
	}
	return { ...verdict, status: "inconclusive", ...whyUnsure(movement, interval) };
}

function whyUnsure(
	{ ms, band, limitMs, n, missing, isSignificant }: Movement,
	interval: { lo: number; hi: number },
): Pick<Verdict, "reason" | "needed"> {
	if (!Number.isFinite(interval.hi)) {
		const [before, after] = ([0, 1] as const).map((side) => `${missing[side]} of ${n[side] + missing[side]}`);
		const both = missing[0] === 0 ? "" : `, ${before} in the baseline`;
		return { reason: `${after} attempts failed or have no value${both}: the median may be anything` };
	}
	if (band.lo < limitMs && band.hi >= limitMs && band.hi - band.lo > (interval.hi - interval.lo) / 2) {
		return { reason: "the times are known too roughly to tell, however many cold starts there are" };
	}
	const needed = neededToSettle(ms, interval, { limit: limitMs, n: Math.min(...n) });
	const reason = isSignificant
		? ms >= limitMs
			? "slower than the baseline, but not surely by more than the limit"
			: "it moved, and a regression of the limit is not ruled out"
		: ms >= limitMs
			? "slower, but not by more than chance can do"
			: "a regression of the limit is not ruled out";
	return { reason, ...(needed !== undefined && { needed }) };
}

function whyNotCompared(before: ProfileRun, after: ProfileRun, measure: string): string {
	const [a, b] = [sampleOf(before, measure), sampleOf(after, measure)];
	if (a.values.length === 0 && b.values.length === 0) return "neither the report nor the baseline has it";
	return b.values.length === 0
		? "the baseline has it, the report does not"
		: "the report has it, the baseline does not";
}

function withoutMovement(run: ProfileRun, measure: string, reason: string): Verdict {
	const sample = sampleOf(run, measure);
	return {
		status: "inconclusive",
		kind: "baseline",
		profile: run.profile.name,
		measure,
		expected: "no regression",
		source: "baseline",
		unit: "shift",
		n: sample.values.length,
		missing: sample.missing,
		values: sample.values.map((value) => value.ms),
		reason,
	};
}
