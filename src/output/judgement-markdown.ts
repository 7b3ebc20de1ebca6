import { rangeOf } from "../judge/baseline.ts";
import { estimateOf } from "../judge/estimate.ts";
import type { Judgement } from "../judge/judge.ts";
import { measuresOf, sampleOf } from "../judge/measure.ts";
import type { Status, Verdict } from "../judge/verdict.ts";
import { ledgerOf, type Report } from "../model/report.ts";
import { formatMsWithRange, formatShift } from "./amounts.ts";
import { valuesWords } from "./judgement-text.ts";
import { literalMarkdown } from "./one-line.ts";
import { duration } from "./units.ts";
import {
	amountWords,
	countWords,
	expectedWords,
	formatP,
	headlineOf,
	overallStatus,
	simulatedWords,
} from "./verdict-words.ts";

const signs: Record<Status, string> = { pass: "✅", breach: "❌", inconclusive: "❔" };

/** The first line of a comment, by which a workflow finds the one to replace. */
export const commentMark = "<!-- knistio -->";

/** A judgement and what was measured, for `$GITHUB_STEP_SUMMARY`. */
export function renderStepSummary(report: Report, judgement: Judgement): string {
	return joined([
		heading(judgement),
		verdictTable(judgement),
		remarkList(judgement),
		movementTable(judgement),
		measuredTables(report),
	]);
}

/** A judgement as a comment to a pull request: the verdicts at once, the rest folded away. */
export function renderPullRequestComment(report: Report, judgement: Judgement): string {
	const details = joined([movementTable(judgement), measuredTables(report), valueList(judgement)]);
	const folded = `<details><summary>All phases and values</summary>\n\n${details}\n</details>`;
	return joined([commentMark, heading(judgement), verdictTable(judgement), remarkList(judgement), folded]);
}

function heading(judgement: Judgement): string {
	const status = overallStatus(judgement);
	const simulated = simulatedWords(judgement);
	const title = `## ${signs[status]} Cold starts: ${status}${simulated === undefined ? "" : " (simulated)"}`;
	const warning = simulated === undefined ? [] : [`> **${literalMarkdown(simulated)}**`];
	return joined([title, ...warning, literalMarkdown(headlineOf(judgement))]);
}

function verdictTable({ verdicts }: Judgement): string {
	const rows = verdicts.map((verdict) => [
		`${signs[verdict.status]} ${verdict.status}`,
		verdict.measure,
		verdict.profile,
		expectedWords(verdict),
		amountWords(verdict),
		countWords(verdict),
		verdict.reason,
	]);
	return table(["", "phase", "profile", "expected", "found", "", "why"], rows);
}

function remarkList({ remarks }: Judgement): string {
	return remarks
		.map(({ message, hint }) => `- ${literalMarkdown(hint === undefined ? message : `${message}: ${hint}`)}`)
		.join("\n");
}

function movementTable({ movements }: Judgement): string {
	const rows = movements.map((movement) => [
		movement.measure,
		movement.profile,
		duration(movement.beforeMs),
		duration(movement.afterMs),
		movement.isSignificant ? formatShift(movement.ms, rangeOf(movement)) : "~",
		formatP(movement.adjustedP),
		`${movement.n[0]} + ${movement.n[1]}`,
	]);
	const body = table(["phase", "profile", "baseline", "now", "change", "p (Holm)", "n"], rows);
	return rows.length === 0 ? "" : `### Against the baseline\n\n${body}`;
}

function measuredTables(report: Report): string {
	const rows = report.profiles.flatMap((run) =>
		measuresOf(run).map((measure) => {
			const estimate = estimateOf(sampleOf(run, measure));
			const found = estimate === undefined ? "" : formatMsWithRange(estimate.medianMs, estimate.interval);
			return [run.profile.name, measure, found, String(estimate?.n ?? 0)];
		}),
	);
	const ledgers = report.profiles.map((run) => {
		const { attempted, cold, warm, failed, unresolved, counted } = ledgerOf(run.coldStarts);
		return [run.profile.name, attempted, cold, warm, failed, unresolved, counted].map(String);
	});
	const attempts = table(["profile", "attempted", "cold", "warm", "failed", "unresolved", "counted"], ledgers);
	return `### Medians\n\n${table(["profile", "phase", "median [95 %]", "n"], rows)}\n\n${attempts}`;
}

function valueList({ verdicts }: Judgement): string {
	const seen = new Map(
		verdicts.map((verdict): [string, Verdict] => [`${verdict.profile}.${verdict.measure}`, verdict]),
	);
	return [...seen]
		.filter(([, verdict]) => verdict.values.length > 0)
		.map(([name, verdict]) => `- ${literalMarkdown(name)} in ms: ${valuesWords(verdict.values)}`)
		.join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map(literalMarkdown).join(" | ")} |`;
	return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function joined(parts: readonly string[]): string {
	return parts.filter((part) => part !== "").join("\n\n");
}
