import type { z } from "zod";
import { UsageError } from "../errors.ts";
import { type Complaint, complaintsOf, formatPath } from "./complaints.ts";
import { type Kind, readWritten } from "./written.ts";

/** A text of YAML, and what it must be. */
export interface YamlSource<T> extends Kind {
	text: string;
	/** Its name, for messages. */
	file: string;
	schema: z.ZodType<T>;
	/** What is done to the value before it is checked; places stay those of the text. */
	prepare?(value: unknown): unknown;
	/** What the schema cannot say; asked only where the schema finds nothing. */
	complaints?(value: T): Complaint[];
}

/** A value that is as it must be. */
export interface CheckedYaml<T> {
	value: T;
	/** `file:line:column` of a value, named by what leads to it; of its nearest parent if it is not there. */
	placeOf(path: readonly PropertyKey[]): string;
}

/**
 * Reads the one document of a text. All that is wrong with it comes in one {@link UsageError}, one line a complaint:
 * `file:line:column: field.path: what is wrong`.
 */
export function readCheckedYaml<T>(source: YamlSource<T>): CheckedYaml<T> {
	const { file, schema, hint, prepare = (value) => value } = source;
	const { fields, positionOf } = readWritten(source.text, file, source);
	const value = prepare(fields);
	const result = schema.safeParse(value);
	const complaints = result.success
		? (source.complaints?.(result.data) ?? [])
		: complaintsOf(schema, value, result.error.issues);
	const placeOf = (path: readonly PropertyKey[]) => {
		const { line, column } = positionOf(path);
		return `${file}:${line}:${column}`;
	};
	if (result.success && complaints.length === 0) return { value: result.data, placeOf };
	const placed = complaints.map((complaint) => ({ ...positionOf(complaint.path), ...complaint }));
	placed.sort((a, b) => a.line - b.line || a.column - b.column);
	const lines = placed.map((complaint) =>
		[placeOf(complaint.path), formatPath(complaint.path), complaint.text].filter((part) => part !== "").join(": "),
	);
	throw new UsageError(lines.join("\n"), { hint });
}
