import { loadAll, YAMLException } from "js-yaml";
import type { z } from "zod";
import { UsageError } from "../errors.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import { type Complaint, complaintsOf, formatPath } from "./complaints.ts";
import { type PositionRecorder, positionAt, recordPositions } from "./positions.ts";

/** A text of YAML, and what it must be. */
export interface YamlSource<T> {
	text: string;
	/** Its name, for messages. */
	file: string;
	/** What one document is, such as `a profile`. */
	noun: string;
	schema: z.ZodType<T>;
	hint: string;
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
	// js-yaml skips a byte order mark, and then its offsets are those of the text without.
	const text = source.text.replace(/^\uFEFF/, "");
	const positions = recordPositions(text);
	const document = onlyDocument({ ...source, text }, positions);
	const value = prepare(document.value);
	const result = schema.safeParse(value);
	const complaints = result.success
		? (source.complaints?.(result.data) ?? [])
		: complaintsOf(schema, value, result.error.issues);
	const placeOf = (path: readonly PropertyKey[]) => {
		const { line, column } = positions.positionOf(path, document.index);
		return `${file}:${line}:${column}`;
	};
	if (result.success && complaints.length === 0) return { value: result.data, placeOf };
	const placed = complaints.map((complaint) => ({
		...positions.positionOf(complaint.path, document.index),
		...complaint,
	}));
	placed.sort((a, b) => a.line - b.line || a.column - b.column);
	const lines = placed.map((complaint) =>
		[placeOf(complaint.path), formatPath(complaint.path), complaint.text].filter((part) => part !== "").join(": "),
	);
	throw new UsageError(lines.join("\n"), { hint });
}

/** The one document of the text that is not empty, and which it is. */
function onlyDocument(
	{ text, file, noun, hint }: Pick<YamlSource<unknown>, "text" | "file" | "noun" | "hint">,
	positions: PositionRecorder,
): { value: unknown; index: number } {
	const documents = readDocuments(text, file, positions)
		.map((value, index) => ({ value, index }))
		.filter(({ value }) => value !== null && value !== undefined);
	const [first, second] = documents;
	if (first === undefined) throw new UsageError(`${file}: the file is empty`, { hint });
	if (second !== undefined) {
		const { line, column } = positions.positionOf([], second.index);
		throw new UsageError(`${file}:${line}:${column}: a second document begins here; ${noun} is a file of its own`);
	}
	if (typeof first.value !== "object" || Array.isArray(first.value)) {
		const what = Array.isArray(first.value) ? "a list" : `only the ${typeof first.value} ${shorten(first.value)}`;
		const { line, column } = positions.positionOf([], first.index);
		throw new UsageError(`${file}:${line}:${column}: ${noun} is a mapping of fields, not ${what}`, { hint });
	}
	return first;
}

function readDocuments(text: string, file: string, positions: PositionRecorder): unknown[] {
	const control = text.search(/[^\P{Cc}\t\n\r]/u);
	if (control >= 0) throw new UsageError(`${placeIn(text, file, control)}: not a text: there is a control character`);
	try {
		return loadAll(text, null, {
			schema: kubectlSchema,
			listener: positions.listener,
		});
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		const place = error.mark === undefined ? file : placeIn(text, file, error.mark.position);
		throw new UsageError(`${place}: not valid YAML: ${error.reason}`, {
			cause: error,
		});
	}
}

function placeIn(text: string, file: string, offset: number): string {
	const { line, column } = positionAt(text, offset);
	return `${file}:${line}:${column}`;
}

function shorten(value: unknown): string {
	const text = JSON.stringify(value);
	return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
