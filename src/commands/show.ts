import { figuresOf } from "../analysis/figures.ts";
import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { formatNamed } from "../output/formats.ts";
import type { RenderOptions } from "../output/report/render.ts";
import { parseReport } from "../report/read-report.ts";
import { sendTraces } from "./gate/collector.ts";
import { printed, reportFiles, writeReport } from "./gate/report-files.ts";
import { toldOn, withoutUnwritten } from "./gate/sink.ts";

/** How a saved report is shown again. */
export interface ShowOptions {
	report: string;
	/** The name of a format, for stdout. */
	format: string;
	out: string[];
	/** The collector that traces are sent to. */
	otlp?: string;
	render: RenderOptions;
}

/** `knistio show`: a saved report in any format, on stdout or in files. */
export async function show(options: ShowOptions, context: Context): Promise<ExitCode> {
	const files = await reportFiles(options.out);
	const format = formatNamed(options.format);
	const figures = figuresOf(parseReport(await context.readFile(options.report), options.report));
	if (files.length > 0 || options.otlp !== undefined) {
		const unwritten = [
			...(await writeReport(figures, files, { options: options.render, writing: toldOn(context) })),
			...(await sendTraces(figures, options.otlp, context)),
		];
		return withoutUnwritten(exitCodes.ok, unwritten);
	}
	const render = await format.load();
	context.stdout(render(figures, printed(options.render, context)));
	return exitCodes.ok;
}
