import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { RecordedSpan } from "../recording/spans.ts";
import { askJson, hint } from "./answer.ts";
import { kept } from "./attributes.ts";
import { type Outside, type PodStart, questionsOf, type TraceSource } from "./source.ts";

/** So many traces of one pod's passes are more than kubelet makes in a cold start. */
const mostTraces = 100;
/** Begin and duration are cut to microseconds each. */
const resolutionNs = 2_000;

/** A backend that answers Jaeger's query API. @param url without `/api` */
export function jaegerSource(url: string, outside: Pick<Outside, "get">): TraceSource {
	const base = url.replace(/\/$/, "");
	return {
		name: `Jaeger at ${base}`,
		async spansOf(pod, signal) {
			const answers = await Promise.all(
				questionsOf(pod).map((question) => askJson(`${base}/api/traces?${query(question, pod)}`, outside, signal)),
			);
			return answers.flatMap((answer) => parseJaeger(answer, base));
		},
	};
}

/**
 * All spans of one trace; none where the backend does not know it.
 * @param url of the query API, without `/api`
 * @throws UsageError that says what is wrong with the backend's answer
 */
export async function jaegerTrace(
	url: string,
	traceId: string,
	{ get, signal }: Pick<Outside, "get"> & { signal: AbortSignal },
): Promise<RecordedSpan[]> {
	const base = url.replace(/\/$/, "");
	const answer = await askJson(`${base}/api/traces/${traceId}`, { get }, signal, { mayLack: true });
	return answer === undefined ? [] : parseJaeger(answer, base);
}

function query({ service, operation, key, value }: ReturnType<typeof questionsOf>[number], pod: PodStart): string {
	return new URLSearchParams({
		service,
		operation,
		tags: JSON.stringify({ [key]: value }),
		start: String(pod.fromNs / 1000n),
		end: String(pod.toNs / 1000n),
		limit: String(mostTraces),
	}).toString();
}

const micros = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const traceSchema = z.looseObject({
	spans: z.array(z.unknown()),
	processes: z.record(z.string(), z.looseObject({ serviceName: z.string() })).optional(),
});
const spanSchema = z.looseObject({
	traceID: z.string(),
	spanID: z.string(),
	operationName: z.string(),
	references: z.array(z.looseObject({ refType: z.string(), traceID: z.string(), spanID: z.string() })).nullish(),
	startTime: micros,
	duration: micros,
	tags: z.array(z.looseObject({ key: z.string(), value: z.unknown() })).nullish(),
	processID: z.string(),
});

/** The answer of `/api/traces`; a span that is none is left out. @throws UsageError where it is another answer */
export function parseJaeger(answer: unknown, where: string): RecordedSpan[] {
	const parsed = z.looseObject({ data: z.array(z.unknown()).nullable() }).safeParse(answer);
	if (!parsed.success)
		throw new UsageError(`the trace backend at ${where} answered with other JSON than Jaeger's`, { hint });
	return (parsed.data.data ?? []).flatMap((each) => {
		const trace = traceSchema.safeParse(each);
		return trace.success ? trace.data.spans.flatMap((span) => spanOf(span, trace.data.processes ?? {})) : [];
	});
}

function spanOf(value: unknown, processes: Record<string, { serviceName: string }>): RecordedSpan[] {
	const parsed = spanSchema.safeParse(value);
	if (!parsed.success) return [];
	const { traceID, spanID, operationName, references, startTime, duration, tags, processID } = parsed.data;
	const parent = references?.find((each) => each.refType === "CHILD_OF" && each.traceID === traceID)?.spanID;
	const values = new Map((tags ?? []).map((tag) => [tag.key, tag.value]));
	const from = BigInt(startTime) * 1000n;
	return [
		{
			service: processes[processID]?.serviceName ?? "",
			name: operationName,
			trace: traceID,
			id: spanID,
			...(parent === undefined ? {} : { parent }),
			fromNs: from.toString(),
			toNs: (from + BigInt(duration) * 1000n).toString(),
			resolutionNs,
			...kept(values),
			...(values.get("error") === true || values.get("otel.status_code") === "ERROR" ? { isFailed: true } : {}),
		},
	];
}
