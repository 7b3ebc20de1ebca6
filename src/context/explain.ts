import { type ExitCode, exitCodes, KnistioError, RunErrors } from "../errors.ts";

/** Where errors are told. */
interface ErrorSink {
	stderr(text: string): void;
}

/** Tells the user what an error means and what to do about it. @returns the exit code that it stands for */
export function explain(error: unknown, sink: ErrorSink, isDebug: boolean): ExitCode {
	if (error instanceof RunErrors) {
		for (const each of error.errors) explain(each, sink, isDebug);
		return error.exitCode;
	}
	if (error instanceof KnistioError) {
		sink.stderr(`error: ${error.message}\n`);
		if (error.hint !== undefined) sink.stderr(`hint: ${error.hint}\n`);
		if (isDebug) sink.stderr(`${causesOf(error)}\n`);
		return error.exitCode;
	}
	sink.stderr(
		`error: this is a defect of knistio: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
	);
	sink.stderr("hint: please report it with the command line and, if there is one, the recording\n");
	return exitCodes.defect;
}

function causesOf(error: Error): string {
	const lines = [error.stack ?? error.message];
	for (let cause = error.cause; cause instanceof Error; cause = cause.cause) lines.push(`caused by ${cause.stack}`);
	return lines.join("\n");
}
