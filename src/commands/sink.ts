import type { Context } from "../context.ts";

/** What a command without a cluster needs of the outside world. */
export type Sink = Pick<Context, "stdout" | "stderr" | "readFile" | "writeFile" | "requireWritable" | "env">;

/** Reads a file, or says that there is none. */
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
