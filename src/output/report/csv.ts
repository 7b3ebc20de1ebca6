import type { Figures } from "../../analysis/figures.ts";
import type { Knob } from "../../analysis/knobs.ts";
import type { ColdStart, Report, Span } from "../../report/report.ts";
import { boughtWords } from "../words/knob-words.ts";
import { csvText } from "./csv-text.ts";
import type { RenderOptions } from "./render.ts";

const columns = [
	"profile",
	"round",
	"outcome",
	"counted",
	"kind",
	"name",
	"ms",
	"lo_ms",
	"hi_ms",
	"source",
	"ended_by",
	"request_sent_at",
	"pod",
	"node",
	"status",
	"reason",
	"findings",
	"simulated",
] as const;

type Row = Partial<Record<(typeof columns)[number], string | number | boolean | undefined>>;

/**
 * Tidy CSV (RFC 4180): one row for each attempt's total, phase, span and instant; an attempt without any has one row
 * with empty figures, so that nothing that was attempted is missing. Instants are milliseconds after the request.
 * The ledger is a count of the attempts by `outcome`. The last rows are of the kind `knob`: the time that a variant
 * saves of its profile's total, with its interval; and of the kind `tradeoff`: the answer for a cost or benefit as
 * `outcome`, the evidence as `reason`, and a row for each time that belongs to it.
 */
export function renderCsv({ report, runs, knobs }: Figures, { csv }: RenderOptions): string {
	const simulated = report.simulated === undefined ? "" : "simulated";
	const rows = runs.flatMap(({ run: { profile, coldStarts } }) => {
		return coldStarts.flatMap((start) =>
			figuresOf(start).map(([kind, name, measured]) => [
				profile.name,
				start.round,
				start.outcome,
				start.counted,
				kind,
				name,
				measured?.ms,
				measured?.loMs,
				measured?.hiMs,
				measured?.source,
				measured?.endedBy,
				start.requestSentAt,
				start.pods[0]?.name,
				start.pods[0]?.node,
				start.response?.status,
				start.reason,
				[...new Set(start.findings.map(({ code }) => code))].join(" "),
				simulated,
			]),
		);
	});
	const bought = knobs.map((knob) => inColumns({ ...knobRow(knob), simulated }));
	const observed = tradeoffRows(report).map((row) => inColumns({ ...row, simulated }));
	return csvText([columns, ...rows, ...bought, ...observed], csv);
}

const inColumns = (row: Row) => columns.map((column) => row[column]);

function knobRow(knob: Knob): Row {
	const { profile, of, outcome, savedMs, interval, cost } = knob;
	const [lo, hi] = [interval?.lo, interval?.hi].map((ms) => (Number.isFinite(ms) ? ms : undefined));
	const reason = `${boughtWords(knob)}; costs: ${cost}`;
	return { profile, outcome, kind: "knob", name: `saved of total of ${of}`, ms: savedMs, lo_ms: lo, hi_ms: hi, reason };
}

function tradeoffRows({ tradeoffs }: Report): Row[] {
	return (tradeoffs?.profiles ?? []).flatMap(({ profile, cells }) =>
		cells.flatMap(({ column, answer, evidence, amounts = [] }): Row[] => {
			const row = { profile, outcome: answer, kind: "tradeoff", name: column, reason: evidence };
			const times = amounts.filter(({ unit }) => unit === "ms");
			if (times.length === 0) return [row];
			return times.map(({ name, value, lo, hi }) => ({
				...row,
				name: `${column} ${name}`,
				ms: value,
				lo_ms: lo,
				hi_ms: hi,
			}));
		}),
	);
}

type Figure = [kind: string, name: string, measured: Span | undefined];

function figuresOf(start: ColdStart): Figure[] {
	const of = (kind: string, measures: Record<string, Span>): Figure[] =>
		Object.entries(measures).map(([name, measured]) => [kind, name, measured]);
	return [
		["total", "total", start.total],
		...of("span", start.spans),
		...of("phase", start.phases),
		...of("finer phase", start.finer ?? {}),
		...of("instant", start.instants),
	];
}
