import { Option } from "commander";
import { scenarioNames } from "../selftest/scenarios.ts";
import type { Declaration } from "./declaration.ts";
import { type TextFormat, textFormatOption } from "./options/output.ts";
import { modelOption, speedOption } from "./options/simulation.ts";
import { count, oneOf } from "./options/values.ts";

interface SelftestFlags {
	scenarios?: number;
	scenario?: string[];
	iterations: number;
	seed: number;
	speed: number;
	model: string;
	format: TextFormat;
}

const notes = `
No real cluster is used. For every time that knistio measures on a simulated cluster, the stated
bounds are compared with the true time. The result is a table of errors by source. The exit code is
1 if a bound does not hold. Delays of this machine are multiplied by --speed, so a lower speed
measures more precisely.

Examples:
  knistio selftest
  knistio selftest --seed 7 --scenarios 24
  knistio selftest --scenario classic --scenario lost-events --speed 1`;

const scenario = oneOf("scenario", scenarioNames);

/** Commander's own check of choices does not collect. */
function chosen(name: string, before: string[] = []): string[] {
	return [...before, scenario(name)];
}

/** Declares `knistio selftest`. */
export const declareSelftest: Declaration = (program, context, finish) => {
	program
		.command("selftest")
		.description("measure simulated clusters, whose true times are known, and check the stated error bounds")
		.option(
			"--scenarios <n>",
			"number of runs; more runs than scenarios repeat them with other seeds (default: each scenario once)",
			count(1),
		)
		.addOption(
			new Option("--scenario <scenario>", `run only this scenario: ${scenarioNames.join(", ")} (repeatable)`).argParser(
				(name: string, before?: string[]) => chosen(name, before),
			),
		)
		.option("-n, --iterations <n>", "cold starts per run; the warm-up start is not counted", count(1), 2)
		.option("--seed <n>", "seed of all delays", count(0), 1)
		.addOption(speedOption(4))
		.addOption(modelOption())
		.addOption(textFormatOption())
		.addHelpText("after", notes)
		.action(async (flags: SelftestFlags) => {
			const { selftest } = await import("../commands/selftest.ts");
			const scenarios = flags.scenarios ?? flags.scenario?.length ?? scenarioNames.length;
			finish(await selftest({ ...flags, scenarios }, context));
		});
};
