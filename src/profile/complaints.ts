import { z } from "zod";
import { nearest } from "../text/nearest.ts";

/** One thing that is wrong with a value: where in it, and what. */
export interface Complaint {
	path: PropertyKey[];
	text: string;
}

/** What zod found wrong with a value, in words for whoever wrote it. */
export function complaintsOf(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): Complaint[] {
	return issues.flatMap((issue) => {
		if (issue.code === "unrecognized_keys") {
			const known = knownKeys(schema, issue.path);
			return issue.keys.map((key) => ({ path: [...issue.path, key], text: unknownKey(key, known) }));
		}
		return [{ path: issue.path, text: describe(issue, valueAt(value, issue.path)) }];
	});
}

/** `istio.components.cni`, `policy[1].metadata.name`, `podLabels["a.b/c"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
	return path
		.map((step, index) => {
			if (typeof step === "number") return `[${step}]`;
			const name = String(step);
			if (!/^[\w-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
			return index === 0 ? name : `.${name}`;
		})
		.join("");
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
	if (issue.code === "invalid_type") {
		const wanted = article[issue.expected] ?? issue.expected;
		if (value === undefined) return `is missing; it must be ${wanted}`;
		const quotes = issue.expected === "string" && typeof value !== "object" ? "; put it in quotes" : "";
		return `must be ${wanted}, not ${inWords(value)}${quotes}`;
	}
	if (issue.code === "invalid_value") {
		const allowed = issue.values.map(String);
		const choice = `must be one of ${allowed.join(", ")}`;
		if (value === undefined) return `is missing; it ${choice}`;
		return `${choice}; not ${inWords(value)}${didYouMean(String(value), allowed)}`;
	}
	return issue.message;
}

const article: Record<string, string> = {
	string: "a text",
	boolean: "true or false",
	number: "a number",
	array: "a list",
	object: "a mapping",
	record: "a mapping",
};

function inWords(value: unknown): string {
	if (value === null) return "empty";
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object") return "a mapping";
	return typeof value === "string" ? JSON.stringify(value) : `the ${typeof value} ${value}`;
}

function unknownKey(key: string, known: readonly string[]): string {
	const meant = didYouMean(key, known);
	return `unknown key "${key}"${meant === "" ? `; known here: ${known.join(", ")}` : meant}`;
}

function didYouMean(word: string, known: readonly string[]): string {
	const meant = nearest(word, known);
	return meant === undefined ? "" : `; did you mean "${meant}"?`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step], value);
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
	const inner = path.reduce<z.ZodType | undefined>((outer, step) => outer && memberOf(bare(outer), step), schema);
	const object = inner && bare(inner);
	return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function memberOf(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
	if (schema instanceof z.ZodObject) return schema.shape[String(step)];
	if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
	return undefined;
}

/** A schema without what only says that its value may be absent. */
export function bare(schema: z.ZodType): z.ZodType {
	const isWrapper =
		schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional;
	return isWrapper ? bare(schema.unwrap() as z.ZodType) : schema;
}
