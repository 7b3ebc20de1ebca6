import { Option } from "commander";
import type { Declaration } from "./declaration.ts";
import { reportDescription } from "./options/input.ts";
import { type TextFormat, textFormatOption } from "./options/output.ts";
import { durationMs, given, share } from "./options/values.ts";

interface PlanFlags {
	detect: number;
	power: number;
	minEffect?: number;
	phase?: string;
	format: TextFormat;
}

const examples = `
Examples:
  # Measure a pilot, then plan a run that detects a slow-down of 200 ms
  knistio bench --profile full --iterations 20 --out pilot.json
  knistio plan pilot.json --detect 200ms --power 0.8

  # Plan for a phase instead of the total
  knistio plan pilot.json --detect 100ms --phase startup-istio-proxy

How it works:
  The bounds, failures and warm answers of the pilot are simulated too, since the gate assumes the
  worst of them. The number of iterations comes with a range that is right for 8 of 10 pilots of
  that size: a pilot of 20 cold starts or more narrows it. The power of the whole job counts every
  profile.`;

/** Declares `knistio plan`. */
export const declarePlan: Declaration = (program, context, finish) => {
	program
		.command("plan")
		.description("estimate from a pilot's report how many iterations and minutes a run needs to detect a slow-down")
		.argument("<report>", reportDescription)
		.requiredOption("--detect <duration>", "slow-down that `check` should detect", durationMs)
		.addOption(
			new Option("--power <share>", "probability to detect that slow-down, and to pass without one")
				.argParser(share)
				.default(0.8),
		)
		.option("--min-effect <duration>", "the --min-effect of that check (default: half of --detect)", durationMs)
		.option("--phase <phase>", "phase that is judged (default: total)")
		.addOption(textFormatOption())
		.addHelpText("after", examples)
		.action(async (pilot: string, flags: PlanFlags) => {
			const { plan } = await import("../commands/plan.ts");
			const { detect: detectMs, power, minEffect: minimumEffectMs, phase: measure, format } = flags;
			finish(await plan({ pilot, detectMs, power, format, ...given({ minimumEffectMs, measure }) }, context));
		});
};
