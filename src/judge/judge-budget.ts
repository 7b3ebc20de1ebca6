import { ledgerOf, type ProfileRun, type Report } from "../model/report.ts";
import { boundedMedianInterval, quantileOf, type Range } from "../statistics/median.ts";
import { leastCountFor, quantileEstimate } from "../statistics/quantile.ts";
import { shareBounds } from "../statistics/share.ts";
import { type Budget, type HitStatistic, holds, isOutcomeMeasure, type Operator } from "./budget.ts";
import { openEnds, type Sample, sampleOf, withMissing } from "./measure.ts";
import type { ResolvedBudget } from "./resolve-budgets.ts";
import { shiftBetween } from "./shift.ts";
import { statusOf, type Verdict } from "./verdict.ts";

type Finding = Pick<Verdict, "status" | "reason"> & Partial<Verdict>;

/**
 * Judges one budget.
 *
 * A quantile, a share or a difference between profiles passes when its whole interval is within the limit, and is
 * breached when its whole interval is beyond: each is wrong with a chance of at most 5 %. In between the report cannot
 * tell, and says so. A maximum, minimum or count is about the cold starts observed, so it has no interval but that of
 * the measurement itself.
 */
export function judgeBudget(report: Report, budget: ResolvedBudget, confidence: number): Verdict {
	const run = report.profiles.find((candidate) => candidate.profile.name === budget.profile);
	const sample = run === undefined ? { values: [], rounds: [], missing: 0 } : sampleOf(run, budget.measure);
	const verdict = {
		kind: "budget",
		profile: budget.profile,
		measure: budget.measure,
		expected: budget.text.replace(/^[^:]*:\s*/, ""),
		source: budget.source,
		unit: "ms",
		n: sample.values.length,
		missing: sample.missing,
		values: sample.values.map((value) => value.ms),
	} as const;
	if (run === undefined) return { ...verdict, ...inconclusive(`the report has no profile ${budget.profile}`) };
	if (isOutcomeMeasure(budget.measure)) {
		return { ...verdict, ...judgeOutcome(run, budget, confidence), values: [], missing: 0 };
	}
	if (sample.values.length === 0) return { ...verdict, ...inconclusive(whyEmpty(run, budget.measure)) };
	return { ...verdict, ...judgeSample(report, { budget, sample, confidence }) };
}

interface Question {
	budget: ResolvedBudget;
	sample: Sample;
	confidence: number;
}

function judgeSample(report: Report, question: Question): Finding {
	const { statistic, limit } = question.budget;
	if (limit.kind === "profile") return judgeBetweenProfiles(report, question, limit);
	if (statistic.kind === "quantile") return judgeQuantile(question, statistic.p);
	if (statistic.kind === "extreme") return judgeExtreme(question, statistic.p);
	return judgeHits(question, statistic);
}

function judgeHits({ budget, sample, confidence }: Question, { kind, beyond }: HitStatistic): Finding {
	if (beyond === undefined) return inconclusive("nothing says which cold starts are counted");
	const isHit = (ms: number) => holds(ms, beyond.operator, beyond.ms);
	const bounds = withMissing(sample);
	const hits = {
		best: sample.values.filter((value) => isHit(value.ms)).length,
		certain: bounds.filter((value) => isHit(value.loMs) && isHit(value.hiMs)).length,
		possible: bounds.filter((value) => isHit(value.loMs) || isHit(value.hiMs)).length,
		of: bounds.length,
	};
	return kind === "count" ? judgeCount(hits, budget) : judgeShare(hits, budget, confidence);
}

function judgeQuantile({ budget, sample, confidence }: Question, p: number): Finding {
	const n = sample.values.length;
	const found = quantileOf(
		sample.values.map((value) => value.ms),
		p,
	);
	const least = p === 0.5 ? leastCountFor(0.5, (1 + confidence) / 2) : leastCountFor(p, confidence);
	if (found === undefined || n < least) {
		const name = `p(${Math.round(p * 1000) / 10})`;
		return inconclusive(`${n} cold ${n === 1 ? "start does" : "starts do"} not support ${name}: ${least} are needed`);
	}
	const interval = quantileInterval(sample, p, confidence);
	if (interval === undefined) return { ...inconclusive("too few cold starts have a value"), found };
	return { found, ...decide(interval, budget) };
}

function quantileInterval(sample: Sample, p: number, confidence: number): Range | undefined {
	const values = withMissing(sample);
	if (p === 0.5) {
		const interval = boundedMedianInterval(values, confidence)?.interval;
		return interval === undefined ? undefined : openEnds({ lo: interval.lo, hi: interval.hi });
	}
	const estimate = quantileEstimate(values, p, confidence);
	if (estimate?.lower === undefined || estimate.upper === undefined) return undefined;
	return openEnds({ lo: estimate.lower, hi: estimate.upper });
}

