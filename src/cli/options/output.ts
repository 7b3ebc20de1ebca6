import { type Command, Option } from "commander";
import { comparisonFormats, fileExtensions, reportFormats } from "../../output/formats.ts";
import { collect } from "./values.ts";

/** Where a report goes, and what is added to it. */
export interface OutputFlags {
	out?: string[];
	reference?: "talk";
}

/** Adds the options of every command that writes a report. */
export function addOutputOptions(command: Command): Command {
	return command
		.option(
			"-o, --out <file>",
			`write the report to a file; the extension chooses the format: ${fileExtensions().join(", ")} (repeatable)`,
			collect,
		)
		.addOption(new Option("--reference <what>", "also show the figures of the talk").choices(["talk"]));
}

/** `--out` of a comparison. */
export const comparisonFileOption = () =>
	new Option(
		"-o, --out <file>",
		`write the comparison to a file instead; the extension chooses the format: ${fileExtensions(comparisonFormats).join(", ")} (repeatable)`,
	).argParser(collect);

/** `--format` of a report on stdout. */
export const reportFormatOption = () =>
	new Option("--format <format>", `print the report in this format: ${listed()}`).default("table");

const listed = () => reportFormats.map(({ name, description }) => `${name} (${description})`).join(", ");

/** Text for people or JSON for programs. */
export type TextFormat = "text" | "json";

/** `--format` of results that are not a report. */
export const textFormatOption = () =>
	new Option("--format <format>", "print the result as text or as JSON").choices(["text", "json"]).default("text");
