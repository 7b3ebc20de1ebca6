import { UsageError } from "../errors.ts";
import type { Comparison } from "./html/diff-page.ts";
import type { RenderPicture, RenderReport } from "./report/render.ts";

/** A format that something can be shown or saved in. */
export interface Format<Render> {
	/** As `show --format` takes it. */
	name: string;
	/** How the names of its files end, such as `.json`; undefined for one that is only printed. */
	extension?: string;
	/** For the help. */
	description: string;
	/** Loads the renderer when it is needed, so that `knistio --help` starts fast. */
	load(): Promise<Render>;
}

/** A format that a report can be shown or saved in. */
export type ReportFormat = Format<RenderReport>;

/** A format that a report can only be saved in, because it is not text. */
export interface PictureFormat {
	name: string;
	extension: string;
	description: string;
	/** Loads the renderer. @throws UsageError where this machine cannot draw it */
	loadPicture(): Promise<RenderPicture>;
}

/** Every format of a report that is text. Help texts, `--out`, `show --format` and error messages list what is here. */
export const reportFormats: readonly ReportFormat[] = [
	{
		name: "table",
		description: "for a terminal",
		load: async () => (await import("./whole-report.ts")).renderWholeTable,
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
		load: async () => (await import("./whole-report.ts")).renderWholeMarkdown,
	},
	{
		name: "html",
		extension: ".html",
		description: "a page with every cold start, for a browser",
		load: async () => (await import("./html/report-page.ts")).renderReportPage,
	},
	{
		name: "slide-csv",
		extension: "table.csv",
		description: "the table of the medians in seconds, for a slide",
		load: async () => (await import("./report/slide-csv.ts")).renderSlideCsv,
	},
	{
		name: "chart",
		extension: ".svg",
		description: "the profiles as stacked bars, for a slide",
		load: async () => (await import("./report/chart-svg.ts")).renderChart,
	},
	{
		name: "knobs",
		extension: "knobs.svg",
		description: "what each knob buys, as bars, for a slide",
		load: async () => (await import("./report/knobs-svg.ts")).renderKnobs,
	},
	{
		name: "hops",
		extension: "hops.svg",
		description: "where the time of a request goes, hop by hop, as a picture",
		load: async () => {
			const { renderTracesOf } = await import("./tradeoffs/trace-svg.ts");
			return ({ report }) => renderTracesOf(report);
		},
	},
	{
		name: "waterfall",
		extension: "waterfall.svg",
		description: "one cold start of each profile, phase by phase, for a slide",
		load: async () => (await import("./report/waterfall-svg.ts")).renderWaterfall,
	},
	{
		name: "trace",
		extension: "trace.json",
		description: "every cold start as a trace, for Perfetto",
		load: async () => (await import("./report/chrome-trace.ts")).renderChromeTrace,
	},
	{
		name: "otlp",
		extension: "otlp.json",
		description: "every cold start as an OpenTelemetry trace, for Jaeger",
		load: async () => (await import("./report/otlp.ts")).renderOtlp,
	},
	{
		name: "prometheus",
		extension: ".prom",
		description: "medians and attempts as metrics, for Prometheus' textfile collector",
		load: async () => (await import("./report/prometheus.ts")).renderPrometheus,
	},
];

/** Every format of a report that is not text. */
export const pictureFormats: readonly PictureFormat[] = [
	{
		name: "png",
		extension: ".png",
		description: "the chart of .svg as a picture, for a slide",
		loadPicture: async () => (await import("./report/chart-png.ts")).loadPngRenderer(),
	},
];

/** Every format that a comparison can be saved in. */
export const comparisonFormats: readonly Format<(comparison: Comparison) => string>[] = [
	{
		name: "html",
		extension: ".html",
		description: "a page with the changes, for a browser",
		load: async () => (await import("./html/diff-page.ts")).renderDiffPage,
	},
];

/** What files are written in: how their names end, and what they hold. */
interface FileFormat {
	extension?: string;
	description: string;
}

const ofReports = (): readonly (ReportFormat | PictureFormat)[] => [...reportFormats, ...pictureFormats];

/** The formats of a report's files, by how their names end. */
export const fileFormats = (): Required<FileFormat>[] =>
	ofReports().flatMap(({ extension, description }) => (extension === undefined ? [] : [{ extension, description }]));

/** The extensions of the formats that files are written in. */
export const fileExtensions = (formats: readonly FileFormat[] = ofReports()) =>
	formats.flatMap(({ extension }) => extension ?? []);

/** The format of a report's file by how its name ends: of several that fit, the longest. @throws UsageError if none does */
export const formatOfFile = (file: string): ReportFormat | PictureFormat => formatAmong(ofReports(), file);

/** The same for the file of a comparison. */
export const comparisonFormatOfFile = (file: string) => formatAmong(comparisonFormats, file);

function formatAmong<Format extends FileFormat>(formats: readonly Format[], file: string): Format {
	const name = file.toLowerCase();
	const fitting = formats.filter(({ extension }) => extension !== undefined && name.endsWith(extension));
	fitting.sort((a, b) => (b.extension?.length ?? 0) - (a.extension?.length ?? 0));
	if (fitting[0] !== undefined) return fitting[0];
	const extension = /\.[a-z0-9]+$/.exec(name)?.[0];
	const problem = extension === undefined ? "the file name has no extension" : `${extension} is not a known format`;
	throw new UsageError(`${file}: ${problem}`, {
		hint: `the end of the name chooses the format: ${fileExtensions(formats).join(", ")}`,
	});
}

/** The format of this name, to be printed. @throws UsageError if there is none */
export function formatNamed(name: string): ReportFormat {
	const format = reportFormats.find((each) => each.name === name);
	if (format !== undefined) return format;
	const picture = pictureFormats.find((each) => each.name === name);
	if (picture !== undefined) {
		throw new UsageError(`--format: ${name} is a picture, which is not printed`, {
			hint: `save it instead: --out chart${picture.extension}`,
		});
	}
	throw new UsageError(`--format: "${name}" is not a known format`, {
		hint: `known formats: ${reportFormats.map((each) => each.name).join(", ")}`,
	});
}
