import { confidenceOf } from "../analysis/looks.ts";
import { openEnds, type Sample, sampleOf, withMissing } from "../analysis/samples.ts";
import { medianMs } from "../analysis/shift.ts";
import { boundedMedianInterval, quantileOf, type Range } from "../analysis/statistics/median.ts";
import { differenceOfMedians, ratioOfMedians } from "../analysis/statistics/medians-apart.ts";
import { leastCountFor, quantileEstimate } from "../analysis/statistics/quantile.ts";
import { shareBounds } from "../analysis/statistics/share.ts";
import { ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type Budget, type HitStatistic, holds, isOutcomeMeasure, type Operator } from "./budget.ts";
import { neededToSettle } from "./needed.ts";
import type { ResolvedBudget } from "./resolve-budgets.ts";
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
	return { ...verdict, ...judgeSample(report, { budget, sample, confidence: confidenceOf(run, confidence) }) };
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
	const interval = quantileInterval(sample, p, confidence);
	const tooFew = { ...inconclusive(tooFewFor(p, n, least)), needed: least };
	if (found === undefined || interval === undefined) return n < least ? tooFew : openFinding(sample, found);
	const decided = decide(interval, budget);
	// One end may be known where the other is not: a percentile can be too slow before n can show that it is not.
	if (decided.status === "inconclusive" && n < least) return tooFew;
	return { found, ...settled(found, decided, { limit: limitOf(budget), sample }) };
}

function tooFewFor(p: number, n: number, least: number): string {
	const name = `p(${Math.round(p * 1000) / 10})`;
	return `${n} cold ${n === 1 ? "start does" : "starts do"} not support ${name}: ${least} are needed`;
}

function openFinding({ values, missing }: Sample, found: number | undefined): Finding {
	const reason = `${missing} of ${values.length + missing} attempts have no value, so that it may be anything`;
	return { ...inconclusive(reason), ...(found !== undefined && { found }) };
}

type Decided = ReturnType<typeof decide>;

/** Adds to what is inconclusive how many cold starts would tell, or why no number would. */
function settled(found: number, decided: Decided, { limit, sample }: { limit: number; sample: Sample }): Finding {
	if (decided.status !== "inconclusive") return decided;
	const { interval } = decided;
	const isOpen = !Number.isFinite(interval.lo) || !Number.isFinite(interval.hi);
	if (isOpen && sample.missing > 0) return { ...openFinding(sample, found), interval };
	const needed = neededToSettle(found, interval, { limit, n: sample.values.length });
	return needed === undefined ? decided : { ...decided, needed };
}

function quantileInterval(sample: Sample, p: number, confidence: number): Range | undefined {
	const values = withMissing(sample);
	if (p === 0.5) {
		const interval = boundedMedianInterval(values, confidence)?.interval;
		return interval === undefined ? undefined : openEnds({ lo: interval.lo, hi: interval.hi });
	}
	const { lower, upper } = quantileEstimate(values, p, confidence) ?? {};
	if (lower === undefined && upper === undefined) return undefined;
	return openEnds({ lo: lower ?? Number.NEGATIVE_INFINITY, hi: upper ?? Number.POSITIVE_INFINITY });
}

function judgeBetweenProfiles(
	report: Report,
	{ budget, sample, confidence }: Question,
	other: Extract<Budget["limit"], { kind: "profile" }>,
): Finding {
	const otherRun = report.profiles.find((candidate) => candidate.profile.name === other.profile);
	if (otherRun === undefined) return inconclusive(`the report has no profile ${other.profile}`);
	const reference = sampleOf(otherRun, other.measure);
	const [median, otherMedian] = [medianMs(sample), medianMs(reference)];
	if (median === undefined || otherMedian === undefined) {
		return inconclusive(`${other.profile}: ${whyEmpty(otherRun, other.measure)}`);
	}
	const medians = [otherMedian, median] as const;
	const [own, others] = [sample, reference].map((each) => quantileInterval(each, 0.5, confidence));
	if (own === undefined || others === undefined) {
		const least = leastCountFor(0.5, (1 + confidence) / 2);
		const sizes = `${reference.values.length} and ${sample.values.length}`;
		const reason = `${sizes} cold starts are too few to compare two medians: ${least} of each are needed`;
		return { ...inconclusive(reason), medians, needed: least };
	}
	const fewer = reference.values.length < sample.values.length ? reference : sample;
	const asked = { limit: limitOf(budget), sample: { ...fewer, missing: reference.missing + sample.missing } };
	const { factor, offsetMs } = other;
	const ratio = factor === 1 || offsetMs !== 0 ? undefined : ratioOfMedians(own, others);
	if (ratio !== undefined) {
		const found = median / otherMedian;
		const decided = decide(ratio, budget, factor);
		return { unit: "ratio", found, medians, ...settled(found, decided, { ...asked, limit: factor }) };
	}
	const found = median - factor * otherMedian;
	const decided = decide(differenceOfMedians(own, others, factor), budget);
	return { unit: "shift", found, medians, ...settled(found, decided, asked) };
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
	const found = hits.best / hits.of;
	if (decided.status !== "inconclusive") return { unit: "share", found, ...decided };
	if (hits.possible === 0 && share > 0) {
		const needed = leastCountFor(1 - share, confidence);
		const reason = `none of ${hits.of} does not yet show it: ${needed} are needed`;
		return { unit: "share", found, ...decided, reason, needed };
	}
	const needed = neededToSettle(found, decided.interval, { limit: share, n: hits.of });
	return { unit: "share", found, ...decided, ...(needed !== undefined && { needed }) };
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

function decide(interval: Range, budget: Budget, limit = limitOf(budget)) {
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
