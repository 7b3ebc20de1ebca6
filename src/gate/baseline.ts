import { poolOf } from "../analysis/pool.ts";
import { measuresOf, sampleOf } from "../analysis/samples.ts";
import { medianMs, pOfAtMost, type Shift, shiftBetween } from "../analysis/shift.ts";
import { questionLevel, type Tested, weigh } from "../analysis/significance.ts";
import { holm } from "../analysis/statistics/holm.ts";
import type { Range } from "../analysis/statistics/median.ts";
import type { ProfileRun, Report } from "../report/report.ts";
import { type FailureChange, failureChange } from "./baseline-failures.ts";
import { runSpreadOf } from "./baseline-runs.ts";
import { type SlowChange, slowChange } from "./slow-starts.ts";

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
	/** The gate: measures that are judged. The others only say where a difference comes from. */
	required: readonly string[];
	/** Keys of the fingerprint that may differ. */
	allowDifferent: readonly string[];
}

/** How one measure of one profile moved against the baseline. */
export interface Movement extends Shift, Tested {
	profile: string;
	measure: string;
	/** Whether `measure` is one of the disjoint phases, which say where time went. */
	isPhase: boolean;
	beforeMs: number;
	afterMs: number;
	/** Cold starts with a value, in the baseline and in the report. */
	n: readonly [number, number];
	missing: readonly [number, number];
	/** The smallest shift that counts as a regression here. */
	limitMs: number;
	/** How much slower a run of unchanged code may be, by three baselines or more; `limitMs` is no smaller. */
	runSpreadMs?: number;
	/** Of a question: Holm's p of the shift being no larger than the limit. */
	adjustedPOfLimit?: number;
	/** Of a question: where the shift lies, each end wrong with a chance of at most 5 %; what a pass is judged by. */
	oneSided?: Range;
	values: readonly number[];
}

/** A report held against its baseline. */
export interface BaselineComparison {
	/** The one that moved furthest first, those by more than chance before the others. */
	movements: Movement[];
	failures: FailureChange[];
	slow: SlowChange[];
	/** Among how many questions the level is shared. */
	questions: number;
}

/** Compares every measure, the failures and the slow starts of every profile that both sides have. */
export function compareWithBaseline(report: Report, question: BaselineQuestion, alpha: number): BaselineComparison {
	const pairs = report.profiles.flatMap((after) => {
		const before = poolOf(question.reports, after.profile.name);
		return before === undefined ? [] : [{ before, after, question, alpha }];
	});
	const groups = pairs.map(movementsOfProfile);
	weigh(groups, alpha);
	const movements = groups.flat();
	const questions = movements.filter(({ isQuestion }) => isQuestion);
	for (const movement of questions) {
		const oneSided = oneSidedOf(report, movement, { question, alpha });
		if (oneSided !== undefined) movement.oneSided = oneSided;
	}
	for (const [index, p] of holm(questions.map((movement) => pOfLimit(report, movement, question))).entries()) {
		const movement = questions[index];
		if (movement !== undefined) movement.adjustedPOfLimit = Math.min(1, (p * alpha) / questionLevel(alpha));
	}
	const failures = pairs.map(({ before, after }) => failureChange(before, after));
	const slow = pairs.flatMap(({ before, after }) => {
		const name = after.profile.name;
		const whole = movements.find(({ profile, measure }) => profile === name && measure === "total");
		const shiftMs = whole?.isSignificant === true ? Math.max(0, whole.ms) : 0;
		return slowChange(before, after, { leastMs: whole?.limitMs ?? question.minimumEffectMs, shiftMs }) ?? [];
	});
	for (const family of [failures, slow]) {
		for (const [index, adjustedP] of holm(family.map(({ p }) => p)).entries()) {
			const member = family[index];
			if (member !== undefined) member.adjustedP = adjustedP;
		}
	}
	movements.sort((a, b) => Number(b.isSignificant) - Number(a.isSignificant) || Math.abs(b.ms) - Math.abs(a.ms));
	return { movements, failures, slow, questions: questions.length };
}

/** Whether a question is answered by yes: it is slower, surely, and surely by more than the limit. */
export function isSlower({ isSignificant, adjustedPOfLimit = 1 }: Movement, alpha: number): boolean {
	return isSignificant && adjustedPOfLimit <= alpha;
}

function pOfLimit(report: Report, { profile, measure, limitMs }: Movement, { reports }: BaselineQuestion): number {
	const [before, after] = [poolOf(reports, profile), poolOf([report], profile)];
	if (before === undefined || after === undefined) return 1;
	return pOfAtMost(limitMs, sampleOf(before, measure), sampleOf(after, measure));
}

/** To pass wrongly is one error, so its whole chance may lie at one end; all measures have to pass, so no level is shared. */
function oneSidedOf(
	report: Report,
	{ profile, measure }: Movement,
	{ question, alpha }: { question: BaselineQuestion; alpha: number },
): Range | undefined {
	const [before, after] = [poolOf(question.reports, profile), poolOf([report], profile)];
	if (before === undefined || after === undefined) return undefined;
	return shiftBetween(sampleOf(before, measure), sampleOf(after, measure), 1 - 2 * alpha)?.interval;
}

interface ProfilePair {
	before: ProfileRun;
	after: ProfileRun;
	question: BaselineQuestion;
	alpha: number;
}

function movementsOfProfile({ before, after, question, alpha }: ProfilePair): Movement[] {
	const profile = after.profile.name;
	return measuresOf(after).flatMap((measure) => {
		const [a, b] = [sampleOf(before, measure), sampleOf(after, measure)];
		const shift = shiftBetween(a, b, 1 - alpha);
		const [beforeMs, afterMs] = [medianMs(a), medianMs(b)];
		if (shift === undefined || beforeMs === undefined || afterMs === undefined) return [];
		const runSpreadMs = runSpreadOf(question.reports, profile, measure);
		const leastMs = Math.max(question.minimumEffectMs, question.minimumEffectShare * beforeMs);
		return {
			...shift,
			profile,
			measure,
			isPhase: after.coldStarts.some((start) => start.phases[measure] !== undefined),
			isQuestion: question.required.includes(measure),
			beforeMs,
			afterMs,
			n: [a.values.length, b.values.length] as const,
			missing: [a.missing, b.missing] as const,
			isExplanation: false,
			adjustedP: 1,
			isSignificant: false,
			limitMs: Math.max(leastMs, runSpreadMs ?? 0),
			...(runSpreadMs !== undefined && { runSpreadMs }),
			values: b.values.map((value) => value.ms),
		};
	});
}

/** The range that a movement is printed with: its interval, or, where n is too small, that of the measurement. */
export function rangeOf(movement: Movement): Range {
	return movement.interval ?? movement.band;
}
