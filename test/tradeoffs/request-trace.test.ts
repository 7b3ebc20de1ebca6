import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { tradeoffsOf } from "../../src/output/html/tradeoffs.ts";
import { tradeoffFormatNamed } from "../../src/output/tradeoff-formats.ts";
import { renderTracesOf } from "../../src/output/tradeoffs/trace-svg.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { reportText } from "../../src/report/report-text.ts";
import type { Hop } from "../../src/report/tradeoffs.ts";
import { parseJaeger } from "../../src/traces/jaeger.ts";
import { parseAccessLog, requestHeader } from "../../src/tradeoffs/probes/access-log.ts";
import { hopsOf } from "../../src/tradeoffs/probes/hops.ts";
import { hopsOfSpans, spansOf } from "../../src/tradeoffs/probes/spans.ts";
import { requestTrace } from "../../src/tradeoffs/request-trace.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { aTradeoffReport } from "./a-tradeoff-report.ts";

const line = (fields: object) => JSON.stringify({ [requestHeader]: "a", cluster: "inbound|8012||", ...fields });

describe("an access log", () => {
	it("gives requests with their durations in ms, numbers or texts, and leaves out what is none", () => {
		const log = [
			"2026-11-27T06:00:00Z info a line of the agent",
			line({ total_us: "1369", upstream_us: 970, peer: "spiffe://b", forwarded: "-" }),
			line({ total_us: 12, upstream_us: null, peer: null }),
			line({ total_us: "-" }),
			line({ total_us: 1, [requestHeader]: null }),
			`{"${requestHeader}": broken`,
		].join("\n");
		expect(parseAccessLog(log)).toEqual([
			{ id: "a", cluster: "inbound|8012||", totalMs: 1.369, upstreamMs: 0.97, peer: "spiffe://b" },
			{ id: "a", cluster: "inbound|8012||", totalMs: 0.012 },
		]);
	});
});

const logged = (totalMs: number, upstreamMs?: number) => ({
	id: "a",
	cluster: "",
	totalMs,
	...(upstreamMs === undefined ? {} : { upstreamMs }),
});

describe("the hops of a request", () => {
	it("are what each proxy keeps for itself, and add up to what the client sees", () => {
		const seen = { clientMs: 4, gateway: logged(2.424, 2), sidecar: logged(1.5, 1) };
		const hops = hopsOf("warm", seen) ?? [];
		expect(hops.map(({ name, depth, ownMs }) => [depth, name, Number(ownMs.toFixed(3))])).toEqual([
			[0, "client", 1.576],
			[1, "istio-ingressgateway", 0.424],
			[2, "way to the pod", 0.5],
			[3, "istio-proxy", 0.5],
			[4, "queue-proxy and application", 1],
		]);
	});

	it("tell what the activator holds, also where its proxy has not written that the request came", () => {
		const seen = { clientMs: 900, gateway: logged(899, 898), sidecar: logged(30, 5) };
		const out = logged(50, 40);
		const own = (activator: { in?: ReturnType<typeof logged>; out: typeof out }) =>
			hopsOf("cold", { ...seen, activator })?.map(({ name, ownMs }) => `${name} ${ownMs}`);
		expect(own({ in: logged(896, 895), out })?.slice(2, 6)).toEqual([
			...["way to the activator 2", "istio-proxy of the activator, in 1", "activator and the pod's start 845"],
			"istio-proxy of the activator, out 10",
		]);
		expect(own({ out })?.slice(2)).toEqual([
			...["activator and the pod's start 848", "istio-proxy of the activator, out 10", "way to the pod 10"],
			...["istio-proxy 25", "queue-proxy and application 5"],
		]);
	});

	it("keep a negative time as it was measured, and are unknown where a line or a part of it is missing", () => {
		const seen = { clientMs: 2, gateway: logged(2.424, 2) };
		expect(hopsOf("cold", seen)?.[0]?.ownMs).toBeCloseTo(-0.424, 6);
		expect(hopsOf("warm", { clientMs: 2 })).toBeUndefined();
		expect(hopsOf("warm", { clientMs: 2, gateway: logged(2) })).toBeUndefined();
		expect(hopsOf("warm", { ...seen, sidecar: logged(1) })).toBeUndefined();
	});
});

