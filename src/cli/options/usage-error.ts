import type { Command, CommanderError, Option } from "commander";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../text/nearest.ts";

/** Parts what is wrong from what to do about it, in the one text that commander lets a value's parser say. */
const beforeHint = "\nhint: ";

/** What a value's parser says of a value that it refuses. */
export const refusal = (message: string, hint: string | undefined): string =>
	hint === undefined ? message : `${message}${beforeHint}${hint}`;

/** Has commander say nothing itself of a mistyped command line: {@link usageErrorOf} does. */
export const sayNothing = { outputError: () => {} };

/**
 * What commander refused, in the words of every other error: one line, and a hint. Undefined where it only printed help
 * or the version.
 * @param argv the words that were parsed, by `program`
 */
export function usageErrorOf(error: CommanderError, program: Command, argv: readonly string[]): UsageError | undefined {
	if (/^commander\.(help|version)/.test(error.code)) return undefined;
	const { command, unknown } = lookAgain(program, argv);
	// A mistyped option is one that is missing too; what was typed is what can be found in the line.
	if (unknown !== undefined && /^commander\.(unknownOption|missingMandatory)/.test(error.code)) {
		return unknownOption(unknown, command);
	}
	const { message, hint = helpOf(command) } = inWords(error.message.replace(/^error: /, ""));
	// Without its cause, which holds the value: that may be a password.
	return new UsageError(message, { hint });
}

/** The command of a line, and the first word of it that looks like an option and is none. */
function lookAgain(program: Command, argv: readonly string[]): { command: Command; unknown: string | undefined } {
	let command = program;
	try {
		let { operands, unknown } = program.parseOptions([...argv]);
		for (;;) {
			const [name = "", ...others] = operands;
			const below = command.commands.find((each) => each.name() === name || each.aliases().includes(name));
			if (below === undefined) return { command, unknown: unknown.find((word) => word.startsWith("-")) };
			command = below;
			const parsed = below.parseOptions(unknown);
			operands = [...others, ...parsed.operands];
			unknown = parsed.unknown;
		}
	} catch {
		// A value that is refused was refused before.
		return { command, unknown: undefined };
	}
}

function unknownOption(word: string, command: Command): UsageError {
	const flag = word.replace(/=.*$/s, "");
	const known = new Map(optionsOf(command).map((name) => [name.replace(/^--/, ""), name]));
	const meant = flag.startsWith("--") ? nearest(flag.slice(2), [...known.keys()]) : undefined;
	const hint = meant === undefined ? helpOf(command) : `did you mean ${known.get(meant)}?`;
	return new UsageError(`unknown option ${flag}`, { hint });
}

/** The long names that may stand behind a command. */
function optionsOf(command: Command): string[] {
	const shown = (options: readonly Option[]) => options.flatMap(({ hidden, long }) => (hidden || !long ? [] : [long]));
	const own = shown(command.options);
	return command.parent === null ? [...own, "--help"] : [...own, ...optionsOf(command.parent)];
}

/** Commander's text, with the hint that it or the parser of a value has added. */
function inWords(text: string): { message: string; hint?: string } {
	const [, unlike, meant] = /^(.*)\n\(Did you mean (.*)\?\)$/s.exec(text) ?? [];
	if (unlike !== undefined) return { message: unlike, hint: `did you mean ${meant}?` };
	const refused = refusedValue(text);
	if (refused === undefined) return { message: text };
	const { what, value, why } = refused;
	const [, choices] = /^Allowed choices are (.*)\.$/s.exec(why) ?? [];
	if (choices !== undefined) return { message: `${what}: "${value}" is not allowed`, hint: `allowed: ${choices}` };
	const at = why.lastIndexOf(beforeHint);
	if (at < 0) return { message: `${what}: ${why}` };
	return { message: `${what}: ${why.slice(0, at)}`, hint: why.slice(at + beforeHint.length) };
}

/** Of `option '-n, --iterations <n>' argument 'x' is invalid. …`, or the like of an argument. */
function refusedValue(text: string): { what: string; value: string; why: string } | undefined {
	const option = /^option '(?:-\w, )?(?<what>--[\w-]+)[^']*' argument '(?<value>.*)' is invalid\. (?<why>.*)$/s;
	const argument = /^command-argument value '(?<value>.*)' is invalid for argument '(?<what>[^']*)'\. (?<why>.*)$/s;
	const { what, value, why } = (option.exec(text) ?? argument.exec(text))?.groups ?? {};
	return what === undefined || value === undefined || why === undefined ? undefined : { what, value, why };
}

function helpOf(command: Command): string {
	if (command.parent === null) return "`knistio --help` lists the commands";
	return command.parent.parent === null
		? `\`knistio help ${command.name()}\` shows its arguments and options, with examples`
		: helpOf(command.parent);
}
