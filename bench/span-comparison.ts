import { type RecordedSpan, runtimeCallOf, spanNames } from "../src/recording/spans.ts";
import type { ColdStart } from "../src/report/report.ts";
import { parseTime } from "../src/text/timestamp.ts";
import type { Comparison } from "./truth-comparison.ts";

/** When things happened by the spans, in ns; by the names of instants. */
export function instantsIn(spans: readonly RecordedSpan[]): Map<string, bigint> {
	const instants = new Map<string, bigint>();
	const to = ({ toNs }: RecordedSpan) => BigInt(toNs);
	const store = spans.find(({ name }) => name === spanNames.store);
	if (store !== undefined) instants.set("pod-created", to(store));
	const isRuntimes = ({ service }: RecordedSpan) => service !== "kubelet" && service !== "apiserver";
	for (const create of spans.filter((span) => runtimeCallOf(span) === "CreateContainer" && isRuntimes(span))) {
		const name = create.attributes?.["container.name"]?.split("_")[0];
		const kubelets = spans.find(({ id, trace }) => id === create.parent && trace === create.trace);
		const id = create.attributes?.["container.id"];
		const start = spans.find(
			(span) =>
				runtimeCallOf(span) === "StartContainer" && isRuntimes(span) && span.attributes?.["container.id"] === id,
		);
		if (name === undefined || kubelets === undefined || start === undefined) continue;
		// Of two, kubelet has the first for the image's presence, and then writes its event.
		const check = spans
			.filter(
				(span) =>
					runtimeCallOf(span) === "ImageStatus" &&
					span.service === "kubelet" &&
					span.trace === create.trace &&
					to(span) <= BigInt(kubelets.fromNs),
			)
			.at(-2);
		const task = spans.find(
			({ name: own, parent, trace }) => own === spanNames.taskStart && parent === start.id && trace === start.trace,
		);
		if (check !== undefined) instants.set(`pulled:${name}`, to(check));
		instants.set(`created:${name}`, to(kubelets));
		// The process runs from then on; what follows in the call is the runtime's book-keeping.
		if (task !== undefined) instants.set(`started:${name}`, to(task));
	}
	return instants;
}

/** Holds a cold start's instants against its spans. */
export function comparePodWithSpans(
	start: ColdStart,
	spans: readonly RecordedSpan[],
	of: Pick<Comparison, "profile" | "shape" | "coldStart">,
): Comparison[] {
	const origin = parseTime(start.requestSentAt) ?? 0n;
	const truth = instantsIn(spans);
	return Object.entries(start.instants).flatMap(([instant, { ms, loMs, hiMs, source }]) => {
		const at = truth.get(instant);
		if (at === undefined) return [];
		const trueMs = Number(at - origin) / 1e6;
		return [{ ...of, instant, source, errorMs: ms - trueMs, isCovered: loMs <= trueMs && trueMs <= hiMs }];
	});
}
