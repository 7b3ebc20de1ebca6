import { Command, CommanderError } from "commander";
import { addBench } from "./cli/bench.ts";
import type { Finish } from "./cli/finish.ts";
import { addHistory } from "./cli/history.ts";
import { addInstall } from "./cli/install.ts";
import { addJudging } from "./cli/judging.ts";
import { addProfiles } from "./cli/profiles.ts";
import { addReports } from "./cli/reports.ts";
import { addSelftest } from "./cli/selftest.ts";
import type { Context } from "./context/context.ts";
import { type ExitCode, exitCodes, KnistioError, RunErrors } from "./errors.ts";
import { printable } from "./text/printable.ts";

const exitCodeHelp = `
Exit codes:
  0 measured, and every verdict passed     2 usage, profile or file error
  99 a budget or baseline is breached      4 the cluster is unreachable, or not as promised
  3 inconclusive: no data, too little      1 a defect of knistio
  129/130/143 interrupted, cleaned up

\`knistio help COMMAND\` shows examples; \`knistio phases\` lists what is measured.`;

/** Runs a command line (without node and the script) and gives its exit code; never exits, never throws. */
export async function main(argv: readonly string[], world: Context): Promise<ExitCode> {
	const context = withPrintableOutput(world);
	const code = await run(argv, context);
	try {
		await context.flush?.();
		return code;
	} catch (error) {
		const unwritten = explain(error, context, argv);
		return code === exitCodes.ok ? unwritten : code;
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
		writeFile: (path, text) => world.writeFile(path, isStream(path) ? printable(text) : text),
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
		.description("Measures what each way of running Istio costs a Knative service at cold start.")
		.version(context.version, "-V, --version")
		.option("--debug", "show the causes of an error")
		.configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
		.configureHelp({ helpWidth: Math.min(context.columns, 110) })
		.showSuggestionAfterError()
		.exitOverride()
		.addHelpText("after", exitCodeHelp);
	addBench(program, context, finish);
	addJudging(program, context, finish);
	addReports(program, context, finish);
	addHistory(program, context, finish);
	addProfiles(program, context, finish);
	addInstall(program, context, finish);
	addSelftest(program, context, finish);
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
