import { createHash } from "node:crypto";
import type { Figures } from "../../analysis/figures.ts";
import { type ColdStart, ledgerOf, type Measured, type ProfileRun, type Report } from "../../report/report.ts";
import { parseTime } from "../../text/timestamp.ts";
import { ledgerWords } from "../words/units.ts";
import { type PlacedSpan, placedSpans } from "./placed-spans.ts";

/** An `ExportTraceServiceRequest` of OTLP in its JSON encoding: 64-bit numbers are text, ids are hexadecimal. */
export interface OtlpTraces {
	resourceSpans: OtlpResourceSpans[];
}

/** The spans of one profile. */
export interface OtlpResourceSpans {
	resource: { attributes: OtlpAttribute[] };
	scopeSpans: { scope: { name: string; version: string }; spans: OtlpSpan[] }[];
}

/** A span, of what OTLP has the fields that are used here. */
export interface OtlpSpan {
	traceId: string;
	spanId: string;
	parentSpanId?: string;
	name: string;
	/** 1 internal, 3 client. */
	kind: 1 | 3;
	startTimeUnixNano: string;
	endTimeUnixNano: string;
	attributes: OtlpAttribute[];
	events?: { timeUnixNano: string; name: string; attributes: OtlpAttribute[] }[];
	/** 2 is an error. */
	status?: { code: 2; message: string };
}

export interface OtlpAttribute {
	key: string;
	value: { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };
}

/** All traces in one file, as a collector takes them. */
export function renderOtlp(figures: Figures): string {
	return `${JSON.stringify(otlpTraces(figures), undefined, 1)}\n`;
}

/**
 * A trace for each attempt that has a total, with the parents that the talk's tracer gave its spans: the request,
 * endpoint_wait in it, pod_creating in that, and the containers' spans in that. The instants are events of the request.
 * Ids are computed from the report: the same report gives the same traces.
 */
export function otlpTraces({ report }: Pick<Figures, "report">): OtlpTraces {
	return {
		resourceSpans: report.profiles.map((run) => ({
			resource: { attributes: attributesOf(resourceOf(report, run)) },
			scopeSpans: [
				{
					scope: { name: "knistio", version: report.knistio },
					spans: run.coldStarts.flatMap((start) => spansOf(start, { report, profile: run.profile.name })),
				},
			],
		})),
	};
}

function resourceOf({ simulated, cluster }: Report, { profile, coldStarts }: ProfileRun): Values {
	const isSimulated = simulated !== undefined;
	return {
		// What a trace is found by: a profile that was not measured on a cluster must not be taken for one that was.
		"service.name": `knistio/${profile.name}${isSimulated ? " (simulated)" : ""}`,
		"knistio.profile": profile.name,
		"knistio.context": cluster.context,
		"knistio.attempts": ledgerWords(ledgerOf(coldStarts)),
		...(isSimulated ? { "knistio.simulated": simulated.model } : {}),
	};
}

/** Whose attempt it is. */
interface Owner {
	report: Report;
	profile: string;
}

function spansOf(start: ColdStart, owner: Owner): OtlpSpan[] {
	const { total, requestSentAt, outcome, reason, response } = start;
	const sentAt = parseTime(requestSentAt);
	if (total === undefined || sentAt === undefined) return [];
	const traceId = hashed(32, owner.report.startedAt, owner.profile, String(start.round), requestSentAt);
	const idOf = (name: string) => hashed(16, traceId, name);
	const at = (ms: number) => (sentAt + BigInt(Math.round(ms * 1e6))).toString();
	const placed = placedSpans(start.spans);
	const problem = response?.error ?? (outcome === "cold" ? undefined : (reason ?? outcome));
	const request: OtlpSpan = {
		traceId,
		spanId: idOf("request"),
		name: "request",
		kind: 3,
		startTimeUnixNano: at(0),
		endTimeUnixNano: at(total.ms),
		attributes: attributesOf({ ...attemptValues(start), ...boundsOf(total) }),
		events: Object.entries(start.instants).map(([name, instant]) => ({
			timeUnixNano: at(instant.ms),
			name,
			attributes: attributesOf(boundsOf(instant)),
		})),
		...(problem === undefined ? {} : { status: { code: 2, message: problem } }),
	};
	const inside = placed.map(
		({ name, fromMs, endedBy, ...span }): OtlpSpan => ({
			traceId,
			spanId: idOf(name),
			parentSpanId: idOf(parentOf(name, placed)),
			name,
			kind: 1,
			startTimeUnixNano: at(fromMs),
			endTimeUnixNano: at(fromMs + span.ms),
			attributes: attributesOf({ ...boundsOf(span), "knistio.ended_by": endedBy }),
		}),
	);
	return [request, ...inside];
}

/** The nearest of the talk's parents that was measured. */
function parentOf(name: string, placed: readonly PlacedSpan[]): string {
	const parents = name === "endpoint_wait" ? [] : name === "pod_creating" ? ["endpoint_wait"] : containerParents;
	return parents.find((parent) => placed.some((span) => span.name === parent)) ?? "request";
}

const containerParents = ["pod_creating", "endpoint_wait"];

function attemptValues({ round, outcome, counted, reason, response, pods: [pod] }: ColdStart): Values {
	return {
		"http.response.status_code": response?.status,
		"knistio.round": round,
		"knistio.outcome": outcome,
		"knistio.counted": counted,
		"knistio.reason": reason,
		"k8s.pod.name": pod?.name,
		"k8s.node.name": pod?.node,
	};
}

const boundsOf = ({ loMs, hiMs, source }: Measured): Values => ({
	"knistio.lo_ms": { doubleValue: loMs },
	"knistio.hi_ms": { doubleValue: hiMs },
	"knistio.source": source,
});

type Values = Record<string, string | number | boolean | { doubleValue: number } | undefined>;

/** What is undefined has no attribute. */
function attributesOf(values: Values): OtlpAttribute[] {
	return Object.entries(values).flatMap(([key, value]): OtlpAttribute[] => {
		if (value === undefined) return [];
		if (typeof value === "string") return [{ key, value: { stringValue: value } }];
		if (typeof value === "number") return [{ key, value: { intValue: String(value) } }];
		return [{ key, value: typeof value === "boolean" ? { boolValue: value } : value }];
	});
}

const hashed = (digits: number, ...texts: string[]) =>
	createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, digits);
