import { Option } from "commander";
import type { Declaration } from "./declaration.ts";
import { reportDescription } from "./options/input.ts";
import { comparisonFileOption, type TextFormat, textFormatOption } from "./options/output.ts";
import { given } from "./options/values.ts";

const notes = `
Examples:
  # One table per profile, one column per report
  knistio compare main.json branch.json

  # The profiles of one report side by side
  knistio compare run.json

  # One table per report, one column per profile
  knistio compare a.json b.json --by profile

  # A page with the changes, for a browser
  knistio compare main.json branch.json --out diff.html

  # Before you switch on a gate: do three runs of the same code differ, and which limit fits them?
  knistio compare --aa a.json b.json c.json

How to read it:
  Did it get slower? The change of total answers this. Its p-value is by Mann-Whitney, corrected by
  Holm over all totals: at most 5 % of tables without any real difference show one.

  Where did it get slower? If total differs, the changes of the phases answer this. Their q-value is
  a false discovery rate: about one in ten of the phases marked as different may be so by chance.

  ~ marks a change that may be chance. \`check --baseline\` uses the same rules.

  A change is the median of all differences between a cold start of each side (Hodges-Lehmann).
  It can differ from the difference of the two medians.

  --aa ends with exit code 3 if runs of the same code differ by more than chance allows
  (Mann-Whitney, Holm over all pairs and profiles), or if there are too few cold starts to tell.
  It prints the smallest --min-effect with which each of the runs passes against each other.`;

interface CompareFlags {
	by?: "report" | "profile";
	aa?: true;
	format: TextFormat;
	out?: string[];
}

/** Declares `knistio compare`. */
export const declareCompare: Declaration = (program, context, finish) => {
	program
		.command("compare")
		.description("show several reports or profiles side by side, and mark significant differences")
		.argument("<report...>", reportDescription)
		.addOption(
			new Option("--by <what>", "what the columns are (default: report if there are several, else profile)").choices([
				"report",
				"profile",
			]),
		)
		.addOption(
			new Option(
				"--aa",
				"check that runs of the same code do not differ, and print the limit that a gate needs",
			).conflicts(["by", "out"]),
		)
		.addOption(textFormatOption())
		.addOption(comparisonFileOption())
		.addHelpText("after", notes)
		.action(async (reports: string[], flags: CompareFlags) => {
			if (flags.aa) {
				const { runAaCheck } = await import("../commands/aa-check.ts");
				return finish(await runAaCheck({ reports, format: flags.format }, context));
			}
			const { compare } = await import("../commands/compare.ts");
			const { by, format, out = [] } = flags;
			finish(await compare({ reports, ...given({ by }), format, out }, context));
		});
};
