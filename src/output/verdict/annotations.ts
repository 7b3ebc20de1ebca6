import type { Judgement } from "../../gate/judge.ts";
import { oneLine } from "../../text/one-line.ts";
import { ledgerWords } from "../words/units.ts";
import { simulatedWords } from "../words/verdict-words.ts";
import { sentenceOf } from "./headline.ts";

/**
 * GitHub's workflow commands: an error for each breach, a warning for each inconclusive verdict. GitHub reads them
 * from both streams of a step; stderr keeps them apart from a result on stdout.
 */
export function renderAnnotations(judgement: Judgement): string {
	const simulated = simulatedWords(judgement);
	return judgement.verdicts
		.filter((verdict) => verdict.status !== "pass")
		.map((verdict) => {
			const command = verdict.status === "breach" ? "error" : "warning";
			const title = `knistio: ${verdict.status}${simulated === undefined ? "" : " (simulated)"}`;
			const ledger = judgement.ledgers.find(({ profile }) => profile === verdict.profile)?.ledger;
			const attempts = ledger === undefined ? "" : ` (${ledgerWords(ledger)})`;
			const where = verdict.profile === "" ? "" : `${verdict.profile}: `;
			const message = `${where}${sentenceOf(verdict, judgement.moved)}${attempts}`;
			return `::${command} title=${escapeProperty(title)}::${escapeData(oneLine(message))}\n`;
		})
		.join("");
}

/** As the runner's toolkit does it (actions/toolkit, core/src/command.ts). */
function escapeData(text: string): string {
	return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function escapeProperty(text: string): string {
	return escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}
