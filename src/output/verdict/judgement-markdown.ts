import type { Figures } from "../../analysis/figures.ts";
import { rangeOf } from "../../gate/baseline.ts";
import type { Judgement } from "../../gate/judge.ts";
import { overallStatus, type Status, type Verdict } from "../../gate/verdict.ts";
import { literalMarkdown } from "../../text/one-line.ts";
import { formatMsWithRange } from "../words/amounts.ts";
import { priceSentences } from "../words/price-words.ts";
import { duration } from "../words/units.ts";
import {
	amountWords,
	chanceWords,
	changeNote,
	changeWords,
	countWords,
	expectedWords,
	mediansWords,
	simulatedWords,
} from "../words/verdict-words.ts";
import { headlineOf, neededWords, phaseLines } from "./headline.ts";
import { valuesWords } from "./judgement-text.ts";

const signs: Record<Status, string> = { pass: "✅", breach: "❌", inconclusive: "❔" };

/** The first line of a comment, by which a workflow finds the one to replace. */
export const commentMark = "<!-- knistio -->";

/** A judgement and what was measured, for `$GITHUB_STEP_SUMMARY`. */
export function renderStepSummary(judgement: Judgement, figures: Figures): string {
	return joined([
		heading(judgement),
		ratioLines(figures),
		verdictTable(judgement.verdicts),
		noteList(judgement),
		movementTable(judgement),
		measuredTables(figures),
	]);
}

/** A judgement as a comment to a pull request: what was asked for or failed at once, the rest folded away. */
export function renderPullRequestComment(judgement: Judgement, figures: Figures): string {
	const isShown = ({ status, kind, unit }: Verdict) => status !== "pass" || kind === "budget" || unit === "shift";
	const details = joined([
		verdictTable(judgement.verdicts.filter((verdict) => !isShown(verdict))),
		movementTable(judgement),
		measuredTables(figures),
		valueList(judgement),
	]);
	const folded = details === "" ? "" : `<details><summary>All phases and values</summary>\n\n${details}\n</details>`;
	return joined([
		commentMark,
		heading(judgement),
		ratioLines(figures),
		verdictTable(judgement.verdicts.filter(isShown)),
		noteList(judgement),
		folded,
	]);
}

function heading(judgement: Judgement): string {
	const status = overallStatus(judgement.verdicts);
	const simulated = simulatedWords(judgement);
	const title = `## ${signs[status]} Cold starts: ${status}${simulated === undefined ? "" : " (simulated)"}`;
	const warning = simulated === undefined ? [] : [`> **${literalMarkdown(simulated)}**`];
	return joined([title, ...warning, literalMarkdown(headlineOf(judgement))]);
}

/** How the profiles compare as a whole, a sentence each. */
function ratioLines({ prices }: Figures): string {
	return priceSentences(prices).map(literalMarkdown).join("  \n");
}

function verdictTable(verdicts: readonly Verdict[]): string {
	const rows = verdicts.map((verdict) => [
		`${signs[verdict.status]} ${verdict.status}`,
		verdict.measure,
		verdict.profile,
		expectedWords(verdict),
		`${amountWords(verdict)}${mediansWords(verdict)}`,
		countWords(verdict),
		`${verdict.reason}${neededWords(verdict, "; ")}`,
	]);
	return table(["", "phase", "profile", "expected", "found", "", "why"], rows);
}

function noteList({ movements, remarks }: Judgement): string {
	const phases = phaseLines(movements).map((line) => `phases of ${line}`);
	const notes = remarks.map(({ message, hint }) => (hint === undefined ? message : `${message}: ${hint}`));
	return [...phases, ...notes].map((note) => `- ${literalMarkdown(note)}`).join("\n");
}

function movementTable({ movements }: Judgement): string {
	const rows = movements.map((movement) => [
		movement.measure,
		movement.profile,
		duration(movement.beforeMs),
		duration(movement.afterMs),
		changeWords(movement, rangeOf(movement)),
		chanceWords(movement),
		`${movement.n[0]} + ${movement.n[1]}`,
	]);
	const body = table(["phase", "profile", "baseline", "now", "change", "chance", "n"], rows);
	return rows.length === 0 ? "" : `### Against the baseline\n\n${body}\n\n${literalMarkdown(sentence(changeNote))}`;
}

function measuredTables({ runs }: Figures): string {
	const rows = runs.flatMap(({ run, medians }) =>
		medians.map(({ measure, estimate }) => {
			const found = estimate === undefined ? "" : formatMsWithRange(estimate.medianMs, estimate.interval);
			return [run.profile.name, measure, found, String(estimate?.n ?? 0)];
		}),
	);
	const ledgers = runs.map(({ run, ledger }) => {
		const { attempted, cold, warm, failed, unresolved, counted } = ledger;
		return [run.profile.name, attempted, cold, warm, failed, unresolved, counted].map(String);
	});
	const attempts = table(["profile", "attempted", "cold", "warm", "failed", "unresolved", "counted"], ledgers);
	const medians = rows.length === 0 ? "" : table(["profile", "phase", "median [95 %]", "n"], rows);
	return ledgers.length === 0 ? "" : joined(["### Medians", medians, attempts]);
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

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Nothing where there are no rows: a heading alone says nothing. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	if (rows.length === 0) return "";
	const line = (cells: readonly string[]) => `| ${cells.map(literalMarkdown).join(" | ")} |`;
	return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function joined(parts: readonly string[]): string {
	return parts.filter((part) => part !== "").join("\n\n");
}
