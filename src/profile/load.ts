import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileError, UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";
import { builtInFile, builtInProfiles, builtInVariants } from "./built-in.ts";
import { fileThatSays } from "./extend.ts";
import { profileOf } from "./parse.ts";
import type { Profile } from "./profile.ts";
import { profileHint, readWritten, type Written } from "./written.ts";

/** Gives the text of a file, or fails as `node:fs` does. */
export type ReadText = (path: string) => Promise<string>;

const readText: ReadText = (path) => readFile(path, "utf8");

/**
 * The profiles that the user named, in their order, with all that they take from those that they extend. A name is that
 * of a built-in profile or variant, or the path of a YAML file: then it has a slash in it or ends in .yaml or .yml. Two
 * profiles of one name are a {@link UsageError}, for nothing could tell their results apart.
 */
export async function loadProfiles(names: readonly string[], read: ReadText = readText): Promise<Profile[]> {
	const files = names.map((name) => fileOf(name));
	const profiles = await Promise.all(files.map(async (file) => profileOf(await withExtended(file, read))));
	for (const [index, { name }] of profiles.entries()) {
		const first = profiles.findIndex((profile) => profile.name === name);
		if (first === index) continue;
		const where = names[first] === names[index] ? "" : `: by ${names[first]} and by ${names[index]}`;
		throw new UsageError(`profile "${name}" is given twice${where}`, {
			hint: "leave one out, or change the `name` in one of the files",
		});
	}
	return profiles;
}

/** One of the files that a profile is made of. */
export interface ProfileFile {
	path: string;
	/** What it extends, as it is written there. */
	extends: string | undefined;
}

/**
 * The files of the user's that a profile is made of: its own first, and then what it extends, to the end. What comes with
 * knistio is none of them.
 * @param file the path of a profile
 * @throws UsageError for one that cannot be read
 */
export async function filesOfProfile(file: string, read: ReadText = readText): Promise<ProfileFile[]> {
	const builtIn = [...builtInProfiles, ...builtInVariants].map(builtInFile);
	const written = await withExtended(file, read);
	return written
		.filter((each) => !builtIn.includes(each.file))
		.map(({ file: path, fields }) => ({
			path,
			extends: typeof fields.extends === "string" ? fields.extends : undefined,
		}));
}

/**
 * Tells where a field of a profile is written, in its own file or in one that it extends.
 * @returns gives `file:line:column`
 */
export async function placesInProfile(
	name: string,
	read: ReadText = readText,
): Promise<(path: readonly PropertyKey[]) => string> {
	const files = await withExtended(fileOf(name), read);
	return (path) => {
		const written = fileThatSays(files, path);
		if (written === undefined) return name;
		const { line, column } = written.positionOf(path);
		return `${written.file}:${line}:${column}`;
	};
}

/** A file, and what it extends, and what that extends, to the end. */
async function withExtended(file: string, read: ReadText): Promise<Written[]> {
	const files = [readWritten(await readProfile(file, read), file)];
	for (;;) {
		const last = files.at(-1);
		const next = last === undefined ? undefined : extendedBy(last);
		if (last === undefined || next === undefined) return files;
		const first = files.findIndex((each) => resolve(each.file) === resolve(next));
		if (first >= 0) {
			const circle = [...files.slice(first), { file: next }].map((each) => each.file).join(" → ");
			throw new UsageError(`${placeOfExtends(last)}: the profiles extend each other in a circle: ${circle}`, {
				hint: "take `extends` out of one of them, and write there what it needs",
			});
		}
		files.push(readWritten(await readProfile(next, read, placeOfExtends(last)), next));
	}
}

/** The file of the profile that another file extends; undefined where it extends none. */
function extendedBy(written: Written): string | undefined {
	const { file, fields } = written;
	const { extends: name } = fields;
	if (name === undefined) return undefined;
	if (typeof name !== "string" || name === "") {
		const what = typeof name === "string" ? "an empty text" : JSON.stringify(name);
		const message = `must be the name of a profile, or the path of one, not ${what}`;
		throw new UsageError(`${placeOfExtends(written)}: ${message}`, { hint: profileHint });
	}
	if (!isPath(name)) return fileOf(name, `${placeOfExtends(written)}: `);
	return isAbsolute(name) ? name : join(dirname(file), name);
}

function placeOfExtends({ file, positionOf }: Written): string {
	const { line, column } = positionOf(["extends"]);
	return `${file}:${line}:${column}: extends`;
}

const isPath = (name: string) => name.includes("/") || /\.ya?ml$/.test(name);

/** @param place where the name stands, for the message */
function fileOf(name: string, place = ""): string {
	if (isPath(name)) return name;
	const file = builtInFile(name);
	if (file !== undefined) return file;
	const known = [...builtInProfiles, ...builtInVariants];
	throw unknownName(name, { what: `${place}unknown profile`, known, listed: builtInProfiles });
}

/** @throws UsageError for a name that is neither the path of a file nor of anything that comes with knistio */
export function requireVariantName(name: string): void {
	if (isPath(name) || builtInFile(name) !== undefined) return;
	throw unknownName(name, { what: "unknown variant", known: builtInVariants, listed: builtInVariants });
}

/** @param about.listed those of the known ones that are named all */
function unknownName(
	name: string,
	{ what, known, listed }: { what: string; known: readonly string[]; listed: readonly string[] },
): UsageError {
	const meant = nearest(name, known);
	const instead = meant === undefined ? "; built in are" : `; did you mean "${meant}"? Built in are`;
	return new UsageError(`${what} "${name}"${instead} ${listed.join(", ")}`, {
		hint: "`knistio profiles list` lists profiles and their variants; the path of a file of your own has a slash in it or ends in .yaml, such as ./mine.yaml",
	});
}

async function readProfile(file: string, read: ReadText, place?: string): Promise<string> {
	try {
		return await read(file);
	} catch (error) {
		const hint = "a path after `extends` begins in the folder of the file that it stands in";
		throw fileError("read", file, error, place === undefined ? {} : { place, hint });
	}
}
