import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError, UsageError } from "../../errors.ts";
import type { KubeObject } from "../api/cluster.ts";
import { parseManifests, withoutRepeats } from "./manifests.ts";

/**
 * The objects of files and folders, in the order given; a folder's files (.yaml, .yml, .json) in the order of their
 * names, without those of its folders. What cannot be read, is not a manifest, or is there twice and differs is a {@link UsageError}.
 */
export async function readManifestFiles(paths: readonly string[]): Promise<KubeObject[]> {
	const files = (await Promise.all(paths.map(manifestFilesAt))).flat();
	const objects = (await Promise.all(files.map(async (file) => parseManifests(await read(file), file)))).flat();
	if (objects.length === 0) throw new UsageError(`${paths.join(", ")}: no Kubernetes object is there`);
	return withoutRepeats(objects, paths.join(", "));
}

/** The files of manifests at a path: a file itself, or those of a folder. @throws UsageError for what cannot be read */
export async function manifestFilesAt(path: string): Promise<string[]> {
	const { isFolder, entries } = await look(path);
	if (!isFolder) return [path];
	const names = entries.filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name));
	return names.map((entry) => join(path, entry.name)).sort();
}

async function look(path: string): Promise<{ isFolder: boolean; entries: Dirent[] }> {
	try {
		const isFolder = (await stat(path)).isDirectory();
		return { isFolder, entries: isFolder ? await readdir(path, { withFileTypes: true }) : [] };
	} catch (error) {
		throw fileError("read", path, error);
	}
}

async function read(file: string): Promise<string> {
	try {
		return await readFile(file, "utf8");
	} catch (error) {
		throw fileError("read", file, error);
	}
}
