import type { PodFacts } from "./pod-facts.ts";

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
 * A span that never ended is left out.
 */
export function talkSpans(pod: PodFacts, answeredAt: bigint | undefined): Record<string, Span> {
	const spans: Record<string, Span> = {};
	if (pod.firstSeenAt !== undefined) {
		const isStopped = answeredAt !== undefined && (pod.readyAt === undefined || answeredAt < pod.readyAt);
		const to = isStopped ? answeredAt : pod.readyAt;
		if (to !== undefined) {
			spans.pod_creating = { from: pod.firstSeenAt, to, endedBy: isStopped ? "request-end" : "ready" };
		}
	}
	for (const { name, role, firstStatusAt, settledAt } of pod.containers) {
		if (firstStatusAt === undefined || settledAt === undefined) continue;
		spans[`container_startup_${name}`] = {
			from: firstStatusAt,
			to: settledAt,
			endedBy: role === "init" ? "terminated" : "ready",
		};
	}
	return spans;
}
