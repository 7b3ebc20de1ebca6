import type { Figures } from "../../analysis/figures.ts";
import type { Judgement } from "../../gate/judge.ts";
import { overallStatus, type Status, type Verdict } from "../../gate/verdict.ts";
import { escaped } from "../report/svg.ts";
import { headlineOf, neededWords } from "../verdict/headline.ts";
import { priceSentences } from "../words/price-words.ts";
import { amountWords, countWords, expectedWords, mediansWords } from "../words/verdict-words.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { dataTable } from "./table.ts";

/** A sign beside the word, for people who do not tell colours apart. */
const signs: Record<Status, string> = { pass: "✓", breach: "✗", inconclusive: "?" };

/** What came out: the verdicts, where the run was judged, and what each profile costs beside the first one. */
export function answerOf({ prices, runs }: Figures, judgement: Judgement | undefined): string {
	const sentences = priceSentences(prices).map((sentence) => tag("p", { class: "price" }, isolated(`${sentence}.`)));
	const isEmpty = runs.every(({ ledger: { counted } }) => counted === 0);
	const none = "No data: no cold start was counted, so nothing is known of the time that one takes.";
	return [
		...(judgement === undefined || judgement.verdicts.length === 0 ? [] : [verdictsOf(judgement)]),
		...(isEmpty ? [tag("p", { class: "price" }, none)] : sentences),
	].join("\n");
}

function verdictsOf(judgement: Judgement): string {
	const { verdicts } = judgement;
	const status = overallStatus(verdicts);
	const headline = tag("p", { class: `headline ${status}` }, badge(status), " ", isolated(headlineOf(judgement)));
	const head = ["verdict", "phase", "profile", "expected", "found", "values", "why"];
	const rows = verdicts.map(verdictRow);
	return headline + dataTable({ caption: "Verdicts, the worst first", head, bodies: [rows] });
}

function verdictRow(verdict: Verdict): string {
	return tag(
		"tr",
		{},
		tag("th", { scope: "row" }, badge(verdict.status)),
		tag("td", {}, isolated(verdict.measure)),
		tag("td", {}, isolated(verdict.profile)),
		...[expectedWords(verdict), `${amountWords(verdict)}${mediansWords(verdict)}`, countWords(verdict)].map((text) =>
			tag("td", { class: "unbroken" }, escaped(text)),
		),
		tag("td", {}, isolated(`${verdict.reason}${neededWords(verdict, "; ")}`)),
	);
}

const badge = (status: Status) => tag("strong", { class: `status ${status}` }, escaped(`${signs[status]} ${status}`));
