import type { Declaration } from "./declaration.ts";
import { addGateOptions, type GateFlags, gateOptionsOf, simulatedOption } from "./options/gate.ts";
import { inputDescription } from "./options/input.ts";
import { addOutputOptions, type OutputFlags } from "./options/output.ts";
import { given } from "./options/values.ts";

const examples = `
Examples:
  # Rebuild the report
  knistio replay run.recording.ndjson --out again.json

  # Judge the run again, by another budget
  knistio replay run.recording.ndjson --budget "total: p(50) < 3s"`;

/** Declares `knistio replay`. */
export const declareReplay: Declaration = (program, context, finish) => {
	const command = program
		.command("replay")
		.description("rebuild a report from a recording, without a cluster, and judge it as bench does")
		.argument("<recording>", inputDescription("a recording that `bench` saved"));
	addOutputOptions(command);
	addGateOptions(command)
		.addOption(simulatedOption())
		.addHelpText("after", examples)
		.action(async (recording: string, flags: OutputFlags & GateFlags & { cluster?: "simulated" }) => {
			const { replay } = await import("../commands/replay.ts");
			const options = { recording, out: flags.out ?? [], acceptSimulated: flags.cluster === "simulated" };
			finish(
				await replay(
					{ ...options, ...gateOptionsOf(flags), ...given({ otlp: flags.otlp, reference: flags.reference }) },
					context,
				),
			);
		});
};
