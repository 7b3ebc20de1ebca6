import { loadAll, YAMLException } from "js-yaml";
import { UsageError } from "../errors.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import { complaintsOf, formatPath } from "./complaints.ts";
import { type PositionRecorder, positionAt, recordPositions } from "./positions.ts";
import { type Profile, profileSchema } from "./profile.ts";

const hint = "`knistio profiles show full` prints a complete profile; profiles/README.md explains every field";

/**
 * Reads a profile. All that is wrong with it comes in one {@link UsageError}, one line a complaint:
 * `file:line:column: field.path: what is wrong`.
 */
export function parseProfile(fileText: string, file: string): Profile {
	// js-yaml skips a byte order mark, and then its offsets are those of the text without.
	const text = fileText.replace(/^\uFEFF/, "");
	const positions = recordPositions(text);
	const document = onlyDocument(text, file, positions);
	const result = profileSchema.safeParse(document.value);
	if (result.success) return result.data;
	const complaints = complaintsOf(profileSchema, document.value, result.error.issues).map((complaint) => ({
		...positions.positionOf(complaint.path, document.index),
		path: formatPath(complaint.path),
		text: complaint.text,
	}));
	complaints.sort((a, b) => a.line - b.line || a.column - b.column);
	const lines = complaints.map(({ line, column, path, text }) =>
		[`${file}:${line}:${column}`, path, text].filter((part) => part !== "").join(": "),
	);
	throw new UsageError(lines.join("\n"), { hint });
}

/** The one document of the text that is not empty, and which it is. */
function onlyDocument(text: string, file: string, positions: PositionRecorder): { value: unknown; index: number } {
	const documents = readDocuments(text, file, positions)
		.map((value, index) => ({ value, index }))
		.filter(({ value }) => value !== null && value !== undefined);
	const [first, second] = documents;
	if (first === undefined) throw new UsageError(`${file}: the file is empty`, { hint });
	if (second !== undefined) {
		const { line, column } = positions.positionOf([], second.index);
		throw new UsageError(`${file}:${line}:${column}: a second document begins here; a profile is a file of its own`);
	}
	if (typeof first.value !== "object" || Array.isArray(first.value)) {
		const what = Array.isArray(first.value) ? "a list" : `only the ${typeof first.value} ${shorten(first.value)}`;
		const { line, column } = positions.positionOf([], first.index);
		throw new UsageError(`${file}:${line}:${column}: a profile is a mapping of fields, not ${what}`, { hint });
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
