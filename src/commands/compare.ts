import { compareReports } from "../analysis/comparison.ts";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { comparisonFormatOfFile } from "../output/formats.ts";
import { renderComparison } from "../output/verdict/compare-table.ts";
import { renderComparisonJson } from "../output/verdict/judged-json.ts";
import { parseReport } from "../report/read-report.ts";
import { refuseOverwriting } from "./gate/outputs.ts";
import { type Sink, toldOn, withoutUnwritten, writeFiles } from "./gate/sink.ts";

export interface CompareOptions {
	/** Paths; the first is what the others are compared with. */
	reports: readonly string[];
	/** What the columns are: reports, unless there is only one. */
	by?: "report" | "profile";
	format: "text" | "json";
	/** Files to write instead of printing; the extension chooses the format. */
	out?: readonly string[];
}

/**
 * `knistio compare`: phases of several reports or profiles side by side.
 *
 * It judges nothing: it ends with 0, or with 3 where no report has a cold start to show.
 */
export async function compare(options: CompareOptions, sink: Sink): Promise<ExitCode> {
	const files = (options.out ?? []).map((file) => ({ file, format: comparisonFormatOfFile(file) }));
	refuseOverwriting(
		files.map(({ file }) => file),
		options.reports.map((path) => ({ path, what: "a report that is compared" })),
	);
	const reports = await Promise.all(
		options.reports.map(async (path) => ({
			label: path,
			report: parseReport(await sink.readFile(path), path),
		})),
	);
	if (reports.length === 0) throw new UsageError("there is not a report to compare", { hint: "name one or more" });
	const tables = compareReports(reports, options.by === undefined ? {} : { by: options.by });
	const code = tables.some(({ rows }) => rows.length > 0) ? exitCodes.ok : exitCodes.inconclusive;
	if (files.length === 0) {
		sink.stdout(options.format === "json" ? renderComparisonJson(tables) : renderComparison(tables));
		return code;
	}
	const written = files.map(({ file, format }) => ({
		file,
		content: async () => (await format.load())({ reports, tables }),
	}));
	return withoutUnwritten(code, await writeFiles(written, toldOn(sink)));
}
