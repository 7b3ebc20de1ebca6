import type { TradeoffTable } from "../../tradeoffs/table.ts";
import { csvText } from "../report/csv-text.ts";

/** Tidy CSV: one row for each cell, and one for each further amount of it. */
export function renderTradeoffCsv({ columns, rows, simulated }: TradeoffTable): string {
	const head = [
		"profile",
		"column",
		"kind",
		"answer",
		"talk",
		"differs",
		"amount",
		"value",
		"unit",
		"lo",
		"hi",
		"evidence",
		"simulated",
	];
	const lines = rows.flatMap(({ profile, cells }) =>
		cells.flatMap(({ column, answer, talk, isDifferent, amounts = [], evidence }, index) =>
			(amounts.length === 0 ? [undefined] : amounts).map((amount) => [
				profile,
				column,
				columns[index]?.kind,
				answer,
				talk === undefined ? undefined : talk ? "yes" : "no",
				isDifferent,
				amount?.name,
				amount?.value,
				amount?.unit,
				amount?.lo,
				amount?.hi,
				evidence,
				simulated === undefined ? "" : "simulated",
			]),
		),
	);
	return csvText([head, ...lines]);
}
