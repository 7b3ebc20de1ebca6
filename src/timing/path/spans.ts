import type { Receipt } from "../facts/fact.ts";
import type { PodFacts } from "../facts/pod-facts.ts";

/** A span of the talk, by its own definition: a difference of two receipts in one process, in ns of the client's clock. */
export interface Span {
	from: bigint;
	to: bigint;
	/** What ended it; the talk's tracer also stopped when the request had been answered. */
	endedBy: "ready" | "request-end" | "terminated";
}

/**
 * `pod_creating` and `container_startup_<container>` as the tracer of the talk took them (shared definitions in the
 * README): from the receipt of the first watch event that shows the pod, or the container's name in a status, to the
 * receipt of the first that shows it Ready, ready, or (an init container) terminated.
 * A span that never ended is left out, and so is one of which an end was lost in a gap of the watch.
 */
export function talkSpans(pod: PodFacts, answeredAt: bigint | undefined): Record<string, Span> {
	const spans: Record<string, Span> = {};
	const isStopped = answeredAt !== undefined && (pod.firstReady === undefined || answeredAt < pod.firstReady.at);
	const end = isStopped && pod.firstReady?.isListed !== true ? { at: answeredAt, isListed: false } : pod.firstReady;
	const add = (name: string, from: Receipt | undefined, to: Receipt | undefined, endedBy: Span["endedBy"]) => {
		// Where the request was over before the pod was seen, there was nothing to trace.
		if (from?.isListed === false && to?.isListed === false && from.at <= to.at)
			spans[name] = { from: from.at, to: to.at, endedBy };
	};
	add("pod_creating", pod.firstSeen, end, isStopped ? "request-end" : "ready");
	for (const { name, role, firstStatus, settled } of pod.containers) {
		add(`container_startup_${name}`, firstStatus, settled, role === "init" ? "terminated" : "ready");
	}
	return spans;
}
