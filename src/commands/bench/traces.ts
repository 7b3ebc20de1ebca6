import { pause } from "../../clock/pause.ts";
import type { Context } from "../../context/context.ts";
import { openTraceAsking, type TraceAsking } from "../../traces/asking.ts";
import { openTraceSource } from "../../traces/open.ts";
import type { TraceSource } from "../../traces/source.ts";
import type { BenchOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import type { Run } from "./run.ts";
import type { Target } from "./target.ts";

/**
 * Where the cluster's own traces are; undefined where they are not asked for. A simulated cluster that sends some knows
 * where.
 * @throws UsageError for a backend that cannot be asked, before anything is measured
 */
export async function openTraces(
	{ traces, dryRun }: Pick<BenchOptions, "traces" | "dryRun">,
	{ tracesUrl }: Pick<Target, "tracesUrl">,
	context: Context,
): Promise<TraceSource | undefined> {
	if (traces === undefined || dryRun) return undefined;
	return openTraceSource(tracesUrl ?? traces, context, context.signal);
}

/** Has each cold start's traces asked for in the background; what comes is recorded. Undefined where none are asked for. */
export function askTraces({ traces, session }: Run, recorder: Recorder): TraceAsking | undefined {
	if (traces === undefined) return undefined;
	const { signal } = session;
	const asking = openTraceAsking({
		source: traces,
		record: recorder.record,
		sleep: pause,
		now: () => performance.now(),
		signal,
	});
	recorder.onEntry(asking.add);
	return asking;
}
