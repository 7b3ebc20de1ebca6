import type { TradeoffCell } from "../report/tradeoffs.ts";
import { columns } from "./columns.ts";

/** What a profile gives and what it costs, by what was observed alone, as one sentence. */
export function sentenceOf(profile: string, cells: readonly TradeoffCell[]): string {
	const phrases = (kind: "cost" | "benefit", answer: TradeoffCell["answer"]) => {
		const named = new Set(cells.filter((cell) => cell.answer === answer).map(({ column }) => column));
		return columns.filter((column) => column.kind === kind && named.has(column.name)).map(({ phrase }) => phrase);
	};
	const benefits = phrases("benefit", "observed");
	const costs = phrases("cost", "observed");
	const open = [...phrases("cost", "not-tested"), ...phrases("benefit", "not-tested")];
	const gives = benefits.length === 0 ? "gives nothing that was observed" : `gives ${inWords(benefits)}`;
	const price = costs.length === 0 ? "at no price that was observed" : `at the price of ${inWords(costs)}`;
	const unknown = open.length === 0 ? "" : `; not tested: ${open.join(", ")}`;
	return `${profile} ${gives}, ${price}${unknown}`;
}

/** `a, b and c`. */
function inWords(texts: readonly string[]): string {
	return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
