import { Command, CommanderError } from "commander";
import { commands } from "./cli/commands.ts";
import type { Finish } from "./cli/declaration.ts";
import { sayNothing, usageErrorOf } from "./cli/options/usage-error.ts";
import type { Context } from "./context/context.ts";
import { explain } from "./context/explain.ts";
import { type ExitCode, exitCodes } from "./errors.ts";
import { printable } from "./text/printable.ts";

const exitCodeHelp = `
Exit codes:
  0   measured, and every verdict passed
  99  a budget or a baseline is breached, or no profile fits (advise)
  3   inconclusive: no data, or too little to decide
  2   an error in the command line, a profile or a file
  4   the cluster is unreachable, or not as promised
  1   a defect of knistio
  129, 130, 143  stopped by SIGHUP, SIGINT or SIGTERM, and cleaned up

Run \`knistio help COMMAND\` for examples, and \`knistio phases\` for what is measured.`;

/**
 * Runs a command line (without node and the script), and gives its exit code when all output is written. Never exits,
 * never throws.
 * @param name what the user calls the program
 */
export async function main(argv: readonly string[], world: Context, name = "knistio"): Promise<ExitCode> {
	const context = withPrintableOutput(world, name);
	const code = await run(argv, context, name);
	try {
		await context.flush?.("stdout");
		return code;
	} catch (error) {
		const unwritten = codeOf(error, context, argv);
		return code === exitCodes.ok ? unwritten : code;
	} finally {
		// There is nowhere left to report that stderr could not be written.
		await context.flush?.("stderr").catch(() => {});
	}
}

/** What the user calls the program, by the file that runs: kubectl's plugins have a name that says so. */
export const programName = (file = ""): string =>
	/(^|[\\/])kubectl-knistio(\.js)?$/.test(file) ? "kubectl knistio" : "knistio";

/** A text of ours whose command lines begin as the user begins them. */
const asCalled = (text: string, name: string): string =>
	name === "knistio" ? text : text.replace(/(?<=`|^ *)knistio (?=[a-z-])/gm, `${name} `);

/** The edge at which every text to a terminal or a log goes out. */
function withPrintableOutput(world: Context, name: string): Context {
	const { color } = world;
	// A terminal's or a pipe's other names.
	const isStream = (path: string) => /^\/(dev|proc)\//.test(path);
	return {
		...world,
		stdout: (text) => world.stdout(printable(text, { color })),
		stderr: (text, options) => world.stderr(options?.isCommand ? text : printable(asCalled(text, name)), options),
		writeFile: (path, content) =>
			world.writeFile(path, isStream(path) && typeof content === "string" ? printable(content) : content),
	};
}

async function run(argv: readonly string[], context: Context, name: string): Promise<ExitCode> {
	let code: ExitCode = exitCodes.ok;
	const finish: Finish = (result) => {
		code = result;
	};
	const program = declare(context, finish, name);
	try {
		await program.parseAsync([...argv], { from: "user" });
		return code;
	} catch (error) {
		if (!(error instanceof CommanderError)) return codeOf(error, context, argv);
		if (error.exitCode === 0) return exitCodes.ok;
		const usage = usageErrorOf(error, program, argv);
		// Commander ends with 1 where it prints help instead of an error; that code is kept for defects of knistio.
		return usage === undefined ? exitCodes.usage : codeOf(usage, context, argv);
	}
}

/** The whole command line, also for what checks the documentation against it. */
export function declare(context: Context, finish: Finish, name = "knistio"): Command {
	const program = new Command(name)
		.description("Measure how much each Istio setup adds to the cold start of a Knative service.")
		.version(context.version, "-V, --version")
		.option("--debug", "print the causes of an error too")
		.configureOutput({
			writeOut: (text) => context.stdout(asCalled(text, name)),
			writeErr: context.stderr,
			...sayNothing,
		})
		.configureHelp({ helpWidth: Math.min(context.columns, 110) })
		.showSuggestionAfterError()
		.exitOverride()
		.addHelpText("after", exitCodeHelp);
	for (const declareCommand of commands) declareCommand(program, context, finish);
	return program;
}

const codeOf = (error: unknown, context: Context, argv: readonly string[]): ExitCode =>
	explain(error, context, argv.includes("--debug"));
