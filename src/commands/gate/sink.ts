import type { Context } from "../../context/context.ts";
import { type ExitCode, exitCodes, RunErrors, UsageError } from "../../errors.ts";

/** What a command without a cluster needs of the outside world. */
export type Sink = Pick<
	Context,
	"stdout" | "stderr" | "readFile" | "readBytes" | "writeFile" | "appendFile" | "requireWritable" | "env" | "post"
>;

/** Reads a file; undefined if there is none. */
export const readIfThere = (sink: Sink, path: string): Promise<string | undefined> =>
	unlessMissing(sink.readFile(path));

/** What was read; undefined where there is no such file. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
	try {
		return await reading;
	} catch (error) {
		if (isMissingFile(error)) return undefined;
		throw error;
	}
}

/** `readFile` of the context keeps Node's error as the cause of its own. */
function isMissingFile(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	return ("code" in error && error.code === "ENOENT") || isMissingFile(error.cause);
}

/** Does all of these writes, also behind one that fails. @returns an error for each file that could not be written */
export async function whatFails(writes: readonly (() => Promise<void>)[]): Promise<UsageError[]> {
	const done = await Promise.allSettled(writes.map(async (write) => write()));
	const errors = done.flatMap((each): unknown[] => (each.status === "rejected" ? [each.reason] : []));
	const defect = errors.find((error) => !(error instanceof UsageError));
	if (defect !== undefined) throw defect;
	return errors as UsageError[];
}

/** A file, and what makes its content. */
export interface Written {
	file: string;
	content(): Promise<string | Uint8Array> | string | Uint8Array;
}

/** How files are written. */
export interface Writing extends Pick<Sink, "writeFile"> {
	/** Is told in one line which files are there now; left out where nobody asked. */
	tell?: (text: string) => void;
	/** Files that were written before, to be told of too. */
	before?: readonly string[];
}

/** Where a command that ends with its files tells of them: on stderr, so that stdout is the result alone. */
export const toldOn = ({ writeFile, stderr }: Pick<Sink, "writeFile" | "stderr">): Writing => ({
	writeFile,
	tell: (text) => stderr(`${text}\n`),
});

/** Writes all of these files, also behind one that fails. @returns an error for each that could not be written */
export async function writeFiles(
	files: readonly Written[],
	{ writeFile, tell, before = [] }: Writing,
): Promise<UsageError[]> {
	const written = new Set<Written>();
	const unwritten = await whatFails(
		files.map((each) => async () => {
			await writeFile(each.file, await each.content());
			written.add(each);
		}),
	);
	const told = [...before, ...files.filter((each) => written.has(each)).map(({ file }) => file)];
	if (told.length > 0) tell?.(`wrote ${told.join(", ")}`);
	return unwritten;
}

/**
 * A verdict's exit code, where all results could be written.
 * @throws RunErrors for results that could not: no pass, while any other verdict stands
 */
export function withoutUnwritten(code: ExitCode, unwritten: readonly UsageError[]): ExitCode {
	if (unwritten.length === 0) return code;
	throw new RunErrors(unwritten, code === exitCodes.ok ? exitCodes.usage : code);
}
