import { z } from "zod";
import type { RecordedSpan } from "../recording/spans.ts";
import { kept } from "./attributes.ts";

const text = z.union([z.string(), z.number()]).transform(String);
const attributes = z.array(
	z.looseObject({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) }),
);
const resourceSchema = z.looseObject({
	resource: z.looseObject({ attributes: attributes.optional() }).optional(),
	scopeSpans: z.array(z.looseObject({ spans: z.array(z.unknown()).optional() })).optional(),
});
const spanSchema = z.looseObject({
	traceId: z.string(),
	spanId: z.string(),
	parentSpanId: z.string().optional(),
	name: z.string(),
	startTimeUnixNano: text.pipe(z.string().regex(/^\d+$/)),
	endTimeUnixNano: text.pipe(z.string().regex(/^\d+$/)),
	attributes: attributes.optional(),
	status: z.looseObject({ code: z.union([z.string(), z.number()]).optional() }).optional(),
});

/**
 * Spans of OTLP in its JSON encoding: an `ExportTraceServiceRequest`, or what Tempo answers; undefined for other JSON. A
 * span that is none is left out.
 */
export function parseOtlp(value: unknown): RecordedSpan[] | undefined {
	const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
	if (fields.trace !== undefined) return parseOtlp(fields.trace);
	const groups = fields.resourceSpans ?? fields.batches;
	if (!Array.isArray(groups)) return undefined;
	return groups.flatMap((group) => {
		const parsed = resourceSchema.safeParse(group);
		if (!parsed.success) return [];
		const { resource, scopeSpans = [] } = parsed.data;
		const service = valuesOf(resource?.attributes).get("service.name") ?? "";
		return scopeSpans.flatMap(({ spans = [] }) => spans.flatMap((span) => spanOf(span, service)));
	});
}

const valuesOf = (list: z.infer<typeof attributes> = []) =>
	new Map(list.flatMap(({ key, value }) => (value.stringValue === undefined ? [] : [[key, value.stringValue]])));

function spanOf(value: unknown, service: string): RecordedSpan[] {
	const parsed = spanSchema.safeParse(value);
	if (!parsed.success) return [];
	const { traceId, spanId, parentSpanId = "", name, startTimeUnixNano, endTimeUnixNano, status } = parsed.data;
	// A clock that was set while the span lasted.
	if (BigInt(endTimeUnixNano) < BigInt(startTimeUnixNano)) return [];
	const isFailed = status?.code === 2 || status?.code === "STATUS_CODE_ERROR";
	return [
		{
			service,
			name,
			trace: traceId,
			id: spanId,
			...(parentSpanId === "" ? {} : { parent: parentSpanId }),
			fromNs: startTimeUnixNano,
			toNs: endTimeUnixNano,
			resolutionNs: 0,
			...kept(valuesOf(parsed.data.attributes)),
			...(isFailed ? { isFailed } : {}),
		},
	];
}
