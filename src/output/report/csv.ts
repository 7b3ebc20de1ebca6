import type { Figures } from "../../analysis/figures.ts";
import type { ColdStart, Span } from "../../report/report.ts";
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

/**
 * Tidy CSV (RFC 4180): one row for each attempt's total, phase, span and instant; an attempt without any has one row
 * with empty figures, so that nothing that was attempted is missing. Instants are milliseconds after the request.
 * The ledger is a count of the attempts by `outcome`.
 */
export function renderCsv({ report, runs }: Figures, { csv }: RenderOptions): string {
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
	return csvText([columns, ...rows], csv);
}

type Figure = [kind: string, name: string, measured: Span | undefined];

function figuresOf(start: ColdStart): Figure[] {
	const of = (kind: string, measures: Record<string, Span>): Figure[] =>
		Object.entries(measures).map(([name, measured]) => [kind, name, measured]);
	return [
		["total", "total", start.total],
		...of("span", start.spans),
		...of("phase", start.phases),
		...of("instant", start.instants),
	];
}
