import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { formatOf, formats } from "../output/formats.ts";
import { renderTable } from "../output/report/table.ts";
import { parseReport } from "../report/read-report.ts";
import { whatFails, withoutUnwritten } from "./gate/sink.ts";

/** How a saved report is shown again. */
export interface ShowOptions {
	report: string;
	/** `table`, or the extension of a format. */
	format: string;
	out: string[];
	reference?: "talk";
}

/** `knistio show`: a saved report in any format, on stdout or in files. */
export async function show(options: ShowOptions, context: Context): Promise<ExitCode> {
	const outputs = options.out.map((file) => ({ file, render: formatOf(file) }));
	const report = parseReport(await context.readFile(options.report), options.report);
	const reference = options.reference === undefined ? {} : { reference: options.reference };
	const unwritten = await whatFails(
		outputs.map(
			({ file, render }) =>
				() =>
					context.writeFile(file, render(report, reference)),
		),
	);
	if (outputs.length > 0) return withoutUnwritten(exitCodes.ok, unwritten);
	if (options.format === "table") {
		context.stdout(`${renderTable(report, { color: context.color, ...reference })}\n`);
		return exitCodes.ok;
	}
	const render = formats[options.format];
	if (render === undefined) {
		throw new UsageError(`--format: there is no "${options.format}"`, {
			hint: `table, ${Object.keys(formats).join(", ")}`,
		});
	}
	context.stdout(render(report, reference));
	return exitCodes.ok;
}
