import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { openTraceSource } from "../../src/traces/open.ts";
import { mostSpans, spansToKeep } from "../../src/traces/select.ts";
import type { Outside, PodStart } from "../../src/traces/source.ts";
import { plainStart } from "../support/cold-start-truth.ts";
import { spansOf } from "../support/made-spans.ts";

const pod: PodStart = { uid: "made-pod", namespace: "n", name: "p", fromNs: 0n, toNs: 2_000_000_000_000_000_000n };
const never = new AbortController().signal;

/** A world in which each path of a URL has one answer. */
function world(answers: Record<string, { status?: number; body: string }>, files: Record<string, string> = {}) {
	const asked: URL[] = [];
	const outside: Outside = {
		get: async (url) => {
			const where = new URL(url);
			asked.push(where);
			const { status = 200, body } = answers[where.pathname] ?? { status: 404, body: "not found" };
			return { status, body };
		},
		readFile: async (path) => files[path] ?? "",
	};
	return { outside, asked };
}

const jaegerTrace = {
	data: [
		{
			traceID: "t",
			processes: { p1: { serviceName: "kubelet" } },
			spans: [
				{
					traceID: "t",
					spanID: "a",
					operationName: "syncPod",
					references: [],
					startTime: 1_795_442_349_422_927,
					duration: 1_500,
					tags: [
						{ key: "k8s.pod.uid", type: "string", value: "made-pod" },
						{ key: "secret", type: "string", value: "hunter2" },
					],
					processID: "p1",
				},
				{
					traceID: "t",
					spanID: "b",
					operationName: "runtime.v1.RuntimeService/RunPodSandbox",
					references: [{ refType: "CHILD_OF", traceID: "t", spanID: "a" }],
					startTime: 1_795_442_349_423_000,
					duration: 100,
					tags: [{ key: "error", type: "bool", value: true }],
					processID: "p1",
				},
				{ traceID: "t", spanID: 7 },
			],
		},
	],
};

const otlp = {
	resourceSpans: [
		{
			resource: { attributes: [{ key: "service.name", value: { stringValue: "kubelet" } }] },
			scopeSpans: [
				{
					spans: [
						{
							traceId: "t",
							spanId: "a",
							name: "syncPod",
							startTimeUnixNano: "1795442349422927067",
							endTimeUnixNano: "1795442349424427067",
							attributes: [{ key: "k8s.pod.uid", value: { stringValue: "made-pod" } }],
						},
						{ name: "broken" },
					],
				},
			],
		},
	],
};

describe("Jaeger", () => {
	const services = { body: JSON.stringify({ data: ["kubelet"] }) };

	it("is asked by the pod's UID, its name and the time, and read span by span", async () => {
		const { outside, asked } = world({
			"/api/services": services,
			"/api/traces": { body: JSON.stringify(jaegerTrace) },
		});
		const source = await openTraceSource("http://jaeger:16686/", outside);
		const spans = await source.spansOf(pod, never);
		expect(source.name).toBe("Jaeger at http://jaeger:16686");
		expect(asked.slice(-2).map(({ searchParams }) => searchParams.get("tags"))).toEqual([
			'{"k8s.pod.uid":"made-pod"}',
			'{"key":"/pods/n/p"}',
		]);
		expect(spans.slice(0, 2)).toEqual([
			{
				service: "kubelet",
				name: "syncPod",
				trace: "t",
				id: "a",
				fromNs: "1795442349422927000",
				toNs: "1795442349424427000",
				resolutionNs: 2000,
				attributes: { "k8s.pod.uid": "made-pod" },
			},
			expect.objectContaining({ id: "b", parent: "a", isFailed: true }),
		]);
		expect(JSON.stringify(spans)).not.toContain("hunter2");
	});

	it("that answers with a web page, an error or other JSON is said to", async () => {
		for (const [answer, message] of [
			[{ body: "<!doctype html>" }, /answered with a web page/],
			[{ status: 503, body: "busy" }, /answered HTTP 503: busy/],
			[{ body: '{"status":"ok"}' }, /is no trace backend/],
			[{ body: "pong" }, /answered with no JSON: pong/],
		] as const) {
			const { outside } = world({ "/api/services": answer });
			const opening = openTraceSource("http://jaeger:16686", outside);
			await expect(opening).rejects.toThrow(message);
			await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("16686") });
		}
	});

	it("that does not answer is said not to", async () => {
		const get = async () => {
			throw Object.assign(new Error("aborted"), { name: "TimeoutError" });
		};
		const opening = openTraceSource("http://jaeger:16686", { get, readFile: async () => "" });
		await expect(opening).rejects.toThrow(
			"the trace backend at http://jaeger:16686/api/services: no answer within 10 s",
		);
	});
});

describe("Tempo", () => {
	it("is searched, and then asked for each trace", async () => {
		const { outside, asked } = world({
			"/api/echo": { body: "echo" },
			"/api/search": { body: JSON.stringify({ traces: [{ traceID: "t" }] }) },
			"/api/traces/t": { body: JSON.stringify({ batches: otlp.resourceSpans }) },
		});
		const source = await openTraceSource("http://tempo:3200", outside);
		const spans = await source.spansOf(pod, never);
		expect(source.name).toBe("Tempo at http://tempo:3200");
		expect(asked[1]?.searchParams.get("q")).toBe('{ name = "syncPod" && span.k8s.pod.uid = "made-pod" }');
		expect(spans).toHaveLength(1);
		expect(spans[0]).toMatchObject({ service: "kubelet", fromNs: "1795442349422927067", resolutionNs: 0 });
	});
});

describe("a file of OTLP", () => {
	const open = (text: string) => openTraceSource("spans.json", world({}, { "spans.json": text }).outside);

	it("that is not there is refused with what --traces takes", async () => {
		const readFile = async () => Promise.reject(new UsageError("cannot read it"));
		const opening = openTraceSource("none.json", { ...world({}).outside, readFile });
		await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("OTLP JSON") });
	});

	it("is one request, or one a line of which the last may be cut", async () => {
		const line = JSON.stringify(otlp);
		for (const text of [JSON.stringify(otlp, null, 2), `${line}\n`, `${line}\n${line.slice(0, 40)}`]) {
			const source = await open(text);
			expect(await source.spansOf(pod, never)).toHaveLength(1);
		}
	});

	it("that holds something else is refused with its line", async () => {
		await expect(open(`${JSON.stringify(otlp)}\nno json\n{}`)).rejects.toThrow("spans.json:2: the line is not JSON");
		await expect(open('{"items":[]}')).rejects.toThrow("spans.json: these are no spans");
	});
});

describe("the spans that are kept", () => {
	it("are those of the pod's start, and no more than a limit", () => {
		const { spans } = spansOf(plainStart);
		const [sync] = spans.filter(({ name }) => name === "syncPod");
		if (sync === undefined) throw new Error("no pass");
		const others = [
			{ ...sync, id: "other", name: "metadata.sandbox.Update" },
			{ ...sync, id: "late", fromNs: "3000000000000000000", toNs: "3000000000000000000" },
			{ ...sync, id: "foreign", trace: "foreign", attributes: { "k8s.pod.uid": "other" } },
		];
		expect(spansToKeep([...spans, ...spans, ...others], pod).spans).toHaveLength(spans.length);
		const many = Array.from({ length: 10_000 }, (_, index) => ({ ...sync, id: `many-${index}` }));
		const kept = spansToKeep(many, pod);
		expect([kept.spans.length, kept.leftOut]).toEqual([mostSpans, 10_000 - mostSpans]);
	});
});
