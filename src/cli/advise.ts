import type { Declaration } from "./declaration.ts";
import { simulatedOption } from "./options/gate.ts";
import { inputDescription } from "./options/input.ts";
import { type TextFormat, textFormatOption } from "./options/output.ts";
import { collect } from "./options/values.ts";

interface AdviseFlags {
	need?: string[];
	forbid?: string[];
	budget?: string[];
	cluster?: "simulated";
	format: TextFormat;
}

const examples = `
Examples:
  # Which profile gives mutual TLS and policy control without NET_ADMIN in the pods?
  knistio advise run.json --need mtls,policy --forbid net-admin

  # The same, but only if half of the cold starts take less than 3 s; the exit code is 99 if no
  # profile meets all of it, and 3 if that depends on something that was not tested
  knistio advise run.json --need mtls,policy --forbid net-admin --budget "total: p(50) < 3s"`;

/** Declares `knistio advise`. */
export const declareAdvise: Declaration = (program, context, finish) => {
	program
		.command("advise")
		.description("tell which profile meets your needs and limits, by what was observed and measured")
		.argument("<report>", inputDescription("a report with costs and benefits, which `tradeoffs` saved as JSON"))
		.option("--need <names>", "benefits that must have been observed, such as mtls,policy (repeatable)", collect)
		.option("--forbid <names>", "costs that must have been refuted, such as net-admin (repeatable)", collect)
		.option("--budget <limit>", 'limit that must be kept, such as "total: p(50) < 3s" (repeatable)', collect)
		.addOption(simulatedOption())
		.addOption(textFormatOption())
		.addHelpText("after", examples)
		.action(async (report: string, flags: AdviseFlags) => {
			const { advise } = await import("../commands/advise.ts");
			const { need = [], forbid = [], budget = [], cluster, format } = flags;
			const acceptSimulated = cluster === "simulated";
			finish(await advise({ report, need, forbid, budgets: budget, acceptSimulated, format }, context));
		});
};
