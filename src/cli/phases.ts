import type { Declaration } from "./declaration.ts";

/** Declares `knistio phases`. */
export const declarePhases: Declaration = (program, context) => {
	program
		.command("phases")
		.description("list the names of everything that is measured, for tables and budgets")
		.addHelpText("after", "\nExample:\n  knistio phases")
		.action(async () => {
			const { phaseDescriptions } = await import("../report/phases.ts");
			const width = Math.max(...phaseDescriptions.map(({ name }) => name.length));
			for (const { name, kind, text } of phaseDescriptions) {
				context.stdout(`${name.padEnd(width)}  ${kind.padEnd(5)}  ${text}\n`);
			}
		});
};
