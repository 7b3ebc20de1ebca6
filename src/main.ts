import { Command, CommanderError } from "commander";
import { commands } from "./cli/commands.ts";
import type { Finish } from "./cli/declaration.ts";
import type { Context } from "./context/context.ts";
import { type ExitCode, exitCodes, KnistioError, RunErrors } from "./errors.ts";
import { printable } from "./text/printable.ts";

const exitCodeHelp = `
Exit codes:
  0   measured, and every verdict passed
  99  a budget or a baseline is breached
  3   inconclusive: no data, or too little to decide
  2   an error in the command line, a profile or a file
  4   the cluster is unreachable, or not as promised
  1   a defect of knistio
  129, 130, 143  stopped by SIGHUP, SIGINT or SIGTERM, and cleaned up

Run \`knistio help COMMAND\` for examples, and \`knistio phases\` for what is measured.`;

/**
 * Runs a command line (without node and the script), and gives its exit code when all output is written. Never exits,
 * never throws.
 */
export async function main(argv: readonly string[], world: Context): Promise<ExitCode> {
	const context = withPrintableOutput(world);
	const code = await run(argv, context);
	try {
		await context.flush?.("stdout");
		return code;
	} catch (error) {
		const unwritten = explain(error, context, argv);
		return code === exitCodes.ok ? unwritten : code;
	} finally {
		// There is nowhere left to report that stderr could not be written.
		await context.flush?.("stderr").catch(() => {});
	}
}

/** The edge at which every text to a terminal or a log goes out. */
function withPrintableOutput(world: Context): Context {
	const { color } = world;
	// A terminal's or a pipe's other names.
	const isStream = (path: string) => /^\/(dev|proc)\//.test(path);
	return {
		...world,
		stdout: (text) => world.stdout(printable(text, { color })),
		stderr: (text, options) => world.stderr(options?.isCommand ? text : printable(text), options),
		writeFile: (path, content) =>
			world.writeFile(path, isStream(path) && typeof content === "string" ? printable(content) : content),
	};
}

async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
	let code: ExitCode = exitCodes.ok;
	const program = declare(context, (result) => {
		code = result;
	});
	try {
		await program.parseAsync([...argv], { from: "user" });
		return code;
	} catch (error) {
		return explain(error, context, argv);
	}
}

/** The whole command line, also for what checks the documentation against it. */
export function declare(context: Context, finish: Finish): Command {
	const program = new Command("knistio")
		.description("Measure how much each Istio setup adds to the cold start of a Knative service.")
		.version(context.version, "-V, --version")
		.option("--debug", "print the causes of an error too")
		.configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
		.configureHelp({ helpWidth: Math.min(context.columns, 110) })
		.showSuggestionAfterError()
		.exitOverride()
		.addHelpText("after", exitCodeHelp);
	for (const declareCommand of commands) declareCommand(program, context, finish);
	return program;
}

function explain(error: unknown, context: Context, argv: readonly string[]): ExitCode {
	if (error instanceof CommanderError) {
		// Commander ends with 1 for a mistyped option; that code is kept for defects of knistio.
		return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
	}
	if (error instanceof RunErrors) {
		for (const each of error.errors) explain(each, context, argv);
		return error.exitCode;
	}
	const isDebug = argv.includes("--debug");
	if (error instanceof KnistioError) {
		context.stderr(`error: ${error.message}\n`);
		if (error.hint !== undefined) context.stderr(`hint: ${error.hint}\n`);
		if (isDebug) context.stderr(`${causesOf(error)}\n`);
		return error.exitCode;
	}
	context.stderr(
		`error: this is a defect of knistio: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
	);
	context.stderr("hint: please report it with the command line and, if there is one, the recording\n");
	return exitCodes.defect;
}

function causesOf(error: Error): string {
	const lines = [error.stack ?? error.message];
	for (let cause = error.cause; cause instanceof Error; cause = cause.cause) lines.push(`caused by ${cause.stack}`);
	return lines.join("\n");
}
