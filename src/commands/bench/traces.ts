import { pause } from "../../clock/pause.ts";
import { openTraceAsking, type TraceAsking } from "../../traces/asking.ts";
import type { Recorder } from "./recorder.ts";
import type { Run } from "./run.ts";

/** Has each cold start's traces asked for in the background; what comes is recorded. Undefined where none are asked for. */
export function askTraces({ traces, session }: Run, recorder: Recorder): TraceAsking | undefined {
	if (traces === undefined) return undefined;
	const { signal } = session;
	const asking = openTraceAsking({ source: traces, record: recorder.record, sleep: pause, signal });
	recorder.onEntry(asking.add);
	return asking;
}
