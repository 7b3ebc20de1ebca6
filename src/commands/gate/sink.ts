import type { Context } from "../../context/context.ts";
import { type ExitCode, exitCodes, RunErrors, UsageError } from "../../errors.ts";

/** What a command without a cluster needs of the outside world. */
export type Sink = Pick<
	Context,
	"stdout" | "stderr" | "readFile" | "writeFile" | "appendFile" | "requireWritable" | "env" | "post"
>;

/** Reads a file; undefined if there is none. */
export async function readIfThere(sink: Sink, path: string): Promise<string | undefined> {
	try {
		return await sink.readFile(path);
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

/**
 * A verdict's exit code, where all results could be written.
 * @throws RunErrors for results that could not: no pass, while any other verdict stands
 */
export function withoutUnwritten(code: ExitCode, unwritten: readonly UsageError[]): ExitCode {
	if (unwritten.length === 0) return code;
	throw new RunErrors(unwritten, code === exitCodes.ok ? exitCodes.usage : code);
}
