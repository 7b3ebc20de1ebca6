import type { Declaration } from "./declaration.ts";
import { addGateOptions, type GateFlags, gateOptionsOf, simulatedOption } from "./options/gate.ts";
import { reportDescription } from "./options/input.ts";
import { type TextFormat, textFormatOption } from "./options/output.ts";

const examples = `
Examples:
  # Check limits: the exit code is 99 if one is exceeded, and 3 if the report has too little data
  knistio check run.json --budget "minimal.total: p(50) < 3s" --budget "failed: count <= 0"
  knistio check run.json --budgets budgets.yaml --junit knistio.xml

  # Fail if total is slower than on main by more than 150 ms and 5 %; Istio's version may differ
  knistio check run.json --baseline main.json --min-effect 150ms --min-effect-share 5% \\
    --allow-different istio

  # Compare profiles with each other: by a multiple or a percentage of the other's median
  knistio check run.json --budget "full.total: p(50) < minimal.total * 3"
  knistio check run.json --budget "new.total: p(50) < old.total + 10%"

  # Pool several baselines; from three on, the limit also allows for how much runs differ
  knistio check run.json --baseline mon.json --baseline tue.json --baseline wed.json

  # Judge the start of the proxy too; by default only total is judged, and the phases explain it
  knistio check run.json --baseline main.json --gate total --gate startup-istio-proxy

  # Before you rely on a gate: check that two runs of the same code pass
  knistio check second.json --baseline first.json`;

/** Declares `knistio check`. */
export const declareCheck: Declaration = (program, context, finish) => {
	const command = program
		.command("check")
		.description("judge a saved report by budgets, also those in its profiles, and by a baseline")
		.argument("<report>", reportDescription);
	addGateOptions(command)
		.addOption(simulatedOption())
		.addOption(textFormatOption())
		.addHelpText("after", examples)
		.action(async (report: string, flags: GateFlags & { cluster?: "simulated"; format: TextFormat }) => {
			const { check } = await import("../commands/check.ts");
			const acceptSimulated = flags.cluster === "simulated";
			finish(await check({ report, ...gateOptionsOf(flags), acceptSimulated, format: flags.format }, context));
		});
};
