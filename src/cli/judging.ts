import { type Command, Option } from "commander";
import type { Context } from "../context/context.ts";
import type { Finish } from "./finish.ts";
import { addGateOptions, type GateFlags, gateOptionsOf, share, simulatedOption } from "./gate-options.ts";
import { durationMs, given } from "./options.ts";

type Format = "text" | "json";

const format = () => new Option("--format <format>", "on stdout").choices(["text", "json"]).default("text");

const checkExamples = `
Examples:
  # limits: exit code 99 when one is breached, 3 when the report cannot tell
  knistio check run.json --budget "minimal.total: p(50) < 3s" --budget "failed: count <= 0"
  knistio check run.json --budgets budgets.yaml --junit knistio.xml

  # no slower than main by 150 ms and 5 %, with Istio's version allowed to differ
  knistio check run.json --baseline main.json --min-effect 150ms --min-effect-share 5% \\
    --allow-different istio

  # profiles against each other: by a distance, a share or a multiple of the other's median
  knistio check run.json --budget "full.total: p(50) < minimal.total * 3"
  knistio check run.json --budget "new.total: p(50) < old.total + 10%"

  # several baselines are pooled; three or more tell how much runs differ, and the limit allows for it
  knistio check run.json --baseline mon.json --baseline tue.json --baseline wed.json

  # the proxy's start is judged too; else total alone is, and the phases explain it
  knistio check run.json --baseline main.json --gate total --gate startup-istio-proxy

  # before a gate is switched on: two runs of the same code should pass
  knistio check second.json --baseline first.json`;

const compareExamples = `
Examples:
  knistio compare main.json branch.json        a table for each profile, a column for each report
  knistio compare run.json                     the profiles of one report side by side
  knistio compare a.json b.json --by profile   profiles side by side, a table for each report
  knistio compare --aa a.json b.json c.json    before a gate: three runs of the same code

--aa ends with 3 where runs of the same thing differ by more than chance allows (Mann-Whitney, Holm
over all pairs and profiles), or where too few cold starts tell. --min-effect has to be at least what
it prints: with that limit, each of these runs passes against each other.

Did it get slower? That is asked of total: p is by Mann-Whitney and Holm over all totals, and no
more than 5 % of tables without any difference show one. Where? That is asked of the phases where
total differs: q is the rate of false discoveries, and of the phases named one in ten may be false.
~ marks what is no more than chance explains. \`check --baseline\` uses the same rule.

A change is the median of all differences between a cold start of each side (Hodges-Lehmann), so it
need not be the difference of the two medians.`;

const planExamples = `
Examples:
  knistio bench --profile full --iterations 20 --out pilot.json
  knistio plan pilot.json --detect 200ms --power 0.8
  knistio plan pilot.json --detect 100ms --phase startup-istio-proxy

The bounds, failures and warm answers of the pilot are drawn again, because the gate takes them at
their worst. The number comes with its range for 8 of 10 pilots of that size: take 20 cold starts
or more for a pilot. The power of the whole job counts every profile.`;

/** Declares the commands that answer questions about saved reports: `check`, `compare` and `plan`. */
export function addJudging(program: Command, context: Context, finish: Finish): void {
	const checking = program
		.command("check <report>")
		.description("judge a saved report by budgets, its profiles' own too, and by a baseline");
	addGateOptions(checking)
		.addOption(simulatedOption())
		.addOption(format())
		.addHelpText("after", checkExamples)
		.action(async (report: string, flags: GateFlags & { cluster?: "simulated"; format: Format }) => {
			const { check } = await import("../commands/check.ts");
			const acceptSimulated = flags.cluster === "simulated";
			finish(await check({ report, ...gateOptionsOf(flags), acceptSimulated, format: flags.format }, context));
		});
	program
		.command("compare <report...>")
		.description("phases of several reports or profiles side by side, with significance")
		.addOption(
			new Option("--by <what>", "what the columns are; default: reports, unless there is only one").choices([
				"report",
				"profile",
			]),
		)
		.addOption(
			new Option(
				"--aa",
				"whether runs of the same thing differ by more than chance, and the limit a gate needs",
			).conflicts("by"),
		)
		.addOption(format())
		.addHelpText("after", compareExamples)
		.action(async (reports: string[], flags: { by?: "report" | "profile"; aa?: true; format: Format }) => {
			if (flags.aa) {
				const { runAaCheck } = await import("../commands/aa-check.ts");
				return finish(await runAaCheck({ reports, format: flags.format }, context));
			}
			const { compare } = await import("../commands/compare.ts");
			finish(await compare({ reports, ...given({ by: flags.by }), format: flags.format }, context));
		});
	addPlan(program, context, finish);
}

interface PlanFlags {
	detect: number;
	power: number;
	minEffect?: number;
	phase?: string;
	format: Format;
}

function addPlan(program: Command, context: Context, finish: Finish): void {
	program
		.command("plan <report>")
		.description("how many iterations and minutes it takes to see a slow-down, from a pilot's report")
		.requiredOption("--detect <duration>", "the slow-down that `check` shall find", durationMs)
		.addOption(
			new Option("--power <share>", "how surely it finds it, and passes where there is none")
				.argParser(share)
				.default(0.8),
		)
		.option("--min-effect <duration>", "of that check; default: half of --detect", durationMs)
		.option("--phase <name>", "default: total")
		.addOption(format())
		.addHelpText("after", planExamples)
		.action(async (pilot: string, flags: PlanFlags) => {
			const { plan } = await import("../commands/plan.ts");
			const { detect: detectMs, power, minEffect: minimumEffectMs, phase: measure, format } = flags;
			finish(await plan({ pilot, detectMs, power, format, ...given({ minimumEffectMs, measure }) }, context));
		});
}
