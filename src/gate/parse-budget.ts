import { UsageError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import { durationPattern, readDuration } from "../text/duration.ts";
import { nearest } from "../text/nearest.ts";
import { type Budget, isOutcomeMeasure, type Limit, type Operator, outcomeMeasures, type Statistic } from "./budget.ts";

/** One budget and where the user wrote it. */
export interface WrittenBudget {
	text: string;
	/** A flag, a profile, a line of a file. */
	source: string;
	/** The profile it stands in, which its own prefix may be left out for. */
	profile?: string;
}

/** The budgets that stand in a profile. */
export function budgetsOfProfile({ name, budgets }: Profile): WrittenBudget[] {
	return budgets.map((text, index) => ({ text, source: `profile ${name}, budgets[${index}]`, profile: name }));
}

const example = "such as minimal.total: p(50) < 3s, minimal.total: share(> 4s) <= 5% or minimal.failed: count <= 0";

/**
 * Reads one budget; names are matched later, by `resolveBudgets`.
 *
 * Throws a `UsageError` that points at the place.
 */
export function parseBudget(written: WrittenBudget): Budget {
	const scan = scanner(written);
	const at = { profile: scan.position(), measure: 0, limit: 0 };
	const first = scan.take(/[a-z0-9_-]+/i, "a profile or a phase");
	const hasPrefix = scan.skip(/\./);
	at.measure = hasPrefix ? scan.position() : at.profile;
	const measure = hasPrefix ? scan.take(/[a-z0-9_-]+/i, "a phase") : first;
	scan.take(/:/, '":"');
	const statisticAt = scan.position();
	const statistic = readStatistic(scan);
	const operator = readOperator(scan);
	at.limit = scan.position();
	const limit = readLimit(scan);
	scan.end();
	const complaint = mismatchOf(measure, statistic, limit);
	if (complaint !== undefined) scan.fail(complaint.of === "limit" ? at.limit : statisticAt, complaint.message);
	const oneWay = whyOneWay(statistic, operator, limit);
	if (oneWay !== undefined) scan.fail(at.limit, oneWay);
	const profile = hasPrefix ? first : written.profile;
	return { text: written.text.trim(), source: written.source, profile, measure, statistic, operator, limit, at };
}

function readStatistic(scan: Scanner): Statistic {
	const at = scan.position();
	const name = scan.take(/[a-z]+/i, "p(50), median, max, min, share or count").toLowerCase();
	if (name === "median") return { kind: "quantile", p: 0.5 };
	if (name === "max" || name === "min") return { kind: "extreme", p: name === "max" ? 1 : 0 };
	if (name === "p") {
		scan.take(/\(/, '"(", as in p(50)');
		const percentAt = scan.position();
		const percent = Number(scan.take(/\d+(\.\d+)?/, "a percentile"));
		// p(0.5) would be a percentile that nobody limits, and looks like the median.
		if (!(percent >= 1 && percent < 100))
			scan.fail(percentAt, "a percentile lies between 1 and 100; the median is p(50)");
		scan.take(/\)/, '")"');
		return { kind: "quantile", p: percent / 100 };
	}
	if (name === "share" || name === "count") {
		if (!scan.skip(/\(/)) return { kind: name, beyond: undefined };
		const beyond = { operator: readOperator(scan), ms: readTime(scan) };
		scan.take(/\)/, '")"');
		return { kind: name, beyond };
	}
	if (name === "mean" || name === "avg") {
		scan.fail(at, "a mean has no interval that holds for skewed times; limit the median, p(50), instead");
	}
	return scan.fail(at, `"${name}" is not a statistic: expected p(50), median, max, min, share or count`);
}

function readOperator(scan: Scanner): Operator {
	return scan.take(/<=|>=|<|>/, "<, <=, > or >=") as Operator;
}

const phaseBeforeTime = new RegExp(`[a-z0-9_]+(?:-(?!${durationPattern.source}(?!-))[a-z0-9_]+)*`, "i");

function readTime(scan: Scanner): number {
	const at = scan.position();
	return readDuration(scan.take(durationPattern, "a time such as 800ms, 3s or 1m30s")) ?? scan.fail(at, "no time");
}

function readLimit(scan: Scanner): Limit {
	if (scan.peek(durationPattern) !== undefined) return { kind: "time", ms: readTime(scan) };
	const number = scan.peek(/(\d+(?:\.\d+)?)\s*(%|(?![\w.-]))/i);
	if (number !== undefined) {
		const [, digits = "", unit = ""] = number;
		if (unit === "") return { kind: "count", count: Number(scan.take(/[\d.]+/, "a number")) };
		const shareAt = scan.position();
		if (Number(scan.take(/[\d.]+/, "a share")) > 100) scan.fail(shareAt, "a share is at most 100 %");
		scan.take(/%/, "%");
		return { kind: "share", share: Number(digits) / 100 };
	}
	if (scan.peek(/\d+(\.\d+)?[a-z]+(?![\w.-])/i)) readTime(scan);
	const profile = scan.take(
		/[a-z0-9]([a-z0-9-]*[a-z0-9])?/i,
		"a limit such as 3s, 5%, full.total - 300ms or minimal.total * 3",
	);
	scan.take(/\./, '"." and a phase of the other profile');
	// In `full.total-300ms` the time is no part of the name.
	const measure = scan.take(phaseBeforeTime, "a phase");
	return { kind: "profile", profile, measure, ...readRelation(scan) };
}

/** What follows another profile's name: `* 3`, `+ 10%`, `- 300ms`, or `* 3 + 300ms`. */
function readRelation(scan: Scanner): { factor: number; offsetMs: number } {
	const factorAt = scan.skip(/[*×]/) ? scan.position() : undefined;
	const factor = factorAt === undefined ? 1 : Number(scan.take(/\d+(\.\d+)?/, "a factor such as 3 or 1.5"));
	if (factorAt !== undefined && factor === 0) scan.fail(factorAt, "0 times a median is 0: give a larger factor");
	const sign = scan.skip(/-/) ? -1 : scan.skip(/\+/) ? 1 : 0;
	if (sign === 0) return { factor, offsetMs: 0 };
	if (factorAt !== undefined || !scan.peek(/\d+(\.\d+)?\s*%/)) return { factor, offsetMs: sign * readTime(scan) };
	const shareAt = scan.position();
	const share = Number(scan.take(/\d+(\.\d+)?/, "a share")) / 100;
	if (sign < 0 && share >= 1) scan.fail(shareAt, "less by 100 % is nothing: give a smaller share");
	scan.take(/%/, "%");
	return { factor: 1 + sign * share, offsetMs: 0 };
}

/** What a budget asks that no run can fail, or none can pass; undefined where both may be. */
function whyOneWay(statistic: Statistic, operator: Operator, limit: Limit): string | undefined {
	const isUpper = operator === "<" || operator === "<=";
	if ("beyond" in statistic && statistic.beyond !== undefined && statistic.beyond.ms === 0) {
		return "every cold start takes longer than 0 s: give a time that some may be beyond";
	}
	if (limit.kind === "time" && limit.ms === 0) {
		return isUpper
			? "no cold start takes 0 s, so this can never pass: give a longer time"
			: "every cold start takes longer than 0 s, so this can never be breached: give a longer time";
	}
	if (limit.kind === "count" && limit.count === 0) {
		if (operator === "<") return "no count is below 0, so this can never pass: write <= 0 for none";
		if (operator === ">=") return "every count is at least 0, so this can never be breached: write > 0 for some";
	}
	if (limit.kind !== "share") return undefined;
	const { share } = limit;
	if (share === 0 && isUpper) {
		return "no number of cold starts shows a share of 0 %, so this can never pass: write count <= 0 for none in this run";
	}
	if (share === 1 && !isUpper) {
		return "no number of cold starts shows a share of 100 %, so this can never pass: limit the count of the others";
	}
	if ((share === 0 && operator === ">=") || (share === 1 && operator === "<=")) {
		return "every share is, so this can never be breached: give another share, or limit the count";
	}
	return undefined;
}

/** Why these parts do not go together, and which of them is wrong. */
function mismatchOf(measure: string, statistic: Statistic, limit: Limit) {
	const isOutcome = isOutcomeMeasure(measure);
	const countsSomething = statistic.kind === "share" || statistic.kind === "count";
	if (isOutcome && !(countsSomething && statistic.beyond === undefined)) {
		return { of: "statistic", message: `"${measure}" is an outcome: limit its share or its count` };
	}
	if (!isOutcome && countsSomething && statistic.beyond === undefined) {
		const meant = nearest(measure, outcomeMeasures);
		const example = meant === undefined ? `Write ${statistic.kind}(> 4s)` : `Did you mean "${meant}"?`;
		return { of: "statistic", message: `the ${statistic.kind} of which cold starts? ${example}` };
	}
	if (statistic.kind === "share" && limit.kind !== "share") return { of: "limit", message: "a share is limited in %" };
	if (statistic.kind === "count" && limit.kind !== "count") {
		return { of: "limit", message: "a count is limited by a number" };
	}
	if (!countsSomething && (limit.kind === "share" || limit.kind === "count")) {
		return { of: "limit", message: "a time is limited in ms or s" };
	}
	const isMedian = statistic.kind === "quantile" && statistic.p === 0.5;
	if (limit.kind === "profile" && !isMedian) {
		return { of: "limit", message: "only medians, p(50), can be compared with another profile" };
	}
	return undefined;
}

type Scanner = ReturnType<typeof scanner>;

/** Walks through a budget from left to right; spaces between its parts do not matter. */
function scanner({ text, source }: WrittenBudget) {
	let index = 0;

	function position(): number {
		index += text.slice(index).match(/^\s*/)?.[0].length ?? 0;
		return index;
	}

	function peek(pattern: RegExp): RegExpMatchArray | undefined {
		return text.slice(position()).match(new RegExp(`^(?:${pattern.source})`, pattern.flags)) ?? undefined;
	}

	function skip(pattern: RegExp): boolean {
		const match = peek(pattern);
		index += match?.[0].length ?? 0;
		return match !== undefined;
	}

	function take(pattern: RegExp, expected: string): string {
		const match = peek(pattern);
		if (match === undefined) return fail(position(), `expected ${expected}, found ${rest()}`);
		index += match[0].length;
		return match[0];
	}

	function rest(): string {
		const found = text.slice(position()).match(/^\S+/)?.[0];
		return found === undefined ? "the end" : `"${found}"`;
	}

	function end(): void {
		if (position() < text.length) fail(index, `expected the end, found ${rest()}`);
	}

	function fail(at: number, message: string): never {
		throw budgetError({ text, source }, at, { message, hint: example });
	}

	return { position, peek, skip, take, end, fail };
}

/** An error about one place in a budget, with the place pointed at. */
export function budgetError(
	{ text, source }: { text: string; source: string },
	at: number,
	{ message, hint }: { message: string; hint: string },
): UsageError {
	return new UsageError(`${source}, column ${at + 1}: ${message}\n  ${text}\n  ${" ".repeat(at)}^`, { hint });
}
