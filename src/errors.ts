import { dirname, join } from "node:path";

/** What each exit code of knistio means; the same table as in the README. */
export const exitCodes = {
	/** Measured, and every verdict passed. */
	ok: 0,
	/** A defect of knistio. */
	defect: 1,
	/** Usage, profile or file error: something the user can fix in what they typed or wrote. */
	usage: 2,
	/** Inconclusive: no data, too few cold starts, an unresolved phase. */
	inconclusive: 3,
	/** The cluster is unreachable, or not as promised. */
	cluster: 4,
	/** A budget or a baseline is breached. */
	breach: 99,
	/** Its terminal was closed (SIGHUP), cleaned up. */
	hungUp: 129,
	/** Interrupted by SIGINT, cleaned up. */
	interrupted: 130,
	/** Ended by SIGTERM, cleaned up. */
	terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a user may read beside the sentence that says what happened. */
export interface ErrorDetail {
	/** What to do about it. */
	hint?: string;
	cause?: unknown;
}

/** An error whose message is meant for the user: what and where, with a hint what to do. */
export abstract class KnistioError extends Error {
	abstract readonly exitCode: ExitCode;
	readonly hint: string | undefined;

	constructor(message: string, detail: ErrorDetail = {}) {
		super(message, { cause: detail.cause });
		this.name = new.target.name;
		this.hint = detail.hint;
	}
}

/** Something in the command line, a profile or a file. */
export class UsageError extends KnistioError {
	readonly exitCode = exitCodes.usage;
}

/** Why a file cannot be read or written, by Node's code. */
const fileReasons: Record<string, string> = {
	ENOENT: "there is no such file or directory",
	EACCES: "permission denied",
	EISDIR: "it is a directory",
	ENOTDIR: "a part of the path is not a directory",
	EROFS: "it is on a read-only file system",
	ENOSPC: "the disk is full",
	ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};

const readingHints: Record<string, string> = {
	ENOENT: "look at its spelling; a path that does not begin with / begins in the folder where knistio was called",
	ENOTDIR: "look at its spelling: what stands before a / must be a folder",
	EACCES: "let the user who calls knistio read it: chmod u+r",
	EISDIR: "name a file in it",
	Z_BUF_ERROR: "the packed file is cut: write or copy it again",
	Z_DATA_ERROR: "the packed file is damaged: write or copy it again",
};

const writingHints: Record<string, (path: string) => string> = {
	ENOENT: (path) => `make the folder: mkdir -p ${dirname(path)}`,
	EACCES: () => "name a file in a folder that you may write to",
	EROFS: () => "name a file in a folder that you may write to",
	ENOSPC: () => "make room there, or name a file on another disk",
	EISDIR: (path) => `name a file in it, such as ${join(path, "run.json")}`,
};

/**
 * What every file is told with that cannot be read or written.
 * @param cause Node's error
 * @param more.place where the path stands, such as `--istio-overlay`; the hint is the one that fits the cause unless given
 */
export function fileError(
	doing: "read" | "write",
	path: string,
	cause: unknown,
	{ place, hint }: { place?: string; hint?: string | undefined } = {},
): UsageError {
	const { code = "", message } = cause as NodeJS.ErrnoException;
	// The longest string that V8 has; Node gives this error no code.
	const isTooLong = cause instanceof RangeError && code === "";
	const reason = isTooLong ? "it is larger than 512 MiB" : (fileReasons[code] ?? message);
	const usual = doing === "read" ? readingHints[code] : writingHints[code]?.(path);
	const said = hint ?? usual;
	return new UsageError(`${place === undefined ? "" : `${place}: `}cannot ${doing} ${path}: ${reason}`, {
		cause,
		...(said === undefined ? {} : { hint: said }),
	});
}

/** The cluster cannot be reached, refuses, or is not as promised. */
export class ClusterError extends KnistioError {
	readonly exitCode = exitCodes.cluster;
}

/** There is not enough to judge by; never a pass. */
export class InconclusiveError extends KnistioError {
	readonly exitCode = exitCodes.inconclusive;
}

/** As a shell has it: 128 and the signal's number. */
export const exitCodeOf = {
	SIGHUP: exitCodes.hungUp,
	SIGINT: exitCodes.interrupted,
	SIGTERM: exitCodes.terminated,
} as const;

/** The signals that ask a program to end. */
export type EndingSignal = keyof typeof exitCodeOf;

/** The run was stopped from outside; what knistio made has been removed or listed by then. */
export class InterruptedError extends KnistioError {
	readonly exitCode: ExitCode;

	constructor(signal: EndingSignal) {
		super(`interrupted by ${signal}`);
		this.exitCode = exitCodeOf[signal];
	}
}

/** Several things that went wrong in one run, to be printed in this order; the last word is for what matters most. */
export class RunErrors extends Error {
	readonly errors: readonly unknown[];
	readonly exitCode: ExitCode;

	constructor(errors: readonly unknown[], exitCode: ExitCode) {
		super(errors.map((error) => (error instanceof Error ? error.message : String(error))).join("\n"));
		this.name = "RunErrors";
		this.errors = errors;
		this.exitCode = exitCode;
	}
}

/** The exit code that an error stands for. */
export function exitCodeFor(error: unknown): ExitCode {
	return error instanceof KnistioError || error instanceof RunErrors ? error.exitCode : exitCodes.defect;
}
