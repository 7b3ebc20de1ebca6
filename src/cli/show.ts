import type { Declaration } from "./declaration.ts";
import { reportDescription } from "./options/input.ts";
import { addOutputOptions, type OutputFlags, reportFormatOption } from "./options/output.ts";
import { given } from "./options/values.ts";

const examples = `
Examples:
  # Print a report as a table, or as CSV
  knistio show run.json
  knistio show run.json --format csv | head

  # Look at every cold start in a browser
  knistio show run.json --out run.html

  # Save it in other formats; a report may be piped in
  gunzip -c run.json.gz | knistio show - --out run.csv --out run.md

  # Look at the cold starts in Jaeger, as the talk did, or in Perfetto
  knistio show run.json --otlp http://localhost:4318
  knistio show run.json --out trace.json`;

/** Declares `knistio show`. */
export const declareShow: Declaration = (program, context, finish) => {
	const command = program
		.command("show")
		.description("print a saved report, or save it in other formats")
		.argument("<report>", reportDescription)
		.addOption(reportFormatOption());
	addOutputOptions(command)
		.addHelpText("after", examples)
		.action(async (report: string, flags: OutputFlags & { format: string }) => {
			const { show } = await import("../commands/show.ts");
			const options = {
				report,
				format: flags.format,
				out: flags.out ?? [],
				...given({ otlp: flags.otlp, reference: flags.reference }),
			};
			finish(await show(options, context));
		});
};