function judgeBetweenProfiles(
	report: Report,
	{ budget, sample, confidence }: Question,
	other: Extract<Budget["limit"], { kind: "profile" }>,
): Finding {
	const otherRun = report.profiles.find((candidate) => candidate.profile.name === other.profile);
	if (otherRun === undefined) return inconclusive(`the report has no profile ${other.profile}`);
	const reference = sampleOf(otherRun, other.measure);
	const shift = shiftBetween(reference, sample, confidence);
	if (shift === undefined) return inconclusive(`${other.profile}: ${whyEmpty(otherRun, other.measure)}`);
	if (shift.interval === undefined) {
		const sizes = `${reference.values.length} and ${sample.values.length}`;
		return inconclusive(`${sizes} cold starts are too few to compare two profiles`);
	}
	return { unit: "shift", found: shift.ms, ...decide(shift.interval, budget, other.offsetMs) };
}

function judgeExtreme({ budget, sample }: Question, p: 0 | 1): Finding {
	const of = (values: readonly number[]) => quantileOf(values, p) ?? Number.NaN;
	const values = withMissing(sample);
	const interval = openEnds({ lo: of(values.map((value) => value.loMs)), hi: of(values.map((value) => value.hiMs)) });
	return { found: of(sample.values.map((value) => value.ms)), ...decide(interval, budget) };
}

/** How many cold starts are beyond a time: as measured, surely, and at most. */
interface Hits {
	best: number;
	certain: number;
	possible: number;
	of: number;
}

function judgeCount(hits: Hits, budget: Budget): Finding {
	return { unit: "count", found: hits.best, ...decide({ lo: hits.certain, hi: hits.possible }, budget) };
}

function judgeShare(hits: Hits, budget: Budget, confidence: number): Finding {
	const least = shareBounds(hits.certain, hits.of, confidence);
	const most = shareBounds(hits.possible, hits.of, confidence);
	if (least === undefined || most === undefined) return inconclusive("there was no attempt");
	const decided = decide({ lo: least.lo, hi: most.hi }, budget);
	const share = budget.limit.kind === "share" ? budget.limit.share : 0;
	if (decided.status === "inconclusive" && hits.possible === 0 && share > 0) {
		decided.reason = `none of ${hits.of} does not yet show it: ${leastCountFor(1 - share, confidence)} are needed`;
	}
	return { unit: "share", found: hits.best / hits.of, ...decided };
}

function judgeOutcome(run: ProfileRun, budget: Budget, confidence: number): Finding {
	const attempts = run.coldStarts.filter((start) => start.round > 0);
	const ledger = ledgerOf(attempts);
	if (ledger.attempted === 0) return { ...inconclusive("there was no attempt"), n: 0 };
	const count = isOutcomeMeasure(budget.measure) ? ledger[budget.measure] : 0;
	const hits = { best: count, certain: count, possible: count, of: ledger.attempted };
	const finding = budget.statistic.kind === "count" ? judgeCount(hits, budget) : judgeShare(hits, budget, confidence);
	return { ...finding, n: ledger.attempted };
}

const wordsOf: Record<Operator, string> = { "<": "below", "<=": "at most", ">": "above", ">=": "at least" };

function decide(interval: Range, budget: Budget, offsetMs?: number) {
	const limit = offsetMs ?? limitOf(budget);
	const status = statusOf(interval, (value) => holds(value, budget.operator, limit));
	const side = `${wordsOf[budget.operator]} the limit`;
	// Without uncertainty there is no interval to speak of.
	const [all, none] =
		interval.lo === interval.hi ? ["it is", "it is not"] : ["all of the interval is", "none of the interval is"];
	const reasons = {
		pass: `${all} ${side}`,
		breach: `${none} ${side}`,
		inconclusive: "the interval reaches over the limit",
	};
	return { status, interval, reason: reasons[status] };
}

function limitOf({ limit }: Budget): number {
	switch (limit.kind) {
		case "time":
			return limit.ms;
		case "share":
			return limit.share;
		case "count":
			return limit.count;
		case "profile":
			return limit.offsetMs;
	}
}

function whyEmpty(run: ProfileRun, measure: string): string {
	const { attempted, counted } = ledgerOf(run.coldStarts);
	if (attempted === 0) return "no cold start was attempted";
	if (counted === 0) return `none of ${attempted} attempts counts as a cold start`;
	return `${measure} was not resolved in any of ${counted} cold starts`;
}

function inconclusive(reason: string): { status: "inconclusive"; reason: string } {
	return { status: "inconclusive", reason };
}
