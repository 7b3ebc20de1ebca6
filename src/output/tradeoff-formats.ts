import { UsageError } from "../errors.ts";
import type { Report } from "../report/report.ts";
import { tradeoffTable } from "../tradeoffs/table.ts";

/** A format of the table of costs and benefits. */
export interface TradeoffFormat {
	/** As `--format` takes it. */
	name: string;
	/** How the names of its files end; undefined for one that is only printed. */
	extension?: string;
	description: string;
	/** Loads the renderer; what it gives takes a report with trade-offs. */
	load(): Promise<(report: Report, options?: { color?: boolean }) => string>;
}

/** Every format of the table; help texts and error messages list what is here. */
export const tradeoffFormats: readonly TradeoffFormat[] = [
	{
		name: "table",
		description: "for a terminal",
		load: async () => {
			const { renderTradeoffTable } = await import("./tradeoffs/table.ts");
			return (report, options) => renderTradeoffTable(tableOf(report), options);
		},
	},
	{
		name: "json",
		extension: ".json",
		description: "the report, for `knistio advise` to read",
		load: async () => (await import("../report/report-text.ts")).reportText,
	},
	{
		name: "md",
		extension: ".md",
		description: "the table in Markdown",
		load: async () => {
			const { renderTradeoffMarkdown } = await import("./tradeoffs/markdown.ts");
			return (report) => renderTradeoffMarkdown(tableOf(report));
		},
	},
	{
		name: "csv",
		extension: ".csv",
		description: "one row per cell, for a spreadsheet",
		load: async () => {
			const { renderTradeoffCsv } = await import("./tradeoffs/csv.ts");
			return (report) => renderTradeoffCsv(tableOf(report));
		},
	},
	{
		name: "hops",
		extension: ".svg",
		description: "where the time of a request goes, as a picture",
		load: async () => {
			const { renderTracesOf } = await import("./tradeoffs/trace-svg.ts");
			return (report) => renderTracesOf(report);
		},
	},
];

function tableOf(report: Report) {
	const table = tradeoffTable(report);
	if (table === undefined)
		throw new UsageError("the report has no costs and benefits", {
			hint: "`knistio tradeoffs` observes them",
		});
	return table;
}

/** The format of a file by its extension. @throws UsageError where there is none */
export function tradeoffFormatOfFile(file: string): TradeoffFormat {
	const found = tradeoffFormats.find(
		({ extension }) => extension !== undefined && file.toLowerCase().endsWith(extension),
	);
	if (found !== undefined) return found;
	throw new UsageError(`${file}: no format is known by the end of this name`, {
		hint: `one of ${tradeoffFormats.flatMap(({ extension }) => extension ?? []).join(", ")}`,
	});
}

/** The format of this name. @throws UsageError where there is none */
export function tradeoffFormatNamed(name: string): TradeoffFormat {
	const found = tradeoffFormats.find((format) => format.name === name);
	if (found !== undefined) return found;
	throw new UsageError(`--format: "${name}" is not a known format`, {
		hint: `known formats: ${tradeoffFormats.map((format) => format.name).join(", ")}`,
	});
}
