import { type RecordedSpan, runtimeCallOf, spanNames } from "../recording/spans.ts";
import type { PodStart } from "./source.ts";

/** So many spans of one pod are more than any start has. */
export const mostSpans = 1_000;

/**
 * The spans that tell of the pod's start: kubelet's passes with what they asked of the runtime, the CNI plugins, and the
 * pod's creation with its webhooks. Others of the same traces are left out, and so is what is beyond the limit.
 */
export function spansToKeep(
	spans: readonly RecordedSpan[],
	{ uid, namespace, name, fromNs, toNs }: PodStart,
): { spans: RecordedSpan[]; leftOut: number } {
	const syncs = new Set<string>();
	const creations = new Set<string>();
	for (const span of spans) {
		if (span.name === spanNames.sync && span.attributes?.["k8s.pod.uid"] === uid) syncs.add(span.trace);
		if (span.name === spanNames.store && span.attributes?.key === `/pods/${namespace}/${name}`)
			creations.add(span.trace);
	}
	const isInTime = (span: RecordedSpan) => BigInt(span.toNs) >= fromNs && BigInt(span.fromNs) <= toNs;
	const isOfNode = (span: RecordedSpan) =>
		(span.name === spanNames.sync && span.attributes?.["k8s.pod.uid"] === uid) ||
		runtimeCallOf(span) !== undefined ||
		span.name === spanNames.taskStart ||
		/^(cni\.|cri\.sandbox)/.test(span.name);
	const mine = spans.filter(
		(span) => isInTime(span) && ((syncs.has(span.trace) && isOfNode(span)) || creations.has(span.trace)),
	);
	const unique = [...new Map(mine.map((span) => [`${span.trace} ${span.id}`, span])).values()];
	unique.sort((a, b) => (BigInt(a.fromNs) < BigInt(b.fromNs) ? -1 : 1));
	return { spans: unique.slice(0, mostSpans), leftOut: Math.max(0, unique.length - mostSpans) };
}

/** Whether more spans of the pod may still come: of a part that has sent some elsewhere, or of a call that was not seen. */
export function isWhole(spans: readonly RecordedSpan[], containers: number): boolean {
	const started = spans.filter(
		(span) => span.service === "kubelet" && runtimeCallOf(span) === "StartContainer" && span.isFailed !== true,
	);
	const passes = new Set(spans.filter(({ name }) => name === spanNames.sync).map(({ trace }) => trace));
	return (
		started.length >= containers &&
		started.every(({ trace }) => passes.has(trace)) &&
		spans.some(({ name }) => name === spanNames.store)
	);
}
