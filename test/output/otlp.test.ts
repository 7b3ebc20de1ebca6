import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { type OtlpAttribute, type OtlpSpan, otlpTraces, renderOtlp } from "../../src/output/report/otlp.ts";
import type { Report } from "../../src/report/report.ts";
import { parseTime } from "../../src/text/timestamp.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";
import { recorded, reportOf } from "../support/recorded.ts";

const tracesOf = (report: Report) => otlpTraces(figuresOf(report)).resourceSpans;
const spansOf = (report: Report): OtlpSpan[] =>
	tracesOf(report).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
const attributeOf = (attributes: readonly OtlpAttribute[] | undefined, key: string) =>
	Object.values(attributes?.find((each) => each.key === key)?.value ?? {})[0];

const native = reportOf(recorded("native"));
const [start] = native.profiles[0]?.coldStarts ?? [];
const spans = spansOf(native);
const named = (name: string) => spans.find((span) => span.name === name);
const msOf = ({ startTimeUnixNano: from, endTimeUnixNano: to }: OtlpSpan) => Number(BigInt(to) - BigInt(from)) / 1e6;

describe("a trace", () => {
	it("has the talk's spans below each other, as its tracer had", () => {
		const parents = Object.fromEntries(
			spans.map(({ name, parentSpanId }) => [name, spans.find(({ spanId }) => spanId === parentSpanId)?.name]),
		);
		expect(parents).toEqual({
			request: undefined,
			endpoint_wait: "request",
			pod_creating: "endpoint_wait",
			"container_startup_istio-init": "pod_creating",
			"container_startup_istio-proxy": "pod_creating",
			"container_startup_queue-proxy": "pod_creating",
			"container_startup_user-container": "pod_creating",
		});
	});

	it("lasts as long as in the report, from when the request was sent", () => {
		const request = named("request");
		expect(request?.startTimeUnixNano).toBe(parseTime(start?.requestSentAt)?.toString());
		expect(msOf(request as OtlpSpan)).toBeCloseTo(start?.total?.ms ?? 0, 3);
		for (const [name, { ms, fromMs }] of Object.entries(start?.spans ?? {})) {
			const span = named(name) as OtlpSpan;
			expect(msOf(span)).toBeCloseTo(ms, 3);
			const fromNs = BigInt(span.startTimeUnixNano) - BigInt(request?.startTimeUnixNano ?? 0);
			expect(Number(fromNs) / 1e6).toBeCloseTo(fromMs ?? Number.NaN, 3);
		}
	});

	it("begins pod_creating after the request, and all containers at the same event after that", () => {
		const from = (name: string) => start?.spans[name]?.fromMs ?? Number.NaN;
		expect(from("endpoint_wait")).toBe(0);
		expect(from("pod_creating")).toBeGreaterThan(0);
		expect(from("container_startup_istio-init")).toBeGreaterThan(from("pod_creating"));
		expect(from("container_startup_user-container")).toBe(from("container_startup_istio-init"));
	});

	it("says bounds and source of each figure, and has the instants as events", () => {
		const { attributes, events } = named("request") as OtlpSpan;
		expect(attributeOf(attributes, "knistio.source")).toBe("client");
		expect(attributeOf(attributes, "knistio.lo_ms")).toBe(start?.total?.loMs);
		expect(attributeOf(attributes, "http.response.status_code")).toBe("200");
		expect(attributeOf(named("pod_creating")?.attributes, "knistio.ended_by")).toBe(start?.spans.pod_creating?.endedBy);
		expect(events?.map(({ name }) => name)).toEqual(Object.keys(start?.instants ?? {}));
	});

	it("has ids as OTLP wants them, of its own and the same each time", () => {
		for (const { traceId, spanId } of spans) {
			expect(traceId).toMatch(/^[0-9a-f]{32}$/);
			expect(spanId).toMatch(/^[0-9a-f]{16}$/);
		}
		expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
		expect(spansOf(native)).toEqual(spans);
		const two = spansOf(aReport({ a: { totals: [900, 900] }, b: { totals: [900] } }));
		expect(new Set(two.map(({ traceId }) => traceId)).size).toBe(3);
	});

	it("is an error where there was no cold start, and is left out where nothing ended", () => {
		const failed = aColdStart(1, { total: measured(900) }, { outcome: "failed", reason: "HTTP 503", counted: false });
		const report = aReport({ full: { totals: [900], extra: [failed, anAttempt(3, "failed")] } });
		expect(spansOf(report).map(({ status }) => status)).toEqual([undefined, { code: 2, message: "HTTP 503" }]);
		const [resource] = tracesOf(report);
		expect(attributeOf(resource?.resource.attributes, "knistio.attempts")).toContain(
			"3 attempted = 1 cold + 0 warm + 2",
		);
	});

	it("has no span whose beginning an earlier version did not save", () => {
		const spans = { pod_creating: measured(1_000), endpoint_wait: { ...measured(1_200), fromMs: 0 } };
		const old = aReport({ full: { extra: [aColdStart(1, { total: measured(2_000), spans })] } });
		expect(spansOf(old).map(({ name }) => name)).toEqual(["request", "endpoint_wait"]);
	});

	it("is found by the profile, and by a name of its own where it is simulated", () => {
		const service = (report: Report) => attributeOf(tracesOf(report)[0]?.resource.attributes, "service.name");
		const report = aReport({ full: { totals: [900] } });
		expect(service(report)).toBe("knistio/full");
		expect(service({ ...report, simulated: { model: "today", seed: 1, speed: 1 } })).toBe("knistio/full (simulated)");
	});

	it("is well-formed JSON without a number that JSON cannot hold", () => {
		const text = renderOtlp(figuresOf(native));
		expect(JSON.parse(text)).toEqual({ resourceSpans: tracesOf(native) });
		expect(text).not.toMatch(/null|"\d+\.\d+"/);
	});
});
