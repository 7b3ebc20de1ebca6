import { loadAll, YAMLException } from "js-yaml";
import { UsageError } from "../errors.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import { holdsItself, holdsItselfWords } from "../text/circle.ts";
import { type Position, type PositionRecorder, positionAt, recordPositions } from "./positions.ts";

/** A profile's file as it is written, before anything is known of its fields. */
export interface Written {
	file: string;
	fields: Record<string, unknown>;
	/** Where a field is; the nearest parent's place if it is not in the file. */
	positionOf(path: readonly PropertyKey[]): Position;
}

/** For all that is wrong with a profile. */
export const profileHint =
	"`knistio profiles show full` prints a complete profile; profiles/README.md explains every field";

/** What a file is to hold, for messages. */
export interface Kind {
	/** Such as `a profile`. */
	noun: string;
	hint: string;
}

/** Reads the one mapping that a file must hold. @throws UsageError that names the place */
export function readWritten(
	fileText: string,
	file: string,
	kind: Kind = { noun: "a profile", hint: profileHint },
): Written {
	// js-yaml skips a byte order mark, and then its offsets are those of the text without.
	const text = fileText.replace(/^\uFEFF/, "");
	const positions = recordPositions(text);
	const { value, index } = onlyDocument(text, file, { positions, ...kind });
	return {
		file,
		fields: value as Record<string, unknown>,
		positionOf: (path) => positions.positionOf(path, index),
	};
}

/** The one document of the text that is not empty, and which it is. */
function onlyDocument(
	text: string,
	file: string,
	{ positions, noun, hint }: Kind & { positions: PositionRecorder },
): { value: unknown; index: number } {
	const documents = readDocuments(text, file, positions)
		.map((value, index) => ({ value, index }))
		.filter(({ value }) => value !== null && value !== undefined);
	const [first, second] = documents;
	if (documents.some(({ value }) => holdsItself(value))) {
		throw new UsageError(`${file}: ${holdsItselfWords}`, { hint });
	}
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
	if (control >= 0) throw new UsageError(`${placeOf(text, file, control)}: not a text: there is a control character`);
	try {
		return loadAll(text, null, { schema: kubectlSchema, listener: positions.listener });
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		const place = error.mark === undefined ? file : placeOf(text, file, error.mark.position);
		throw new UsageError(`${place}: not valid YAML: ${error.reason}`, { cause: error });
	}
}

function placeOf(text: string, file: string, offset: number): string {
	const { line, column } = positionAt(text, offset);
	return `${file}:${line}:${column}`;
}

function shorten(value: unknown): string {
	const text = JSON.stringify(value);
	return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