/** As Jaeger answers: a gateway's span, the pod's below it, and two below that, which overlap. */
const spans = [
	{ spanID: "b", operationName: "in", startTime: 1100, duration: 1369, processID: "p2", references: child("a") },
	{ spanID: "a", operationName: "route", startTime: 1000, duration: 2424, processID: "p1" },
	{ spanID: "d", operationName: "late", startTime: 1500, duration: 500, processID: "p2", references: child("b") },
	{ spanID: "c", operationName: "first", startTime: 1200, duration: 400, processID: "p2", references: child("b") },
	{ spanID: "x", operationName: "no time", processID: "p2" },
].map((span) => ({ traceID: "t", ...span }));
function child(spanID: string) {
	return [{ refType: "CHILD_OF", traceID: "t", spanID }];
}
const processes = { p1: { serviceName: "gateway" }, p2: { serviceName: "hello-cold-1-00001" } };
const answer = { data: [{ traceID: "t", spans, processes }] };

describe("spans", () => {
	it("become hops in order of time, each with what none below it covers", () => {
		const hops = hopsOfSpans(parseJaeger(answer, "jaeger"), {
			clientMs: 4,
			renamed: (name) => name.replace("hello-cold-1-00001", "hello"),
		});
		expect(hops?.map(({ name, depth, startMs, totalMs, ownMs }) => [depth, name, startMs, totalMs, ownMs])).toEqual([
			[0, "client", undefined, 4, 4 - 2.424],
			[1, "gateway: route", 0, 2.424, 1.055],
			[2, "hello: in", 0.1, 1.369, 0.569],
			[3, "hello: first", 0.2, 0.4, 0.4],
			[3, "hello: late", 0.5, 0.5, 0.5],
		]);
		expect(hopsOfSpans([], { clientMs: 4, renamed: String })).toBeUndefined();
		const [nameless] = parseJaeger({ data: [{ spans }] }, "jaeger");
		expect(hopsOfSpans(nameless === undefined ? [] : [nameless], { clientMs: 4, renamed: String })?.[1]?.name).toBe(
			"a service: in",
		);
	});

	it("are read until no more come, and are none where the backend does not know the trace", async () => {
		const asked: string[] = [];
		const server = createServer((request, response) => {
			asked.push(request.url ?? "");
			const isKnown = request.url?.endsWith("/known") === true;
			const isJaeger = /\/(known|odd|other)$/.test(request.url ?? "");
			response.writeHead(isKnown || !isJaeger ? 200 : request.url?.endsWith("/odd") ? 500 : 404);
			const isPage = request.url?.endsWith("/page") === true;
			const given = asked.length === 1 ? { data: [{ ...answer.data[0], spans: spans.slice(0, 1) }] } : answer;
			response.end(isPage ? "<html>a login</html>" : JSON.stringify(isKnown ? given : {}));
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		onTestFinished(() => void server.close());
		const backend = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
		const session = sessionOn(fakeCluster(), { clock: jumpingClock() });
		expect(await spansOf(session, backend, "known")).toHaveLength(4);
		expect(asked).toEqual(Array(5).fill("/api/traces/known"));
		expect(await spansOf(session, backend, "other")).toEqual([]);
		await expect(spansOf(session, backend, "odd")).rejects.toMatchObject({
			exitCode: 4,
			message: `the trace backend at ${backend}api/traces/odd answered HTTP 500: {}`,
			hint: expect.stringContaining("--traces takes the address of Jaeger's query API"),
		});
		await expect(spansOf(session, backend, "page")).rejects.toThrow(/answered with a web page$/);
		await expect(spansOf(session, backend, "json")).rejects.toThrow(/answered with other JSON than Jaeger's$/);
		const nobody = createServer();
		await new Promise<void>((resolve) => nobody.listen(0, "127.0.0.1", resolve));
		const { port } = nobody.address() as AddressInfo;
		await new Promise((resolve) => nobody.close(resolve));
		await expect(spansOf(session, `http://127.0.0.1:${port}`, "known")).rejects.toThrow(/ECONNREFUSED/);
		const stopped = { ...session, signal: AbortSignal.abort(new InterruptedError("SIGINT")) };
		await expect(spansOf(stopped, backend, "known")).rejects.toThrow(InterruptedError);
	});
});

const hops = (scale: number): Hop[] => hopsOf("warm", { clientMs: 4 * scale, gateway: logged(2 * scale, scale) }) ?? [];
const common = { kind: "warm" as const, source: "access log" as const, sent: 8, notes: ["a note"] };

describe("a request trace", () => {
	it("shows the request in the middle, and each hop's median with its range", () => {
		const trace = requestTrace({ ...common, requests: [1, 2, 3, 4, 5, 6, 700].map(hops) });
		expect(trace).toMatchObject({ complete: 7, sent: 8 });
		expect(trace?.hops[0]?.totalMs).toBe(16);
		expect(trace?.medians[1]).toEqual({
			name: "istio-ingressgateway",
			depth: 1,
			requests: 7,
			total: { ms: 8, lo: 2, hi: 1400 },
			own: { ms: 4, lo: 1, hi: 700 },
		});
		expect(requestTrace({ ...common, requests: [] })).toBeUndefined();
		expect(requestTrace({ ...common, requests: [hops(1)] })?.medians[0]?.total).toEqual({ ms: 4 });
	});

	it("is kept by the report, and shown in each format with the talk's figures", async () => {
		const report = aTradeoffReport();
		const trace = requestTrace({ ...common, requests: [1, 2, 3].map(hops) });
		const cold = requestTrace({ ...common, kind: "cold", requests: [hops(1000)] });
		const [first] = report.tradeoffs?.profiles ?? [];
		if (first === undefined || trace === undefined || cold === undefined) throw new Error("no trace");
		first.traces = [trace, cold];
		const read = parseReport(reportText(report), "run.json");
		expect(read.tradeoffs?.profiles[0]?.traces).toEqual([trace, cold]);
		const shown = async (name: string) => (await tradeoffFormatNamed(name).load())(read);
		const table = await shown("table");
		expect(table).toMatch(/minimal, warm request, ms \(by access log; one request, and the medians of 3 of 8\)/);
		expect(table).toMatch(/ {2}istio-ingressgateway +4\.000 +2\.000 +4\.000 +2\.000 +2\.424/);
		expect(table).toContain("970 µs and 485 µs");
		expect(await shown("md")).toMatch(/\| · istio-ingressgateway \| 4\.000 \| 2\.000 \| 4\.000 \| 2\.000 \| 2\.424 \|/);
		const picture = await shown("hops");
		for (const words of [
			"in the talk, warm",
			"minimal, warm (median of 3, by access log)",
			"minimal, cold",
			"4.0 ms",
		]) {
			expect(picture).toContain(words);
		}
		const page = tradeoffsOf(read);
		expect(page).toMatch(
			/<caption>minimal, warm request, ms .*<\/caption>.*<th scope="row">\u2003<bdi>istio-ingressgateway<\/bdi><\/th><td class="number">4\.000/s,
		);
		expect(page).toContain('<svg xmlns="http://www.w3.org/2000/svg" viewBox');
		expect(page).toContain('aria-labelledby="traces-title traces-description"');
		expect(tradeoffsOf(aTradeoffReport())).not.toContain("<svg");
		expect(renderTracesOf(aTradeoffReport())).toContain("no data: the report has no request trace");
	});
});
