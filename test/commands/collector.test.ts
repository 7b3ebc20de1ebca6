import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { requireCollector, sendTraces } from "../../src/commands/gate/collector.ts";
import { post } from "../../src/context/http.ts";
import type { OtlpTraces } from "../../src/output/report/otlp.ts";
import { aReport, around } from "../gate/a-report.ts";
import { startCollector } from "../support/collector.ts";
import { knistio } from "../support/command-line.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const report = join(folder, "run.json");
writeFileSync(report, JSON.stringify(reportOf(recorded("native"))));

describe("show --otlp", () => {
	it("sends what --out run.otlp.json writes to /v1/traces, and prints nothing else", async () => {
		const { address, received, resources, spans } = await startCollector();
		const out = join(folder, "run.otlp.json");
		const outcome = await knistio(["show", report, "--otlp", address, "--out", out]);
		expect(outcome).toMatchObject({ code: 0, stdout: "", stderr: `wrote ${out}\n` });
		expect(received.map(({ path }) => path)).toEqual(["/v1/traces"]);
		expect({ resourceSpans: resources() }).toEqual(JSON.parse(readFileSync(out, "utf8")) as OtlpTraces);
		expect(spans().map(({ name }) => name)).toContain("container_startup_istio-proxy");
	});

	it("keeps the path of an address that has one", async () => {
		const { address, received } = await startCollector();
		await knistio(["show", report, "--otlp", `${address}/otlp/`]);
		await knistio(["show", report, "--otlp", `${address}/otlp/v1/traces?tenant=a`]);
		expect(received.map(({ path }) => path)).toEqual(["/otlp/v1/traces", "/otlp/v1/traces?tenant=a"]);
	});

	it("sends the headers of OTEL_EXPORTER_OTLP_HEADERS, and never prints them", async () => {
		const { address, received } = await startCollector({ status: 401 });
		const env = { OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20s3cret, x-scope=a" };
		const { code, stderr } = await knistio(["show", report, "--otlp", address], { env });
		expect(received[0]?.headers).toMatchObject({ authorization: "Bearer s3cret", "x-scope": "a" });
		expect(code).toBe(2);
		expect(stderr).toMatch(/HTTP 401: .*\nhint: OTEL_EXPORTER_OTLP_HEADERS/);
		const broken = { OTEL_EXPORTER_OTLP_HEADERS: "s3cret" };
		const refused = await knistio(["show", report, "--otlp", address], { env: broken });
		expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("OTEL_EXPORTER_OTLP_HEADERS: a header") });
		expect(stderr + refused.stderr).not.toContain("s3cret");
	});

	it.each([
		["localhost:4318", "is not an HTTP address"],
		["collector", "is not an address"],
		["http://user:s3cret@localhost:4318", "the address holds a password"],
	])("refuses %s", async (address, words) => {
		const { code, stderr } = await knistio(["show", report, "--otlp", address]);
		expect(code).toBe(2);
		expect(stderr).toContain(words);
		expect(stderr).not.toContain("s3cret");
	});

	it("says that nobody is there", async () => {
		const figures = figuresOf(reportOf(recorded("none")));
		const pauses: number[] = [];
		const [error] = await sendTraces(figures, "http://127.0.0.1:9", { post, env: {} }, async (ms) => {
			pauses.push(ms);
		});
		expect(error?.message).toMatch(/^cannot send the traces to http:\/\/127\.0\.0\.1:9\/v1\/traces: .+/);
		expect(error?.hint).toContain("http://HOST:4318");
		expect(pauses).toEqual([1_000, 3_000]);
	});
});

describe("the collector's answer", () => {
	const figures = figuresOf(aReport({ full: { totals: around(2_000, 100, 2_500) } }));
	const outside = { post, env: {} };
	const atOnce = async () => {};

	it("may be that it is busy, and is asked again then", async () => {
		const { address, received, spans } = await startCollector({ status: 503 }, { status: 429 }, {});
		expect(await sendTraces(figures, address, outside, atOnce)).toEqual([]);
		// The first piece three times.
		expect(received).toHaveLength(5);
		expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(2_500);
	});

	it("is an error when it stays busy or refuses", async () => {
		for (const [status, tries] of [
			[503, 3],
			[404, 1],
			[302, 1],
		] as const) {
			const { address, received } = await startCollector({ status, body: "no such page" });
			const [error] = await sendTraces(figures, address, outside, atOnce);
			expect(error?.message).toContain(`refused the traces: HTTP ${status}: no such page`);
			expect(received).toHaveLength(tries);
		}
	});

	it("may refuse a part", async () => {
		const body = JSON.stringify({ partialSuccess: { rejectedSpans: "7", errorMessage: "too old" } });
		const { address } = await startCollector({ body });
		const [error] = await sendTraces(figures, address, outside, atOnce);
		expect(error?.message).toContain("refused 7 of the spans: too old");
	});

	it("is looked at before a run, with nothing to store", async () => {
		const { address, received } = await startCollector({}, { status: 404 });
		await requireCollector(address, outside, atOnce);
		expect(received[0]?.traces).toEqual({ resourceSpans: [] });
		await expect(requireCollector(address, outside, atOnce)).rejects.toThrow(/HTTP 404/);
	});

	it("is not waited for where no collector was named", async () => {
		const never = { env: {}, post: () => Promise.reject(new Error("sent")) };
		expect(await sendTraces(figures, undefined, never)).toEqual([]);
		await requireCollector(undefined, never);
	});
});
