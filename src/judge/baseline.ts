import type { ProfileRun, Report } from "../model/report.ts";
import { holm } from "../statistics/holm.ts";
import type { Range } from "../statistics/median.ts";
import { type FailureChange, failureChange } from "./baseline-failures.ts";
import { fingerprintDifferences } from "./fingerprint.ts";
import { measureOf, measuresOf, type Sample, sampleOf } from "./measure.ts";
import { medianMs, type Shift, shiftBetween } from "./shift.ts";
import type { Verdict } from "./verdict.ts";

/** What a baseline is asked. */
export interface BaselineQuestion {
	/** Pooled; none where the baseline is missing. */
	reports: readonly Report[];
	/** Paths at which no report was, of those that were to be pooled. */
	missing?: readonly string[];
	/** A regression is at least this large … */
	minimumEffectMs: number;
	/** … and at least this share of the baseline's median. */
	minimumEffectShare: number;
	/** Measures that must be shown not to have become slower; the others can only be found to have. */
	required: readonly string[];
	/** Keys of the fingerprint that may differ. */
	allowDifferent: readonly string[];
}

/** How one measure of one profile moved against the baseline. */
export interface Movement extends Shift {
	profile: string;
	measure: string;
	/** Whether `measure` is one of the disjoint phases, which say where time went. */
	isPhase: boolean;
	beforeMs: number;
	afterMs: number;
	/** Cold starts with a value, in the baseline and in the report. */
	n: readonly [number, number];
	missing: readonly [number, number];
	/** By Holm over all measures and profiles, failures included. */
	adjustedP: number;
	isSignificant: boolean;
	/** The smallest shift that counts as a regression here. */
	limitMs: number;
	values: readonly number[];
}

/** The runs of a profile in several reports as one. */
function pool(reports: readonly Report[], profile: string): ProfileRun | undefined {
	const [first, ...rest] = reports.flatMap((report) => report.profiles.filter((run) => run.profile.name === profile));
	if (first === undefined) return undefined;
	return { ...first, coldStarts: [first, ...rest].flatMap((run) => run.coldStarts) };
}

/** A report held against its baseline: one family of tests. */
export interface BaselineComparison {
	/** The one that moved furthest first, those by more than chance before the others. */
	movements: Movement[];
	failures: FailureChange[];
}

/** Compares every measure, and the failures, of every profile that both sides have. */
export function compareWithBaseline(report: Report, question: BaselineQuestion, alpha: number): BaselineComparison {
	const movements: Movement[] = [];
	const failures: FailureChange[] = [];
	for (const after of report.profiles) {
		const before = pool(question.reports, after.profile.name);
		if (before === undefined) continue;
		movements.push(...movementsOfProfile({ before, after, question, alpha }));
		failures.push(failureChange(before, after));
	}
	const family = [...movements, ...failures];
	for (const [index, adjustedP] of holm(family.map(({ p }) => p)).entries()) {
		const member = family[index];
		if (member !== undefined) member.adjustedP = adjustedP;
	}
	for (const movement of movements) movement.isSignificant = movement.adjustedP <= alpha;
	movements.sort((a, b) => Number(b.isSignificant) - Number(a.isSignificant) || Math.abs(b.ms) - Math.abs(a.ms));
	return { movements, failures };
}

interface ProfilePair {
	before: ProfileRun;
	after: ProfileRun;
	question: BaselineQuestion;
	alpha: number;
}

function movementsOfProfile({ before, after, question, alpha }: ProfilePair): Movement[] {
	return measuresOf(after).flatMap((measure) => {
		const [a, b] = [sampleOf(before, measure), sampleOf(after, measure)];
		const shift = shiftBetween(a, b, 1 - alpha);
		const [beforeMs, afterMs] = [medianMs(a), medianMs(b)];
		if (shift === undefined || beforeMs === undefined || afterMs === undefined) return [];
		return {
			...shift,
			profile: after.profile.name,
			measure,
			isPhase: after.coldStarts.some((start) => start.phases[measure] !== undefined),
			beforeMs,
			afterMs,
			n: [a.values.length, b.values.length] as const,
			missing: [a.missing, b.missing] as const,
			adjustedP: 1,
			isSignificant: false,
			limitMs: Math.max(question.minimumEffectMs, question.minimumEffectShare * beforeMs),
			values: b.values.map((value) => value.ms),
		};
	});
}

/**
 * Judges the movements.
 *
 * A regression is large, by the minimum effect, and significant, by Mann–Whitney and Holm. A measure passes when its
 * whole interval is below the minimum effect: not finding a difference among a few noisy cold starts is not a pass.
 * Measures that are not required yield no verdict where they are too noisy; nor where one side lacks them, if they are
 * not in every cold start of the other (there are two ways to the answer), or the fingerprints differ in what may well
 * have taken a container out of the pod, which was allowed.
 */
export function judgeMovements(report: Report, movements: readonly Movement[], question: BaselineQuestion): Verdict[] {
	return report.profiles.flatMap((run) => {
		const profile = run.profile.name;
		const before = pool(question.reports, profile);
		if (before === undefined) {
			const reason = question.reports.length === 0 ? "there is no baseline" : `the baseline has no profile ${profile}`;
			return question.required.map((measure) => withoutMovement(run, measure, reason));
		}
		const hasOtherPods = mayHaveOtherPods(report, run, question);
		const measures = new Set([...question.required, ...measuresOf(run), ...measuresOf(before)]);
		return [...measures].flatMap((measure) => {
			const isRequired = question.required.includes(measure);
			const movement = movements.find((candidate) => candidate.profile === profile && candidate.measure === measure);
			if (movement === undefined) {
				const isExpected = isAlwaysThere(before, measure) || isAlwaysThere(run, measure);
				if (!isRequired && (!isExpected || hasOtherPods)) return [];
				return withoutMovement(run, measure, whyNotCompared(before, run, measure));
			}
			const verdict = judgeMovement(movement);
			return verdict.status === "inconclusive" && !isRequired ? [] : verdict;
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

function judgeMovement(movement: Movement): Verdict {
	const { ms, band, interval, limitMs, n, missing, profile, measure } = movement;
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
		n: n[1],
		missing: missing[0] + missing[1],
		values: movement.values,
	} as const;
	if (movement.isSignificant && band.lo >= limitMs) {
		return { ...verdict, status: "breach", reason: "slower than the baseline, by more than the minimum effect" };
	}
	if (interval === undefined) {
		return { ...verdict, status: "inconclusive", reason: `${n[0]} and ${n[1]} cold starts are too few to compare` };
	}
	if (interval.hi < limitMs) {
		return { ...verdict, status: "pass", reason: "a regression of the minimum effect is ruled out" };
	}
	return { ...verdict, status: "inconclusive", reason: whyUnsure(movement) };
}

function whyUnsure({ ms, isSignificant, limitMs }: Movement): string {
	if (ms >= limitMs && !isSignificant) return "slower, but not by more than chance can do";
	return "a regression of the minimum effect is not ruled out; more cold starts would tell";
}

function whyNotCompared(before: ProfileRun, after: ProfileRun, measure: string): string {
	const [a, b]: Sample[] = [sampleOf(before, measure), sampleOf(after, measure)];
	if (a?.values.length === 0 && b?.values.length === 0) return "neither the report nor the baseline has it";
	return b?.values.length === 0
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

/** The range that a movement is printed with: its interval, or, where n is too small, that of the measurement. */
export function rangeOf(movement: Movement): Range {
	return movement.interval ?? movement.band;
}
