import { z } from "zod";
import { bare } from "./complaints.ts";
import { manifestSchema, profileFileSchema } from "./profile.ts";

/** Every field of a profile's file as a table in Markdown, made from the schema and its descriptions. */
export function profileReference(): string {
	return [
		"| field | type | default | what it says |",
		"| --- | --- | --- | --- |",
		...rowsOf(profileFileSchema, ""),
	].join("\n");
}

function rowsOf(object: z.ZodObject, prefix: string): string[] {
	return Object.entries(object.shape).flatMap(([key, schema]) => {
		const path = `${prefix}${key}`;
		const inner = bare(schema);
		const isSection = inner instanceof z.ZodObject;
		const cells = [`\`${path}\``, typeInWords(inner), defaultInWords(schema), descriptionOf(schema)];
		const row = `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
		return [row, ...(isSection ? rowsOf(inner, `${path}.`) : [])];
	});
}

function typeInWords(schema: z.ZodType): string {
	if (schema === manifestSchema) return "Kubernetes object";
	if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(", ");
	if (schema instanceof z.ZodArray) return `list of ${typeInWords(bare(schema.element as z.ZodType))}s`;
	if (schema instanceof z.ZodRecord) {
		const isOfTexts = bare(schema.valueType as z.ZodType) instanceof z.ZodString;
		return isOfTexts ? "mapping of texts" : "mapping";
	}
	if (schema instanceof z.ZodBoolean) return "true or false";
	return schema instanceof z.ZodString ? "text" : "mapping";
}

function defaultInWords(schema: z.ZodType): string {
	if (schema instanceof z.ZodDefault) {
		const value: unknown = schema.def.defaultValue;
		return typeof value === "object" ? "none" : `\`${value}\``;
	}
	const isOptional = schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional;
	return isOptional ? "none" : "**needed**";
}

/** A description belongs to the outermost schema that has one. */
function descriptionOf(schema: z.ZodType): string {
	return schema.description ?? bare(schema).description ?? "";
}
