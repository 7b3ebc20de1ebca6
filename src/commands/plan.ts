import { type ExitCode, exitCodes } from "../errors.ts";
import { type PlanQuestion, planRun } from "../judge/plan.ts";
import { parseReport } from "../model/read-report.ts";
import { renderPlan } from "../output/plan-text.ts";
import type { Sink } from "./sink.ts";

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
	const planned = planRun(parseReport(await sink.readFile(pilot), pilot), question);
	sink.stdout(format === "json" ? `${JSON.stringify(planned, undefined, "\t")}\n` : renderPlan(planned));
	return planned.iterations === undefined ? exitCodes.inconclusive : exitCodes.ok;
}
