import { pause } from "../../clock/pause.ts";
import type { Context } from "../../context/context.ts";
import { UsageError } from "../../errors.ts";
import { openTraceAsking, type TraceAsking } from "../../traces/asking.ts";
import { openTraceSource } from "../../traces/open.ts";
import type { TraceSource } from "../../traces/source.ts";
import type { BenchOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import type { Run } from "./run.ts";
import type { Target } from "./target.ts";

/**
 * Where the cluster's own traces are; undefined where they were not asked for.
 * @throws UsageError for a backend that cannot be asked, before anything is measured
 */
export async function tracesOf(
	{ traces }: Pick<BenchOptions, "traces">,
	{ tracesUrl, simulated }: Pick<Target, "tracesUrl" | "simulated">,
	context: Context,
): Promise<TraceSource | undefined> {
	if (traces === undefined) return undefined;
	if (traces !== "simulated") return openTraceSource(traces, context, context.signal);
	if (simulated === undefined || tracesUrl === undefined) {
		throw new UsageError("--traces simulated: this cluster is a real one", {
			hint: "give the address of its trace backend, such as http://localhost:16686",
		});
	}
	return openTraceSource(tracesUrl, context, context.signal);
}

/** Has each cold start's traces asked for in the background; what comes is recorded. */
export function askTraces({ traces, session }: Run, recorder: Recorder): TraceAsking | undefined {
	if (traces === undefined) return undefined;
	const { signal } = session;
	const asking = openTraceAsking({ source: traces, record: recorder.record, sleep: pause, signal });
	recorder.onEntry(asking.add);
	return asking;
}
