import { type Command, Help, type Option } from "commander";
import { reportFormats } from "../output/formats.ts";
import { builtInProfiles, builtInVariants } from "../profile/built-in.ts";
import { usualPhases } from "../report/phases.ts";
import { scenarioNames } from "../selftest/scenarios.ts";
import type { CompletedCommand, CompletedOption, Values } from "./tree.ts";

const files = { words: [], files: true };
const anything = { words: [], files: false };
const builtInOrFile = { words: builtInProfiles, files: true };

/** What is proposed for a value that has no choices of its own, by what the help calls it: `--out <file>` is `file`. */
export const byPlaceholder: Readonly<Record<string, Omit<Values, "name">>> = {
	file: files,
	path: files,
	report: files,
	recording: files,
	history: files,
	where: files,
	profile: builtInOrFile,
	"name|file": builtInOrFile,
	phase: { words: usualPhases, files: false },
	format: { words: reportFormats.map(({ name }) => name), files: false },
	scenario: { words: scenarioNames, files: false },
	"precision|verdict": { words: ["verdict"], files: false },
	"all|names": { words: ["all", ...builtInVariants], files: true },
	"text|@file": files,
	"file|ksvc/name": files,
	"url|file": files,
	line: anything,
	code: anything,
	character: anything,
	n: anything,
	sizes: anything,
	names: anything,
	bench: anything,
	duration: anything,
	image: anything,
	text: anything,
	name: anything,
	url: anything,
	"key=value": anything,
	version: anything,
	limit: anything,
	share: anything,
	key: anything,
	id: anything,
};

const help = new Help();

/** The program as a shell can complete it: what its help shows and nothing else. */
export function completedTree(command: Command): CompletedCommand {
	const below = help.visibleCommands(command);
	const names = below.map((each) => each.name());
	return {
		names: [command.name(), ...command.aliases()],
		description: command.description(),
		options: help.visibleOptions(command).map(completedOption),
		values: command.registeredArguments.map((argument) => valuesOf(argument.name(), argument.argChoices)),
		commands: below.map((each) =>
			each.name() === "help"
				? { ...completedHelp(each), values: [{ name: "command", words: names, files: false }] }
				: completedTree(each),
		),
	};
}

/** Commander's own, whose argument is a command. */
function completedHelp(command: Command): CompletedCommand {
	return { names: [command.name()], description: command.description(), options: [], values: [], commands: [] };
}

function completedOption(option: Option): CompletedOption {
	const placeholder = /[<[](.+)[\]>]$/.exec(option.flags)?.[1];
	const value = placeholder === undefined ? undefined : valuesOf(placeholder, option.argChoices);
	return {
		names: [option.short, option.long].filter((name) => name !== undefined),
		description: option.description,
		isRepeatable: option.description.includes("(repeatable)"),
		...(value === undefined ? {} : { value }),
	};
}

/** Others, such as a semicolon, mean something to a shell and would have to be quoted. */
const isPlainWord = (word: string) => /^[\w.-]+$/.test(word);

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
	if (choices !== undefined) return { name, words: choices.filter(isPlainWord), files: false };
	return { name, ...(byPlaceholder[name] ?? anything) };
}
