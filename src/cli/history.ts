import { type Command, Option } from "commander";
import type { Context } from "../context/context.ts";
import type { Finish } from "./finish.ts";
import { given, text } from "./options.ts";

const addExamples = `
Examples:
  knistio history add history.ndjson run.json
  knistio history add history.ndjson run.json --commit 3f2a91c --verdict pass`;

const showExamples = `
Examples:
  knistio history show history.ndjson
  knistio history show history.ndjson --badge badge.json`;

interface AddFlags {
	commit?: string;
	verdict?: "pass" | "inconclusive" | "breach";
}

/** Declares `knistio history` and its two verbs. */
export function addHistory(program: Command, context: Context, finish: Finish): void {
	const history = program
		.command("history")
		.description("medians of many runs in one file: their trend, and the commits at which they changed");
	history
		.command("add <history> <report>")
		.description("append the run as one line of JSON; a run that is there already is refused")
		.option("--commit <id>", "what was measured; default: $GITHUB_SHA or $CI_COMMIT_SHA", text)
		.addOption(new Option("--verdict <verdict>", "what the gate said").choices(["pass", "inconclusive", "breach"]))
		.addHelpText("after", addExamples)
		.action(async (path: string, report: string, { commit, verdict }: AddFlags) => {
			const { addToHistory } = await import("../commands/history.ts");
			finish(await addToHistory({ history: path, report, ...given({ commit, verdict }) }, context));
		});
	history
		.command("show <history>")
		.description("each phase's trend, and the run and commit at which its level changed")
		.addOption(new Option("--format <format>", "on stdout").choices(["text", "json"]).default("text"))
		.option("--badge <file>", "write the last run's totals as JSON for a shields.io endpoint badge", text)
		.addHelpText("after", showExamples)
		.action(async (path: string, { format, badge }: { format: "text" | "json"; badge?: string }) => {
			const { showHistory } = await import("../commands/history.ts");
			finish(await showHistory({ history: path, format, ...given({ badge }) }, context));
		});
}
