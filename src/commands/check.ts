import { figuresOf } from "../analysis/figures.ts";
import { measuresOf } from "../analysis/samples.ts";
import { type ExitCode, UsageError } from "../errors.ts";
import { exitCodeOf, judge } from "../gate/judge.ts";
import { isLikelyPhase, type KnownNames } from "../gate/resolve-budgets.ts";
import { renderJudgementJson } from "../output/verdict/judged-json.ts";
import { renderJudgement } from "../output/verdict/judgement-text.ts";
import { builtInProfiles } from "../profile/built-in.ts";
import { usualPhases } from "../report/phases.ts";
import { parseReport } from "../report/read-report.ts";
import type { Report } from "../report/report.ts";
import { type GateOptions, parseGate } from "./gate/gate.ts";
import { writeJudgement } from "./gate/judgement-files.ts";
import { requireWritable } from "./gate/outputs.ts";
import { type Sink, withoutUnwritten } from "./gate/sink.ts";

export interface CheckOptions extends GateOptions {
	/** Path of the report. */
	report: string;
	/** Whether `--cluster simulated` was given. */
	acceptSimulated: boolean;
	format: "text" | "json";
}

/**
 * `knistio check`: judges a saved report against budgets, its profiles' own, and a baseline.
 *
 * Throws a `UsageError` for files and budgets that cannot be read, and where there is nothing to judge by.
 */
export async function check(options: CheckOptions, sink: Sink): Promise<ExitCode> {
	const reads = [{ path: options.report, what: "the report that is judged" }];
	await requireWritable([], { ...options, reads }, sink);
	const report = parseReport(await sink.readFile(options.report), options.report);
	const profiles = report.profiles.map(({ profile }) => profile);
	const { files, ...criteria } = await parseGate(
		profiles,
		{ ...options, judged: report, known: knownNames(report) },
		sink,
	);
	// A report without a profile has no budgets, whatever was given; that is the verdict then.
	if (profiles.length > 0 && criteria.budgets.length === 0 && criteria.baseline === undefined) {
		throw new UsageError(`${options.report}: there is nothing to judge it by`, {
			hint: "give --budget, --budgets or --baseline, or write budgets into the profile",
		});
	}
	const judgement = judge(report, { ...criteria, acceptSimulated: options.acceptSimulated });
	sink.stdout(options.format === "json" ? renderJudgementJson(judgement) : renderJudgement(judgement));
	return withoutUnwritten(exitCodeOf(judgement), await writeJudgement(figuresOf(report), judgement, { files, sink }));
}

/** What may be named: all that knistio knows, and all that the report has. */
function knownNames(report: Report): KnownNames {
	const measured = new Set(["total", ...report.profiles.flatMap((run) => measuresOf(run))]);
	return {
		profiles: [...new Set([...report.profiles.map((run) => run.profile.name), ...builtInProfiles])],
		phases: [...new Set([...measured, ...usualPhases])],
		isPhase: (name) => measured.has(name) || isLikelyPhase(name),
	};
}
