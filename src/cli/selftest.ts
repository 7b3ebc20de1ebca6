import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context/context.ts";
import { scenarioNames } from "../selftest/scenarios.ts";
import type { Finish } from "./finish.ts";
import { count } from "./options.ts";

interface SelftestFlags {
	scenarios?: number;
	scenario?: string[];
	iterations: number;
	seed: number;
	speed: number;
	model: string;
	format: "text" | "json";
}

const notes = `
Nothing real is touched. The bounds that knistio states for each time it measures are held against what really
happened on the simulated cluster; it ends with 1 where one does not hold, with a table of errors by source
in any case. The machine's own delays count times the speed, so a lower speed measures closer.

Examples:
  knistio selftest
  knistio selftest --seed 7 --scenarios 24
  knistio selftest --scenario classic --scenario lost-events --speed 1`;

/** Commander's own check of choices does not collect. */
function chosen(name: string, before: string[] = []): string[] {
	if (!scenarioNames.includes(name)) throw new InvalidArgumentError(`one of ${scenarioNames.join(", ")}`);
	return [...before, name];
}

/** Declares `knistio selftest`. */
export function addSelftest(program: Command, context: Context, finish: Finish): void {
	program
		.command("selftest")
		.description("measure simulated clusters with known truth and prove that the stated error bounds hold")
		.option(
			"--scenarios <n>",
			"how many runs; default: each scenario once, and more begin anew with other seeds",
			count(1),
		)
		.addOption(
			new Option("--scenario <name>", `only this one (repeatable): ${scenarioNames.join(", ")}`).argParser(
				(name: string, before?: string[]) => chosen(name, before),
			),
		)
		.option("-n, --iterations <n>", "cold starts of each, after a first one", count(1), 2)
		.option("--seed <n>", "the same seed gives the same delays", count(0), 1)
		.option("--speed <n>", "simulated seconds in a real one", count(1), 4)
		.addOption(new Option("--model <name>", "how long things take").choices(["today", "talk-2019"]).default("today"))
		.addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
		.addHelpText("after", notes)
		.action(async (flags: SelftestFlags) => {
			const { selftest } = await import("../commands/selftest.ts");
			const scenarios = flags.scenarios ?? flags.scenario?.length ?? scenarioNames.length;
			finish(await selftest({ ...flags, scenarios }, context));
		});
}
