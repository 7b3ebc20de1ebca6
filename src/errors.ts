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
