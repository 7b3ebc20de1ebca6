import type { TradeoffCell } from "../report/tradeoffs.ts";
import { columns } from "./columns.ts";

/** What a profile gives and what it costs, by what was observed alone, as one sentence. */
export function sentenceOf(profile: string, cells: readonly TradeoffCell[]): string {
	const titles = (kind: "cost" | "benefit", answer: TradeoffCell["answer"]) =>
		columns
			.filter(
				(column) => column.kind === kind && cells.some((cell) => cell.column === column.name && cell.answer === answer),
			)
			.map(({ title }) => title);
	const benefits = titles("benefit", "observed");
	const costs = titles("cost", "observed");
	const open = [...titles("cost", "not-tested"), ...titles("benefit", "not-tested")];
	const gives = benefits.length === 0 ? "gives nothing that was observed" : `gives ${benefits.join(", ")}`;
	const price = costs.length === 0 ? "at no price that was observed" : `at the price of ${costs.join(", ")}`;
	const unknown = open.length === 0 ? "" : `; not tested: ${open.join(", ")}`;
	return `${profile} ${gives}, ${price}${unknown}`;
}
