import { type Command, Option } from "commander";
import type { GateOptions } from "../../commands/gate/gate.ts";
import type { JudgementFiles } from "../../commands/gate/judgement-files.ts";
import { type VerdictFormat, verdictFormats } from "../../output/verdict-formats.ts";
import { simulatedKind } from "./simulation.ts";
import { collect, durationMs, share, text } from "./values.ts";

/** What a run is judged by. The files of the verdicts stand beside these, by the names of their formats. */
export interface GateFlags {
	budget?: string[];
	budgets?: string[];
	baseline?: string[];
	minEffect: number;
	minEffectShare: number;
	gate?: string[];
	require?: string[];
	allowDifferent?: string[];
}

/**
 * Slow-downs below either of these are ignored, unless the user says otherwise. With 25 cold starts whose times spread
 * by 10 %, unchanged code passes and 20 % more is a breach in more than 9 of 10 runs each; at 5 % it took 100.
 */
export const defaultMinimumEffect = { ms: 100, share: 0.1 };

/** Adds the options that every command with a verdict has. */
export function addGateOptions(command: Command): Command {
	command
		.option(
			"--budget <limit>",
			'fail if this limit is not kept, such as "minimal.total: p(50) < 3s" (repeatable)',
			collect,
		)
		.option("--budgets <file>", "read budgets from a YAML file (repeatable)", collect)
		.option(
			"--baseline <report>",
			"fail if the run is slower than this earlier report; several reports are pooled (repeatable)",
			collect,
		)
		.addOption(
			new Option("--min-effect <duration>", "ignore slow-downs smaller than this")
				.argParser(durationMs)
				.default(defaultMinimumEffect.ms, `${defaultMinimumEffect.ms}ms`),
		)
		.addOption(
			new Option("--min-effect-share <share>", "ignore slow-downs smaller than this share of the baseline's median")
				.argParser(share)
				.default(defaultMinimumEffect.share, `${defaultMinimumEffect.share * 100}%`),
		)
		.option(
			"--gate <phase>",
			"phase to judge against the baseline; other phases only explain the result (default: total) (repeatable)",
			collect,
		)
		.addOption(new Option("--require <phase>", "the same as --gate").argParser(collect).hideHelp())
		.option(
			"--allow-different <key>",
			"allow this part of the fingerprint, such as istio, to differ from the baseline's (repeatable)",
			collect,
		);
	for (const format of verdictFormats) command.addOption(fileOption(format));
	return command;
}

const fileOption = ({ name, description }: VerdictFormat) =>
	new Option(`--${name} <file>`, description).argParser(text);

/** The files that verdicts are written to, by the name of the format. */
function filesOf(flags: object): JudgementFiles {
	const given = new Map(Object.entries(flags));
	const files = verdictFormats.map((format) => [format.name, given.get(fileOption(format).attributeName())]);
	return Object.fromEntries(files.filter(([, file]) => file !== undefined));
}

/** The gate that the flags ask for. */
export function gateOptionsOf(flags: GateFlags): GateOptions {
	return {
		budgets: flags.budget ?? [],
		budgetsFiles: flags.budgets ?? [],
		baseline: flags.baseline ?? [],
		minimumEffectMs: flags.minEffect,
		minimumEffectShare: flags.minEffectShare,
		required: [...(flags.gate ?? []), ...(flags.require ?? [])],
		allowDifferent: flags.allowDifferent ?? [],
		files: filesOf(flags),
	};
}

/** `--cluster simulated` of the commands that judge what is saved. */
export const simulatedOption = () =>
	simulatedKind("also judge a report of a simulated cluster", "leave it out for a report of a real one");
