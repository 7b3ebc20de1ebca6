import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";
import { builtInFile, builtInProfiles } from "./built-in.ts";
import { parseProfile } from "./parse.ts";
import type { Profile } from "./profile.ts";

/** Gives the text of a file, or fails as `node:fs` does. */
export type ReadText = (path: string) => Promise<string>;

const readText: ReadText = (path) => readFile(path, "utf8");

/**
 * The profiles that the user named, in their order. A name is that of a built-in profile, or the path of a YAML file:
 * then it has a slash in it or ends in .yaml or .yml. Two profiles of one name are a {@link UsageError}, for nothing
 * could tell their results apart.
 */
export async function loadProfiles(names: readonly string[], read: ReadText = readText): Promise<Profile[]> {
	const files = names.map(fileOf);
	const profiles = await Promise.all(files.map(async (file) => parseProfile(await readProfile(file, read), file)));
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

function fileOf(name: string): string {
	if (name.includes("/") || /\.ya?ml$/.test(name)) return name;
	const file = builtInFile(name);
	if (file !== undefined) return file;
	const meant = nearest(name, builtInProfiles);
	const instead = meant === undefined ? "; built in are" : `; did you mean "${meant}"? Built in are`;
	throw new UsageError(`unknown profile "${name}"${instead} ${builtInProfiles.join(", ")}`, {
		hint: "the path of a profile of your own has a slash in it or ends in .yaml, such as ./mine.yaml",
	});
}

async function readProfile(file: string, read: ReadText): Promise<string> {
	try {
		return await read(file);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		throw new UsageError(`${file}: ${readFailures[code] ?? `cannot be read (${code || error})`}`, { cause: error });
	}
}

const readFailures: Record<string, string> = {
	ENOENT: "no such file",
	EISDIR: "is a folder, not a profile",
	EACCES: "may not be read",
};
