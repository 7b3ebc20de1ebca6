import type { Amount } from "../../report/tradeoffs.ts";
import type { ShownCell, TradeoffTable } from "../../tradeoffs/table.ts";
import { duration } from "../words/units.ts";

/** The cell in a word, as the talk's table has it; with a number where there is one. */
export function cellWords({ column, answer, amounts = [] }: ShownCell): string {
	if (answer === "not-tested") return "not tested";
	const word = answer === "observed" ? "yes" : "no";
	const [main] = amounts;
	if (main === undefined || (column !== "memory" && main.unit !== "ms")) return word;
	if (column === "cpu") return answer === "observed" ? [word, ...amounts.map(cpuWords)].join(", ") : word;
	const amount = main.unit === "ms" ? `+${duration(main.value)}` : `${main.value.toFixed(0)} ${main.unit}`;
	return answer === "observed" ? `${word}, ${amount}` : word;
}

/** `850 ms to start`, `2.1 ms/s at rest`. */
function cpuWords({ name, value }: Amount): string {
	return name === "start" ? `${duration(value)} to start` : `${value.toFixed(1)} ms/s at rest`;
}

/** What the talk says in the cell's place, marked where it was observed otherwise. */
export function talkWords({ talk, isDifferent }: ShownCell): string {
	if (talk === undefined) return "–";
	return `${talk ? "yes" : "no"}${isDifferent ? " ≠" : ""}`;
}

/** The heading of the table. */
export function titleOf({ simulated }: TradeoffTable): string {
	const mark = simulated === undefined ? "" : ` — SIMULATED (model ${simulated}): no real cluster was looked at`;
	return `Costs and benefits, observed${mark}`;
}

/** How to read it. */
export const readingNotes = [
	'"yes" was observed, "no" was looked for and is not there; "not tested" says nothing',
	"≠ marks where the talk's table says otherwise",
];
