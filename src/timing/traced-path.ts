import type { RecordedSpan } from "../recording/spans.ts";
import type { Finding } from "../report/report.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import { withSpans } from "./facts/pod-spans.ts";
import { criticalPath, type Surroundings } from "./path/critical-path.ts";
import type { Placing } from "./path/instants.ts";
import type { Step } from "./path/order.ts";

/** The finer path of a cold start, where spans tell one, and what a reader must know of them. */
export interface TracedPath {
	/** Undefined where the spans are of no use. */
	steps?: Step[];
	findings: Finding[];
}

/**
 * The critical path by the spans of the pod's start beside all else that is known of it. What contradicts the rest is a
 * finding and leaves the path as it is without spans: a trace never makes a cold start worse.
 */
export function tracedPath(
	pod: PodFacts,
	spans: readonly RecordedSpan[],
	{ around, placing }: { around: Surroundings; placing: Placing },
): TracedPath {
	const { pod: traced, findings } = withSpans(pod, spans);
	if (traced.traced === undefined) return { findings };
	const own: Finding[] = [];
	const steps = criticalPath(traced, around, { ...placing, findings: own });
	const contradiction = own.find(({ code }) => code === "unresolved");
	if (contradiction === undefined) return { steps, findings };
	const hint = "coarser phases are used; the spans may be of another cluster, or of a clock that was set";
	return { findings: [...findings, { code: "traces-contradict", message: contradiction.message, hint }] };
}
