import { type Command, Option } from "commander";
import { comparisonFormats, fileExtensions, reportFormats } from "../../output/formats.ts";
import { tradeoffFormats } from "../../output/tradeoff-formats.ts";
import { collect, collectorUrl } from "./values.ts";

/** Where a report goes, and what is added to it. */
export interface OutputFlags {
	out?: string[];
	otlp?: string;
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
		.option(
			"--otlp <url>",
			"send a trace of each cold start to this OpenTelemetry collector or Jaeger by OTLP/HTTP, such as " +
				"http://localhost:4318; $OTEL_EXPORTER_OTLP_HEADERS is sent too",
			collectorUrl,
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

/** Adds `--format` and `--out` of the table of costs and benefits. */
export function addTradeoffOutputOptions(command: Command): Command {
	const extensions = tradeoffFormats.flatMap(({ extension }) => extension ?? []).join(", ");
	const names = tradeoffFormats.map(({ name, description }) => `${name} (${description})`).join(", ");
	return command
		.option("--format <format>", `print the result in this format: ${names}`, "table")
		.option(
			"-o, --out <file>",
			`write the result to a file; the extension chooses the format: ${extensions} (repeatable)`,
			collect,
		);
}
