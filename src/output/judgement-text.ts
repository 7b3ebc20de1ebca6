import type { Judgement } from "../judge/judge.ts";
import type { Verdict } from "../judge/verdict.ts";
import { oneLine } from "./one-line.ts";
import { ledgerWords } from "./units.ts";
import { countWords, expectedWords, foundWords, headlineOf, overallStatus, simulatedWords } from "./verdict-words.ts";

/** More values than these are left to the report. */
const mostValues = 100;

/** A judgement for a terminal or a log: a line that says it all, then each verdict with all that it was judged by. */
export function renderJudgement(judgement: Judgement): string {
	const simulated = simulatedWords(judgement);
	const lines = [oneLine(`${overallStatus(judgement)}: ${headlineOf(judgement)}`)];
	if (simulated !== undefined) lines.unshift(oneLine(simulated));
	for (const { profile, ledger } of judgement.ledgers)
		lines.push(`attempts      ${oneLine(profile)}: ${ledgerWords(ledger)}`);
	const passes = judgement.verdicts.filter((verdict) => verdict.status === "pass" && verdict.kind === "baseline");
	for (const verdict of judgement.verdicts) {
		if (!passes.includes(verdict)) lines.push("", ...verdictLines(verdict));
	}
	if (passes.length > 0) lines.push("", "pass          no slower than the baseline:");
	for (const verdict of passes)
		lines.push(`              ${oneLine(`${foundWords(verdict)}, wanted ${expectedWords(verdict)}`)}`);
	if (judgement.remarks.length > 0) lines.push("");
	for (const { message, hint } of judgement.remarks) {
		lines.push(
			`note          ${oneLine(message)}`,
			...(hint === undefined ? [] : [`              hint: ${oneLine(hint)}`]),
		);
	}
	return `${lines.join("\n")}\n`;
}

function verdictLines(verdict: Verdict): string[] {
	const indent = " ".repeat(14);
	return [
		`${verdict.status.padEnd(14)}${oneLine(`${foundWords(verdict)}: ${verdict.reason}`)}`,
		`${indent}${oneLine(`expected ${expectedWords(verdict)} (${verdict.source}), ${countWords(verdict)}`)}`,
		...(verdict.values.length === 0 ? [] : [`${indent}values in ms: ${valuesWords(verdict.values)}`]),
	];
}

/** Every value, rounded to a tenth of a millisecond. */
export function valuesWords(values: readonly number[]): string {
	const shown = values.slice(0, mostValues).map((value) => String(Math.round(value * 10) / 10));
	const more = values.length - shown.length;
	return `${shown.join(" ")}${more === 0 ? "" : ` and ${more} more in the report`}`;
}
