import { basename } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { UsageError } from "../errors.ts";
import { manifestFilesAt } from "../kube/objects/manifest-files.ts";
import { objectOf, objectsOf, textOf } from "../kube/untrusted.ts";
import { type BenchOption, isProfileFile, roles } from "./bench-line.ts";

/** A file that a bench line names, on its way into the Job. */
export interface InputFile {
	/** Below the folder in which the Job puts its files. */
	path: string;
	text: string;
}

/** What Kubernetes lets a Secret hold, in bytes (`MaxSecretSize`). */
const mostBytes = 1024 * 1024;

/** Where the Job puts the files that came with it: a folder of its own, for the names of two may be the same. */
export const inputFolder = "/tmp/knistio-in";

/** Reads a file. @throws UsageError for one that cannot be read */
export type ReadFile = (path: string) => Promise<string>;

/**
 * The files that a bench line names, and the line with their places in the Job instead.
 * @throws UsageError for a file that cannot be read, but for a baseline that is not there: of that bench says itself what
 *   it means
 */
export async function collectInputs(
	line: readonly BenchOption[],
	readFile: ReadFile,
): Promise<{ line: BenchOption[]; files: InputFile[] }> {
	const files: InputFile[] = [];
	const moved: BenchOption[] = [];
	for (const [index, option] of line.entries()) {
		const { flag, value } = option;
		const role = roles[flag];
		const isFile = role === "file" || role === "report" || (role === "profile" && isProfileFile(value ?? ""));
		if (role === "body" && value?.startsWith("@")) {
			const path = `${index}/${basename(value.slice(1))}`;
			moved.push({ flag, value: `@${inputFolder}/${path}` });
			files.push(...(await fileInput(value.slice(1), path, readFile)));
			continue;
		}
		if (value === undefined || !(isFile || role === "manifests")) {
			moved.push(option);
			continue;
		}
		const path = `${index}/${basename(value)}`;
		moved.push({ flag, value: `${inputFolder}/${path}` });
		if (role === "manifests") files.push(...(await manifestInputs(value, path, readFile)));
		else files.push(...(await fileInput(value, path, role === "report" ? unlessMissing(readFile) : readFile)));
	}
	return { line: moved, files };
}

async function fileInput(
	value: string,
	path: string,
	readFile: (path: string) => Promise<string | undefined>,
): Promise<InputFile[]> {
	const text = await readFile(value);
	return text === undefined ? [] : [{ path, text }];
}

const unlessMissing = (readFile: ReadFile) => (path: string) =>
	readFile(path).catch((error: Error) => {
		if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
		throw error;
	});

/** A folder's files keep their names, whose order says the order in which they are read. */
async function manifestInputs(value: string, path: string, readFile: ReadFile): Promise<InputFile[]> {
	const files = await manifestFilesAt(value);
	const isFolder = files.length !== 1 || files[0] !== value;
	return Promise.all(
		files.map(async (file) => ({
			path: isFolder ? `${path}/${basename(file)}` : path,
			text: await readFile(file),
		})),
	);
}

/**
 * The files as one archive for a Secret; undefined where there are none.
 * @throws UsageError if they are more than a Secret can hold, with the largest of them
 */
export function archiveOf(files: readonly InputFile[]): Buffer | undefined {
	if (files.length === 0) return undefined;
	const archive = gzipSync(JSON.stringify(files), { level: 9 });
	if (archive.length <= mostBytes) return archive;
	const largest = [...files].sort((a, b) => b.text.length - a.text.length)[0];
	throw new UsageError(
		`the files of the bench line are too large for a Secret: ${mebibytes(archive.length)} packed, of 1 MiB at most; ` +
			`the largest is ${basename(largest?.path ?? "")} (${mebibytes(largest?.text.length ?? 0)})`,
		{ hint: "put large manifests into the image, or install what they hold before" },
	);
}

/** The files of an archive. @throws UsageError for what is none */
export function filesOf(archive: Buffer): InputFile[] {
	try {
		return objectsOf(JSON.parse(gunzipSync(archive).toString("utf8"))).map((each) => ({
			path: textOf(objectOf(each).path) ?? "",
			text: String(objectOf(each).text ?? ""),
		}));
	} catch (cause) {
		throw new UsageError("the files that came with the Job cannot be unpacked", { cause });
	}
}

/** `1.25 MiB`. */
export const mebibytes = (bytes: number): string => `${(bytes / (1024 * 1024)).toFixed(2)} MiB`;
