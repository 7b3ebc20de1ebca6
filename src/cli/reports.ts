import { Argument, type Command, Option } from "commander";
import type { Schema } from "../commands/schema.ts";
import type { Context } from "../context/context.ts";
import type { Finish } from "./finish.ts";
import { addGateOptions, type GateFlags, gateOptionsOf, simulatedOption } from "./gate-options.ts";
import { collect, given } from "./options.ts";
import { formatList, outDescription } from "./output-options.ts";

interface RenderFlags {
	out?: string[];
	reference?: "talk";
}

const replayExamples = `
Examples:
  knistio replay run.recording.ndjson --out again.json
  knistio replay run.recording.ndjson --budget "total: p(50) < 3s"`;

const reference = () => new Option("--reference <what>", "show the talk's own figures too").choices(["talk"]);

/** Declares the commands that show saved reports and recordings, without a cluster: `show`, `replay` and `schema`. */
export function addReports(program: Command, context: Context, finish: Finish): void {
	program
		.command("show <report>")
		.description("a saved report again, in any format")
		.option("--format <format>", `print it on stdout in this format: ${formatList()}`, "table")
		.option("-o, --out <file>", outDescription(), collect)
		.addOption(reference())
		.addHelpText("after", "\nExamples:\n  knistio show run.json\n  knistio show run.json --format csv | head")
		.action(async (report: string, flags: RenderFlags & { format: string }) => {
			const { show } = await import("../commands/show.ts");
			const options = { report, format: flags.format, out: flags.out ?? [], ...given({ reference: flags.reference }) };
			finish(await show(options, context));
		});
	const replaying = program
		.command("replay <recording>")
		.description("rebuild the report from a recording, without a cluster, and judge it as bench does")
		.option("-o, --out <file>", outDescription(), collect)
		.addOption(reference());
	addGateOptions(replaying)
		.addOption(simulatedOption())
		.addHelpText("after", replayExamples)
		.action(async (recording: string, flags: RenderFlags & GateFlags & { cluster?: "simulated" }) => {
			const { replay } = await import("../commands/replay.ts");
			const options = { recording, out: flags.out ?? [], acceptSimulated: flags.cluster === "simulated" };
			finish(await replay({ ...options, ...gateOptionsOf(flags), ...given({ reference: flags.reference }) }, context));
		});
	addSchema(program, context);
}

/** What `schema` prints the format of, and which command writes it. */
const schemas: Record<Schema, string> = {
	report: "bench --out",
	judgement: "check --format json",
	comparison: "compare --format json",
};

function addSchema(program: Command, context: Context): void {
	const what = new Argument(
		"[what]",
		Object.entries(schemas)
			.map((entry) => entry.join(": "))
			.join("; "),
	);
	program
		.command("schema")
		.description("the JSON Schema of a report, or of what check and compare print, for other programs")
		.addArgument(what.choices(Object.keys(schemas)).default("report"))
		.addHelpText("after", "\nExamples:\n  knistio schema > knistio-report.schema.json\n  knistio schema judgement")
		.action(async (name: Schema) => {
			const { schema } = await import("../commands/schema.ts");
			schema(name, context);
		});
}
