import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { UsageError } from "../errors.ts";
import { manifestFilesAt } from "../kube/objects/manifest-files.ts";
import { objectsOf, textOf } from "../kube/untrusted.ts";
import { filesOfProfile } from "../profile/load.ts";
import { type BenchOption, isProfileFile, type Role, roles } from "./bench-line.ts";

/** A file that a bench line names, on its way into the Job: a text, or bytes that are none. */
export type InputFile = {
	/** Below the folder in which the Job puts its files. */
	path: string;
} & ({ text: string } | { bytes: Uint8Array });

/** What Kubernetes lets a Secret hold, in bytes (`MaxSecretSize`). */
const mostBytes = 1024 * 1024;

/** Where the Job puts the files that came with it: a folder of its own, for the names of two may be the same. */
export const inputFolder = "/tmp/knistio-in";

/** Reads files. Both fail with a UsageError for one that cannot be read. */
export interface Reading {
	readFile(path: string): Promise<string>;
	readBytes(path: string): Promise<Uint8Array>;
}

type ReadFile = Reading["readFile"];

/**
 * The files that a bench line names, and the line with their places in the Job instead.
 * @throws UsageError for a file that cannot be read, but for a baseline that is not there: of that bench says itself what
 *   it means
 */
export async function collectInputs(
	line: readonly BenchOption[],
	reading: Reading,
): Promise<{ line: BenchOption[]; files: InputFile[] }> {
	const moved: BenchOption[] = [];
	const files: InputFile[] = [];
	for (const [index, option] of line.entries()) {
		const { flag, value } = option;
		const input =
			value === undefined ? undefined : await inputOf(roles[flag], value, { folder: String(index), reading });
		moved.push(input === undefined ? option : { flag, value: input.value });
		files.push(...(input?.files ?? []));
	}
	return { line: moved, files };
}

/** An option's value as it is in the Job, and the files that go there for it. */
interface Input {
	value: string;
	files: InputFile[];
}

/** Where an option's files go, below the Job's folder, and how they are read here. */
interface Place {
	folder: string;
	reading: Reading;
}

/** @returns undefined where the value names no file */
async function inputOf(role: Role | undefined, value: string, place: Place): Promise<Input | undefined> {
	const { folder, reading } = place;
	const named = (name = value) => `${folder}/${basename(name)}`;
	switch (role) {
		case "profile":
			return profilesInput(value, place);
		case "service":
			if (value.startsWith("ksvc/")) return undefined;
			return { value: inJob(named()), files: await fileInput(value, named(), reading.readFile) };
		case "body": {
			if (!value.startsWith("@")) return undefined;
			const path = named(value.slice(1));
			return { value: `@${inJob(path)}`, files: [inputFile(path, await reading.readBytes(value.slice(1)))] };
		}
		case "file":
			return { value: inJob(named()), files: await fileInput(value, named(), reading.readFile) };
		case "report":
			return { value: inJob(named()), files: await fileInput(value, named(), unlessMissing(reading.readFile)) };
		case "manifests":
			return { value: inJob(named()), files: await manifestInputs(value, named(), reading.readFile) };
		default:
			return undefined;
	}
}

const inJob = (path: string) => `${inputFolder}/${path}`;

/** One name or path, or several with commas between. */
async function profilesInput(value: string, { folder, reading }: Place): Promise<Input> {
	const names = value.split(",").map((name) => name.trim());
	const inputs = await Promise.all(
		names.map((name, index) => {
			if (!isProfileFile(name)) return { value: name, files: [] };
			return profileInput(name, { folder: names.length === 1 ? folder : `${folder}/${index}`, reading });
		}),
	);
	return { value: inputs.map((input) => input.value).join(","), files: inputs.flatMap(({ files }) => files) };
}

/**
 * A profile's file with all that it extends. They lie to each other as they do here, so that the paths in them lead there.
 * @throws UsageError for a path that leads nowhere in the Job
 */
async function profileInput(name: string, { folder, reading }: Place): Promise<Input> {
	const parts = await filesOfProfile(name, reading.readFile);
	const absolute = parts.find((part) => part.extends !== undefined && isAbsolute(part.extends));
	if (absolute !== undefined) {
		throw new UsageError(`${absolute.path}: extends ${absolute.extends}, a path that is not in the Job`, {
			hint: "write a path that begins in the folder of the file, such as ./base.yaml",
		});
	}
	const paths = parts.map(({ path }) => resolve(path));
	const common = commonFolder(paths.map(dirname));
	const placed = paths.map((path) => `${folder}/${relative(common, path).split(sep).join("/")}`);
	const files = await Promise.all(
		parts.map(async ({ path }, index) => ({ path: placed[index] ?? "", text: await reading.readFile(path) })),
	);
	return { value: inJob(placed[0] ?? ""), files };
}

/** The deepest folder that holds all of these. */
function commonFolder(folders: readonly string[]): string {
	let common = folders[0] ?? sep;
	const holds = (folder: string) =>
		folder === common || folder.startsWith(common.endsWith(sep) ? common : common + sep);
	while (!folders.every(holds)) common = dirname(common);
	return common;
}

function inputFile(path: string, bytes: Uint8Array): InputFile {
	try {
		return { path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
	} catch {
		return { path, bytes };
	}
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
	const packed = files.map((file) =>
		"text" in file ? file : { path: file.path, base64: Buffer.from(file.bytes).toString("base64") },
	);
	const archive = gzipSync(JSON.stringify(packed), { level: 9 });
	if (archive.length <= mostBytes) return archive;
	const sizeOf = (file: InputFile) => ("text" in file ? Buffer.byteLength(file.text) : file.bytes.length);
	const [largest] = [...files].sort((a, b) => sizeOf(b) - sizeOf(a));
	throw new UsageError(
		`the files of the bench line are too large for a Secret: ${mebibytes(archive.length)} packed, of 1 MiB at most; ` +
			`the largest is ${basename(largest?.path ?? "")} (${mebibytes(largest === undefined ? 0 : sizeOf(largest))})`,
		{ hint: "put large manifests into the image, or install what they hold before" },
	);
}

/** The files of an archive. @throws UsageError for what is none */
export function filesOf(archive: Buffer): InputFile[] {
	try {
		return objectsOf(JSON.parse(gunzipSync(archive).toString("utf8"))).map(({ path: name, text, base64 }) => {
			const path = textOf(name) ?? "";
			return typeof base64 === "string"
				? { path, bytes: Buffer.from(base64, "base64") }
				: { path, text: String(text ?? "") };
		});
	} catch (cause) {
		throw new UsageError("the files that came with the Job cannot be unpacked", { cause });
	}
}

/** `1.25 MiB`. */
export const mebibytes = (bytes: number): string => `${(bytes / (1024 * 1024)).toFixed(2)} MiB`;
