/** What a command without a cluster needs of the outside world. */
export interface Sink {
	/** The result. */
	stdout: (text: string) => void;
	/** Progress, messages and annotations. */
	stderr: (text: string) => void;
	/** Throws for a file that is not there with the code `ENOENT`, itself or as its cause. */
	readFile: (path: string) => string;
	writeFile: (path: string, text: string) => void;
	env: Readonly<Record<string, string | undefined>>;
}

/** Reads a file, or says that there is none. */
export function readIfThere(sink: Sink, path: string): string | undefined {
	try {
		return sink.readFile(path);
	} catch (error) {
		if (isMissingFile(error)) return undefined;
		throw error;
	}
}

function isMissingFile(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	return ("code" in error && error.code === "ENOENT") || isMissingFile(error.cause);
}
