import type { ClusterTruth } from "../world/truth.ts";
import { podTraces, type SimulatedSpan } from "./spans.ts";

const services: readonly SimulatedSpan["service"][] = ["apiserver", "containerd", "kubelet"];

/**
 * Answers a question of Jaeger's query API about a cluster's traces, as JSON; undefined where the API has no such path.
 * @param query `service`, and what else traces are chosen by: `operation`, `tags`, `start`, `end` (µs), `limit`
 */
export function jaegerAnswer(truth: ClusterTruth, path: string, query: URLSearchParams): unknown {
	if (path === "/api/services") return answerOf([...services]);
	if (path !== "/api/traces") return undefined;
	const isWanted = wantedBy(query);
	const traces = truth.pods.flatMap((pod) => podTraces(pod, truth)).filter((spans) => spans.some(isWanted));
	return answerOf(traces.slice(0, Number(query.get("limit") ?? 20)).map(traceOf));
}

const answerOf = (data: unknown[]) => ({ data, total: data.length, limit: 0, offset: 0, errors: null });

/** A trace is found by any of its spans. */
function wantedBy(query: URLSearchParams): (span: SimulatedSpan) => boolean {
	const tags = Object.entries(JSON.parse(query.get("tags") ?? "{}") as Record<string, string>);
	const operation = query.get("operation");
	const [start, end] = [query.get("start"), query.get("end")];
	return ({ service, name, attributes, from }) =>
		service === query.get("service") &&
		(operation === null || name === operation) &&
		tags.every(([key, value]) => attributes[key] === value) &&
		(start === null || micros(from) >= Number(start)) &&
		(end === null || micros(from) <= Number(end));
}

function traceOf(spans: readonly SimulatedSpan[]): unknown {
	return {
		traceID: spans[0]?.trace,
		spans: spans.map(({ service, name, trace, id, parent, from, to, attributes }) => ({
			traceID: trace,
			spanID: id,
			operationName: name,
			references: parent === undefined ? [] : [{ refType: "CHILD_OF", traceID: trace, spanID: parent }],
			startTime: micros(from),
			duration: micros(to - from),
			tags: Object.entries(attributes).map(([key, value]) => ({ key, type: "string", value })),
			logs: [],
			processID: service,
			warnings: null,
		})),
		processes: Object.fromEntries(services.map((serviceName) => [serviceName, { serviceName, tags: [] }])),
	};
}

/** Jaeger cuts what is less than a microsecond. */
const micros = (ns: bigint) => Number(ns / 1000n);
