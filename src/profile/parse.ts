import { UsageError } from "../errors.ts";
import { complaintsOf, formatPath } from "./complaints.ts";
import { fileThatSays, mergedFields } from "./extend.ts";
import { type Profile, profileFileSchema } from "./profile.ts";
import { profileHint, readWritten, type Written } from "./written.ts";

/** Reads a profile that extends no other. @throws UsageError as {@link profileOf} does */
export function parseProfile(text: string, file: string): Profile {
	return profileOf([readWritten(text, file)]);
}

/**
 * The profile of a file and of those that it extends, its own first. All that is wrong with it comes in one
 * {@link UsageError}, one line a complaint: `file:line:column: field.path: what is wrong`, with the file that says it.
 */
export function profileOf(files: readonly Written[]): Profile {
	const fields = mergedFields(files);
	const result = profileFileSchema.safeParse(fields);
	if (result.success) {
		const { extends: _, ...profile } = result.data;
		return profile;
	}
	const complaints = complaintsOf(profileFileSchema, fields, result.error.issues).flatMap(({ path, text }) => {
		const written = fileThatSays(files, path);
		if (written === undefined) return [];
		return [{ written, ...written.positionOf(path), path: formatPath(path), text }];
	});
	const place = ({ written }: { written: Written }) => files.indexOf(written);
	complaints.sort((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
	const lines = complaints.map(({ written, line, column, path, text }) =>
		[`${written.file}:${line}:${column}`, path, text].filter((part) => part !== "").join(": "),
	);
	throw new UsageError(lines.join("\n"), { hint: profileHint });
}
