import { UsageError } from "../errors.ts";
import type { RenderReport } from "./report/render.ts";

/** A format that a report can be shown or saved in. */
export interface ReportFormat {
	/** As `show --format` takes it. */
	name: string;
	/** Of the files in this format, such as `.json`; undefined for one that is only printed. */
	extension?: string;
	/** For the help. */
	description: string;
	/** Loads the renderer when it is needed, so that `knistio --help` starts fast. */
	load(): Promise<RenderReport>;
}

/** Every format of a report. Help texts, `--out`, `show --format` and error messages list what is here. */
export const reportFormats: readonly ReportFormat[] = [
	{
		name: "table",
		description: "for a terminal",
		load: async () => (await import("./report/table.ts")).renderTable,
	},
	{
		name: "json",
		extension: ".json",
		description: "the whole report, for knistio to read again",
		load: async () => (await import("./report/json.ts")).renderJson,
	},
	{
		name: "csv",
		extension: ".csv",
		description: "one row per figure, for a spreadsheet",
		load: async () => (await import("./report/csv.ts")).renderCsv,
	},
	{
		name: "md",
		extension: ".md",
		description: "the table in Markdown",
		load: async () => (await import("./report/markdown.ts")).renderMarkdown,
	},
];

/** The extensions of the formats that files are written in. */
export const fileExtensions = () => reportFormats.flatMap(({ extension }) => extension ?? []);

/** The format of a file by its extension. @throws UsageError for one that knistio does not write */
export function formatOfFile(file: string): ReportFormat {
	const extension = /\.[a-z0-9]+$/i.exec(file)?.[0].toLowerCase();
	const format = reportFormats.find((each) => extension !== undefined && each.extension === extension);
	if (format !== undefined) return format;
	const problem = extension === undefined ? "the file name has no extension" : `${extension} is not a known format`;
	throw new UsageError(`${file}: ${problem}`, {
		hint: `the extension chooses the format: ${fileExtensions().join(", ")}`,
	});
}

/** The format of this name. @throws UsageError if there is none */
export function formatNamed(name: string): ReportFormat {
	const format = reportFormats.find((each) => each.name === name);
	if (format !== undefined) return format;
	throw new UsageError(`--format: "${name}" is not a known format`, {
		hint: `known formats: ${reportFormats.map((each) => each.name).join(", ")}`,
	});
}
