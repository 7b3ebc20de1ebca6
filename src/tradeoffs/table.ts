import type { Report } from "../report/report.ts";
import type { Answer, RequestTrace, Took, TradeoffCell } from "../report/tradeoffs.ts";
import { type Column, columns } from "./columns.ts";
import { sentenceOf } from "./sentence.ts";
import { talkSays } from "./talk-table.ts";

/** The talk's table, as it was observed, with the talk's own beside it. */
export interface TradeoffTable {
	/** Set where nothing real was looked at: the model. */
	simulated?: string;
	observedAt: string;
	/** Those that some profile has a cell of. */
	columns: readonly Column[];
	rows: readonly TradeoffRow[];
}

/** One profile. */
export interface TradeoffRow {
	profile: string;
	/** In the order of the columns. */
	cells: readonly ShownCell[];
	sentence: string;
	/** Where the time of its requests goes; empty where that was not looked at. */
	traces: readonly RequestTrace[];
	/** How long its probes took; undefined where the report does not tell. */
	took?: Took;
}

/** A cell and what the talk says in its place. */
export interface ShownCell extends TradeoffCell {
	/** Undefined where the talk says nothing. */
	talk?: boolean;
	/** Whether it was tested, and the talk says otherwise. */
	isDifferent: boolean;
}

/** The table of a report; undefined where nothing of the kind was observed. */
export function tradeoffTable({ tradeoffs, simulated }: Report): TradeoffTable | undefined {
	if (tradeoffs === undefined) return undefined;
	const named = new Set(tradeoffs.profiles.flatMap(({ cells }) => cells.map(({ column }) => column)));
	const shown = columns.filter(({ name }) => named.has(name));
	return {
		...(simulated === undefined ? {} : { simulated: simulated.model }),
		observedAt: tradeoffs.observedAt,
		columns: shown,
		rows: tradeoffs.profiles.map(({ profile, cells, traces = [], took }) => ({
			profile,
			cells: shown.map((column) => shownCell(profile, column, cells)),
			sentence: sentenceOf(profile, cells),
			traces,
			...(took === undefined ? {} : { took }),
		})),
	};
}

function shownCell(profile: string, { name, talk }: Column, cells: readonly TradeoffCell[]): ShownCell {
	const cell = cells.find(({ column }) => column === name) ?? missing(name);
	const said = talk === undefined ? undefined : talkSays(profile, talk);
	const isDifferent = said !== undefined && cell.answer !== "not-tested" && (cell.answer === "observed") !== said;
	return {
		...cell,
		...(said === undefined ? {} : { talk: said }),
		isDifferent,
	};
}

const missing = (column: string): TradeoffCell => ({
	column,
	answer: "not-tested" satisfies Answer,
	evidence: "no probe looked at it",
});
