import { Argument } from "commander";
import type { Schema } from "../commands/schema.ts";
import type { Declaration } from "./declaration.ts";

/** The command that writes each kind of JSON. */
const writers: Record<Schema, string> = {
	report: "bench --out",
	judgement: "check --format json",
	comparison: "compare --format json",
};

const examples = `
Examples:
  knistio schema > knistio-report.schema.json
  knistio schema judgement`;

/** Declares `knistio schema`. */
export const declareSchema: Declaration = (program, context) => {
	const kinds = Object.entries(writers).map(([kind, writer]) => `${kind} (by ${writer})`);
	program
		.command("schema")
		.description("print the JSON Schema of a report, or of what check and compare print as JSON")
		.addArgument(
			new Argument("[what]", `kind of JSON: ${kinds.join(", ")}`).choices(Object.keys(writers)).default("report"),
		)
		.addHelpText("after", examples)
		.action(async (name: Schema) => {
			const { schema } = await import("../commands/schema.ts");
			schema(name, context);
		});
};
