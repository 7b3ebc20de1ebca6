import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock/clock.ts";
import { substitute } from "../../src/profile/effective.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { openLatencyProbe } from "../../src/tradeoffs/probes/latency.ts";
import type { Visit } from "../../src/tradeoffs/probes/probe.ts";
import { sendSteadily } from "../../src/tradeoffs/probes/steady-load.ts";
import { coldStartCell, latencyCell } from "../../src/tradeoffs/slower.ts";
import { aReport, around } from "../gate/a-report.ts";

const [minimal, full, noPolicy] = (await loadProfiles(["minimal", "full", "no-policy"])).map((profile) =>
	substitute(profile, "knistio"),
);
if (minimal === undefined || full === undefined || noPolicy === undefined) throw new Error("built-in profiles");
const all = [minimal, full, noPolicy];

/** A service whose answers take so long, by the number of the request. */
async function visitTo(delayMs: (request: number) => number, status = 200): Promise<Visit & { connections: number }> {
	let requests = 0;
	const server = createServer(async (_, response) => {
		await wait(delayMs(requests++));
		response.writeHead(status).end("hello");
	});
	const visit = { connections: 0 } as Visit & { connections: number };
	server.on("connection", () => {
		visit.connections++;
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	onTestFinished(() => void server.closeAllConnections());
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	return Object.assign(visit, {
		session: { signal: new AbortController().signal, clock: systemClock },
		route: { kind: "direct", url, by: "given" },
		service: { host: "hello.example.com" },
		now: () => process.hrtime.bigint(),
		speed: 1,
	});
}

describe("a steady load", () => {
	it("counts what a slow answer keeps waiting, on one connection", async () => {
		// The first request opens the connection.
		const visit = await visitTo((request) => (request === 6 ? 400 : 0));
		const { latenciesMs, failed } = await sendSteadily(visit, { requests: 40, perSecond: 50 });
		expect(failed).toBe(0);
		expect(visit.connections).toBe(1);
		expect(latenciesMs).toHaveLength(40);
		expect(latenciesMs[5]).toBeGreaterThan(390);
		// Due every 20 ms: the nth behind the slow one has waited for all but n times that.
		for (const behind of [1, 5, 10]) expect(latenciesMs[5 + behind]).toBeGreaterThan(390 - 20 * behind);
	});

	it("keeps its rate: it does not hurry", async () => {
		const visit = await visitTo(() => 0);
		const startedAt = performance.now();
		await sendSteadily(visit, { requests: 50, perSecond: 100 });
		expect(performance.now() - startedAt).toBeGreaterThan(480);
	});

	it("is no measurement where requests fail, where the service cannot keep up, or where time goes faster", async () => {
		const failing = await visitTo(() => 0, 503);
		await expect(openLatencyProbe({ requests: 20, perSecond: 200 }).run(failing)).rejects.toThrow("20 of 20 warm");
		const slow = await visitTo(() => 30);
		await expect(openLatencyProbe({ requests: 30, perSecond: 100 }).run(slow)).rejects.toThrow("too many for one");
		const fast = { ...slow, speed: 20 };
		await expect(openLatencyProbe().run(fast)).rejects.toThrow("20 times as fast");
	});
});

describe("the cell of the latency", () => {
	const spread = (medianMs: number) => Array.from({ length: 400 }, (_, index) => medianMs + (index % 20) * 0.01);
	const given = (profile: typeof minimal, medianMs: number) => ({ profile, latenciesMs: spread(medianMs) });

	it("is observed where the median surely is longer than without a sidecar, and refuted where it is not", () => {
		const measured = [given(minimal, 3), given(full, 7), given(noPolicy, 3.1)];
		const cells = measured.map((each) => latencyCell(each, measured));
		expect(cells.map((cell) => cell?.answer)).toEqual(["refuted", "observed", "refuted"]);
		expect(cells[1]?.amounts?.[0]).toMatchObject({ name: "difference", unit: "ms" });
		expect(cells[1]?.amounts?.[0]?.value).toBeCloseTo(4, 5);
		expect(cells[2]?.amounts?.map(({ name }) => name)).toEqual(["difference", "p50", "p90", "p99"]);
	});

	it("tells the policy's own share beside a profile that differs by its policy alone, and says that they took no turns", () => {
		const measured = [given(minimal, 3), given(full, 7), given(noPolicy, 3.5)];
		const [, cell] = measured.map((each) => latencyCell(each, measured));
		const share = cell?.amounts?.find(({ name }) => name === "policy check");
		expect(share?.value).toBeCloseTo(3.5, 5);
		expect(share?.lo).toBeLessThan(3.5);
		expect(cell?.evidence).toMatch(/not in turns.*own share beside no-policy: policy check 3\.50 ms/);
		const others = { ...noPolicy, podAnnotations: { "sidecar.istio.io/proxyCPU": "1" } };
		const apart = [given(minimal, 3), given(full, 7), given(others, 3.5)];
		expect(latencyCell(given(full, 7), apart)?.evidence).not.toContain("own share");
	});

	it("is not tested where the ranges do not tell, or nothing without a sidecar was measured", () => {
		const wide = (profile: typeof minimal, shift: number) => ({
			profile,
			latenciesMs: Array.from({ length: 30 }, (_, index) => 1 + shift + index),
		});
		const unsure = [wide(minimal, 0), wide(full, 2)];
		expect(latencyCell(wide(full, 2), unsure)).toMatchObject({ answer: "not-tested" });
		expect(latencyCell(given(full, 7), [given(full, 7)])?.answer).toBe("not-tested");
		expect(latencyCell({ profile: full }, [])).toBeUndefined();
	});
});

describe("the cell of the cold start", () => {
	const report = (times: Record<string, number>) =>
		aReport(Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, { totals: around(ms, 60, 20) }])));

	it("is observed where cold starts surely take longer, and refuted where they do not", () => {
		const measured = report({ minimal: 2000, full: 5000, "no-policy": 2010 });
		const answers = all.map((profile) => coldStartCell(profile, all, measured).answer);
		expect(answers).toEqual(["refuted", "observed", "refuted"]);
		expect(coldStartCell(full, all, measured).evidence).toMatch(
			/median 5\.\d+ s of 20, beside 2\.\d+ s of 20 in minimal/,
		);
	});

	it("is not tested without a report, without its cold starts, without a profile to compare with, or with too few", () => {
		const answers = [
			coldStartCell(full, all, undefined),
			coldStartCell(full, all, report({ minimal: 2000 })),
			coldStartCell(full, [full], report({ full: 5000 })),
			coldStartCell(full, all, aReport({ minimal: { totals: [2000] }, full: { totals: [5000] } })),
		];
		expect(answers.map(({ answer }) => answer)).toEqual(answers.map(() => "not-tested"));
	});
});
