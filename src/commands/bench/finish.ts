import { figuresOf } from "../../analysis/figures.ts";
import type { Context } from "../../context/context.ts";
import { type ClusterError, type ExitCode, UsageError } from "../../errors.ts";
import type { ProgressDisplay } from "../../output/progress.ts";
import { renderWholeTable } from "../../output/whole-report.ts";
import type { Profile } from "../../profile/profile.ts";
import { recordingBeside } from "../../recording/recording-path.ts";
import { requireCollector, sendTraces } from "../gate/collector.ts";
import { endRun } from "../gate/ending.ts";
import { type Gate, judging, parseGate } from "../gate/gate.ts";
import { readsOfBench, requireWritable } from "../gate/outputs.ts";
import { printed, type ReportFile, writeReport } from "../gate/report-files.ts";
import { whatFails } from "../gate/sink.ts";
import type { BenchOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import { unprovenIn } from "./variants.ts";

/** Where a run's results go, and by what it is judged. */
export interface Results {
	options: BenchOptions;
	context: Context;
	gate: Gate;
	display: ProgressDisplay;
}

/**
 * Finds out before the cluster is touched whether all that is to be written can be, and reads what judges the run.
 * @throws UsageError for what cannot be written, read or judged
 */
export async function prepareOutputs(
	profiles: readonly Profile[],
	options: BenchOptions,
	context: Context,
): Promise<Gate> {
	const recording = recordingPath(options);
	const { profiles: named, variants, service } = options;
	const reads = readsOfBench({ profiles: named, variants, service });
	const written = [...options.out, ...(recording === undefined ? [] : [recording])];
	await requireWritable(written, { ...options, reads }, context);
	const gate = await parseGate(profiles, options, context);
	if (!options.dryRun) await requireCollector(options.otlp, context);
	if (options.untilVerdict) requireVerdicts(gate);
	return gate;
}

function requireVerdicts({ budgets, baseline }: Gate): void {
	if (budgets.length > 0 || baseline !== undefined) return;
	throw new UsageError("--until verdict: there is nothing to judge", {
		hint: "add a --budget or a --baseline, or give --until a precision such as 50ms",
	});
}

/** The path of the recording; undefined for none. */
export function recordingPath({ record, out }: BenchOptions): string | undefined {
	if (record === false) return undefined;
	return record ?? (out[0] === undefined ? undefined : recordingBeside(out[0]));
}

/** Writes what is measured so far; what cannot be written is tried again at the end. */
export async function saveSoFar(
	{ options, context, display }: Results,
	recorder: Pick<Recorder, "report">,
	outputs: ReportFile[],
): Promise<void> {
	const [unwritten] = await writeReport(figuresOf(recorder.report()), outputs, {
		options: options.render,
		writing: { writeFile: context.writeFile },
	});
	if (unwritten === undefined) return;
	display.progress({ kind: "note", text: `${unwritten.message}; it is tried again at the end` });
}

/** A run that is over. */
export interface Finished extends Results {
	recorder: Recorder;
	outputs: ReportFile[];
	/** What ended it early. */
	failure: unknown;
}

/**
 * Ends a run: the report is written and judged, the cluster is cleaned up, the table is printed.
 * @param cleanUp says why the cluster is still changed; undefined where it is not
 * @throws RunErrors in the order to print them
 */
export async function finishRun(
	{ options, context, gate, display, recorder, outputs, failure }: Finished,
	cleanUp: () => Promise<ClusterError | undefined>,
): Promise<ExitCode> {
	recorder.record({ kind: "end", ...(failure === undefined ? {} : { endedBy: (failure as Error).message }) });
	const report = recorder.report();
	const figures = figuresOf(report);
	// A simulated cluster is only ever measured where it was asked for by name.
	const judged = judging(figures, gate, report.simulated !== undefined);
	const judgement = failure === undefined ? judged.judgementIfAny() : undefined;
	const unwritten = await whatFails([recorder.close]);
	const recording = unwritten.length === 0 ? recordingPath(options) : undefined;
	const writing = {
		writeFile: context.writeFile,
		tell: (text: string) => display.progress({ kind: "note", text }),
		before: recording === undefined ? [] : [recording],
	};
	unwritten.push(...(await writeReport(figures, outputs, { options: { ...options.render, judgement }, writing })));
	const unproven = unprovenIn(report);
	const uncleaned = await cleanUp();
	if (options.otlp !== undefined) display.progress({ kind: "step", text: "sending the traces" });
	unwritten.push(...(await sendTraces(figures, options.otlp, context)));
	display.clear();
	if (report.profiles.length > 0) context.stdout(renderWholeTable(figures, printed(options.render, context)));
	return endRun({ failure, judge: () => judged.say(context), unwritten, unproven, uncleaned });
}
