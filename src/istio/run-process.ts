import { execFile } from "node:child_process";
import { constants } from "node:os";

/** What a process left behind. */
export interface ProcessResult {
	/** Its exit code; 128 and the signal's number if a signal ended it. */
	code: number;
	stdout: string;
	stderr: string;
}

/** Runs a program to its end. Fails only if it cannot be started (as `node:child_process` does), or if it is aborted. */
export type RunProcess = (
	file: string,
	args: readonly string[],
	options?: { signal?: AbortSignal | undefined },
) => Promise<ProcessResult>;

/** Rendered manifests are about a megabyte; more than this is not one. */
const maxOutputBytes = 256 * 1024 * 1024;

/** Runs a real process with knistio's own environment and no input; an abort kills it. */
export const runProcess: RunProcess = (file, args, { signal } = {}) =>
	new Promise((resolve, reject) => {
		const options = { encoding: "utf8", maxBuffer: maxOutputBytes, signal } as const;
		const child = execFile(file, [...args], options, (error, stdout, stderr) => {
			if (signal?.aborted) reject(signal.reason);
			else if (error === null) resolve({ code: 0, stdout, stderr });
			else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
			else if (typeof error.code === "string") reject(error);
			else resolve({ code: 128 + (error.signal ? constants.signals[error.signal] : 0), stdout, stderr });
		});
		child.stdin?.end();
	});
