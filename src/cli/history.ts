import { Option } from "commander";
import type { Declaration } from "./declaration.ts";
import { given, text } from "./options/values.ts";

const addExamples = `
Examples:
  # Append a run; in CI the commit comes from the environment
  knistio history add history.ndjson run.json

  # Append it with its commit and the verdict of the gate
  knistio history add history.ndjson run.json --commit 3f2a91c --verdict pass`;

const showExamples = `
Examples:
  # Show the trend of each phase
  knistio history show history.ndjson

  # Write a badge of the last run too
  knistio history show history.ndjson --badge badge.json`;

const examples = `
Examples:
  # After each run on main: append it, then look for the commit that changed the level
  knistio history add history.ndjson run.json
  knistio history show history.ndjson`;

interface AddFlags {
	commit?: string;
	verdict?: "pass" | "inconclusive" | "breach";
}

/** Declares `knistio history` and its two verbs. */
export const declareHistory: Declaration = (program, context, finish) => {
	const history = program
		.command("history")
		.description("keep the medians of many runs in a file, and show their trend and the commits that changed them")
		.addHelpText("after", examples);
	history
		.command("add <history> <report>")
		.description("append a run as one line of JSON; refuses a run that is already there")
		.option("--commit <id>", "commit that was measured (default: $GITHUB_SHA or $CI_COMMIT_SHA)", text)
		.addOption(new Option("--verdict <verdict>", "verdict of the gate").choices(["pass", "inconclusive", "breach"]))
		.addHelpText("after", addExamples)
		.action(async (path: string, report: string, { commit, verdict }: AddFlags) => {
			const { addToHistory } = await import("../commands/history.ts");
			finish(await addToHistory({ history: path, report, ...given({ commit, verdict }) }, context));
		});
	history
		.command("show <history>")
		.description("show the trend of each phase, and the run and commit at which it changed")
		.addOption(new Option("--format <format>", "format on stdout").choices(["text", "json"]).default("text"))
		.option("--badge <file>", "write the last run's totals as JSON for a shields.io endpoint badge", text)
		.addHelpText("after", showExamples)
		.action(async (path: string, { format, badge }: { format: "text" | "json"; badge?: string }) => {
			const { showHistory } = await import("../commands/history.ts");
			finish(await showHistory({ history: path, format, ...given({ badge }) }, context));
		});
};
