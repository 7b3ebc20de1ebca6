import { judgedJsonSchemas } from "../output/verdict/judged-json.ts";
import { reportJsonSchema } from "../report/read-report.ts";
import type { Sink } from "./gate/sink.ts";

const schemas = { report: reportJsonSchema, ...judgedJsonSchemas };

/** What knistio writes as JSON, for other programs to read. */
export type Schema = keyof typeof schemas;

/** `knistio schema`: the format of one of them. */
export function schema(what: Schema, sink: Sink): void {
	sink.stdout(`${JSON.stringify(schemas[what](), undefined, "\t")}\n`);
}
