import type { Judgement } from "../../gate/judge.ts";
import { overallStatus, type Verdict } from "../../gate/verdict.ts";
import { oneLine } from "../../text/one-line.ts";
import { ledgerWords } from "../words/units.ts";
import { countWords, expectedWords, foundWords, mediansWords, simulatedWords } from "../words/verdict-words.ts";
import { headlineOf, neededWords, phaseLines, sentenceOf } from "./headline.ts";

/** If there are more values, the rest is only in the report. */
const mostValues = 100;

/** Why a shift can differ from the difference of the medians beside it. */
const shiftNote =
	"              A shift is the median of all differences between a cold start of this run and one of the baseline.";

/**
 * A judgement for a terminal or a log: a line with the result, then each verdict with the data behind it. A verdict that
 * nobody asked for and that passed takes one line. Each list of values is printed once.
 */
export function renderJudgement(judgement: Judgement): string {
	const simulated = simulatedWords(judgement);
	const lines = [oneLine(`${overallStatus(judgement.verdicts)}: ${headlineOf(judgement)}`)];
	if (simulated !== undefined) lines.unshift(oneLine(simulated));
	for (const { profile, ledger } of judgement.ledgers)
		lines.push(`attempts      ${oneLine(profile)}: ${ledgerWords(ledger)}`);
	const passes = judgement.verdicts.filter((verdict) => verdict.status === "pass" && verdict.kind === "baseline");
	const shown = new Set<string>();
	for (const verdict of judgement.verdicts) {
		if (!passes.includes(verdict)) lines.push("", ...verdictLines(verdict, shown));
	}
	if (passes.length > 0) lines.push("", "pass          against the baseline:");
	for (const verdict of passes) lines.push(`              ${oneLine(`${verdict.profile}: ${sentenceOf(verdict)}`)}`);
	const phases = phaseLines(judgement.movements);
	if (phases.length > 0) lines.push("");
	for (const line of phases) lines.push(`phases        ${oneLine(line)}`);
	if (judgement.movements.length > 0) lines.push(shiftNote);
	if (judgement.remarks.length > 0) lines.push("");
	for (const { message, hint } of judgement.remarks) {
		lines.push(
			`note          ${oneLine(message)}`,
			...(hint === undefined ? [] : [`              hint: ${oneLine(hint)}`]),
		);
	}
	return `${lines.join("\n")}\n`;
}

function verdictLines(verdict: Verdict, shown: Set<string>): string[] {
	const indent = " ".repeat(14);
	const name = `${verdict.profile}.${verdict.measure}`;
	const isShown = shown.has(name);
	shown.add(name);
	const needed = neededWords(verdict);
	return [
		`${verdict.status.padEnd(14)}${oneLine(`${foundWords(verdict)}${mediansWords(verdict)}: ${verdict.reason}`)}`,
		`${indent}${oneLine(`expected ${expectedWords(verdict)} (${verdict.source}), ${countWords(verdict)}`)}`,
		...(needed === "" ? [] : [`${indent}${oneLine(needed)}`]),
		...(verdict.values.length === 0 || isShown ? [] : [`${indent}values in ms: ${valuesWords(verdict.values)}`]),
	];
}

/** Every value, rounded to a tenth of a millisecond. */
export function valuesWords(values: readonly number[]): string {
	const shown = values.slice(0, mostValues).map((value) => String(Math.round(value * 10) / 10));
	const more = values.length - shown.length;
	return `${shown.join(" ")}${more === 0 ? "" : ` and ${more} more in the report`}`;
}
