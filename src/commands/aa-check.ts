import { aaCheck } from "../analysis/aa-check.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { renderAaCheck } from "../output/verdict/aa-text.ts";
import { parseReport } from "../report/read-report.ts";
import type { Sink } from "./gate/sink.ts";

export interface AaCheckOptions {
	/** Paths of two or more runs of the same thing. */
	reports: readonly string[];
	format: "text" | "json";
}

/**
 * `knistio compare --aa`: whether runs of the same thing differ by more than chance allows, before a gate is switched on.
 *
 * Ends with 3 where they differ, and where there is too little to say how wide a limit has to be.
 */
export async function runAaCheck({ reports, format }: AaCheckOptions, sink: Sink): Promise<ExitCode> {
	const labelled = await Promise.all(
		reports.map(async (path) => ({
			label: path,
			report: parseReport(await sink.readFile(path), path),
		})),
	);
	const check = aaCheck(labelled);
	sink.stdout(format === "json" ? `${JSON.stringify(check, undefined, "\t")}\n` : renderAaCheck(check));
	return check.isDifferent || check.limitMs === undefined ? exitCodes.inconclusive : exitCodes.ok;
}
