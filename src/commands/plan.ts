import { type PlanQuestion, planRun } from "../analysis/power.ts";
import { refuseUnsound } from "../analysis/soundness.ts";
import { type ExitCode, exitCodes, InconclusiveError } from "../errors.ts";
import { renderPlan } from "../output/verdict/plan-text.ts";
import { parseReport } from "../report/read-report.ts";
import type { Sink } from "./gate/sink.ts";

export interface PlanOptions extends PlanQuestion {
	/** Path of the pilot's report. */
	pilot: string;
	format: "text" | "json";
}

/**
 * `knistio plan`: how many iterations and minutes a run needs, from a pilot report.
 *
 * Ends with 3 where not even 1,000 iterations are enough.
 */
export async function plan({ pilot, format, ...question }: PlanOptions, sink: Sink): Promise<ExitCode> {
	const report = parseReport(await sink.readFile(pilot), pilot);
	refuseUnsound(report, pilot);
	if (report.profiles.length === 0) {
		throw new InconclusiveError(`${pilot}: the report has no profile`, { hint: "give the report of a run to its end" });
	}
	const planned = planRun(report, question);
	sink.stdout(format === "json" ? `${JSON.stringify(planned, undefined, "\t")}\n` : renderPlan(planned));
	return planned.iterations === undefined ? exitCodes.inconclusive : exitCodes.ok;
}
