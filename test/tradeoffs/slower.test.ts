import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock/clock.ts";
import { substitute } from "../../src/profile/effective.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { latencyCell, type WarmLatencies } from "../../src/tradeoffs/latency.ts";
import { latenciesOf, openLatencyProbe } from "../../src/tradeoffs/probes/latency.ts";
import type { Visit } from "../../src/tradeoffs/probes/probe.ts";
import { sendSteadily } from "../../src/tradeoffs/probes/steady-load.ts";
import { coldStartCell } from "../../src/tradeoffs/slower.ts";
import { aReport, around } from "../gate/a-report.ts";

const [minimal, full, noPolicy] = (await loadProfiles(["minimal", "full", "no-policy"])).map((profile) =>
	substitute(profile, "knistio"),
);
if (minimal === undefined || full === undefined || noPolicy === undefined) throw new Error("built-in profiles");
const all = [minimal, full, noPolicy];

const own = "hello.example.com";
const beside = "beside.example.com";

/** A service whose answers take so long, by the number of the request and its host; another host has the same. */
async function visitTo(
	delayMs: (request: number, host: string | undefined) => number,
	status = 200,
): Promise<Visit & { connections: number; hosts: (string | undefined)[] }> {
	let requests = 0;
	const hosts: (string | undefined)[] = [];
	const server = createServer(async (request, response) => {
		hosts.push(request.headers.host);
		await wait(delayMs(requests++, request.headers.host));
		response.writeHead(status).end("hello");
	});
	const visit = { connections: 0 } as Visit & { connections: number; hosts: (string | undefined)[] };
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
		service: { host: own },
		serviceName: "hello",
		deployed: async (name: string) => ({ host: beside, revision: `${name}-1`, ref: { name } }),
		hosts,
		now: () => process.hrtime.bigint(),
		speed: 1,
	});
}

describe("a steady load", () => {
	it("counts what a slow answer keeps waiting, on one connection", async () => {
		// The first request opens the connection.
		const visit = await visitTo((request) => (request === 6 ? 400 : 0));
		const [block, ...others] = await sendSteadily(visit, [own], { requests: 40, perSecond: 50 });
		const latenciesMs = block?.latenciesMs ?? [];
		expect(others).toEqual([]);
		expect(block?.failed).toBe(0);
		expect(visit.connections).toBe(1);
		expect(latenciesMs).toHaveLength(40);
		expect(latenciesMs[5]).toBeGreaterThan(390);
		// Due every 20 ms: the nth behind the slow one has waited for all but n times that.
		for (const behind of [1, 5, 10]) expect(latenciesMs[5 + behind]).toBeGreaterThan(390 - 20 * behind);
	});

	it("keeps its rate: it does not hurry", async () => {
		const visit = await visitTo(() => 0);
		const startedAt = performance.now();
		await sendSteadily(visit, [own, beside], { requests: 50, perSecond: 100, blockOf: 5 });
		expect(performance.now() - startedAt).toBeGreaterThan(480);
	});

	it("asks two hosts in turns, ABBA, each on a connection of its own, and does not time one by what the other took", async () => {
		// Two requests open the connections; the last of the first block is slow.
		const visit = await visitTo((request) => (request === 6 ? 300 : 0));
		const blocks = await sendSteadily(visit, [own, beside], { requests: 40, perSecond: 100, blockOf: 5 });
		expect(visit.connections).toBe(2);
		expect(blocks.map(({ host }) => host)).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
		const asked = blocks.flatMap(({ host }) => Array(5).fill(host === 0 ? own : beside));
		expect(visit.hosts).toEqual([own, beside, ...asked]);
		expect(blocks[0]?.latenciesMs.at(-1)).toBeGreaterThan(290);
		for (const block of blocks.slice(1)) expect(Math.max(...block.latenciesMs)).toBeLessThan(200);
	});

	it("goes at the gentler rate where a few requests say that the usual one is not low", async () => {
		const load = { requests: 8, perSecond: 20, gentlerPerSecond: 8, blockOf: 2 };
		// Half of the gap of the usual rate is 25 ms; one of the two is enough.
		const slow = await visitTo((_, host) => (host === beside ? 40 : 0));
		expect((await openLatencyProbe(load).run?.(slow))?.latencies?.perSecond).toBe(8);
		const fast = await visitTo(() => 0);
		expect((await openLatencyProbe(load).run?.(fast))?.latencies?.perSecond).toBe(20);
		// Slower than the gentler one too: no rate is low.
		const tooSlow = await visitTo(() => 180);
		await expect(openLatencyProbe(load).run?.(tooSlow)).rejects.toThrow("8 requests a second are too many");
	});

	it("is no measurement where requests fail, where the service cannot keep up, or where time goes faster", async () => {
		const run = (visit: Visit, perSecond: number) =>
			openLatencyProbe({ requests: 40, perSecond, blockOf: 10 }).run?.(visit);
		await expect(run(await visitTo(() => 0, 503), 200)).rejects.toThrow("40 of 40 warm");
		await expect(run(await visitTo(() => 30), 100)).rejects.toThrow("too many for one");
		// One of the two is enough.
		await expect(run(await visitTo((_, host) => (host === beside ? 30 : 0)), 100)).rejects.toThrow("too many for one");
		const fast = { ...(await visitTo(() => 0)), speed: 20 };
		await expect(run(fast, 100)).rejects.toThrow("20 times as fast");
	});
});

describe("pairs of blocks", () => {
	it("differ by their medians, whichever comes first, and what drifts is in both alike", () => {
		const block = (host: number, ms: number) => ({ host, latenciesMs: [ms - 1, ms, ms + 5], failed: 0 });
		// The machine gets slower by 1 ms with each block.
		const blocks = [block(0, 10), block(1, 9), block(1, 10), block(0, 13), block(0, 14), block(1, 13)];
		expect(latenciesOf(blocks)).toEqual({
			ownMs: [9, 10, 15, 12, 13, 18, 13, 14, 19],
			besideMs: [8, 9, 14, 9, 10, 15, 12, 13, 18],
			shiftsMs: [1, 3, 1],
		});
		expect(latenciesOf([block(0, 10), { host: 1, latenciesMs: [], failed: 3 }]).shiftsMs).toEqual([]);
	});
});

describe("the cell of the latency", () => {
	/** Requests that take so long, in pairs that differ by about `shiftMs`. */
	const measured = (besideMs: number, shiftMs: number, pairs = 45): WarmLatencies => {
		const spread = (ms: number) => Array.from({ length: 400 }, (_, index) => ms + (index % 20) * 0.01);
		const shiftsMs = Array.from({ length: pairs }, (_, index) => shiftMs + ((index % 9) - 4) * 0.01);
		return { ownMs: spread(besideMs + shiftMs), besideMs: spread(besideMs), shiftsMs, perSecond: 100 };
	};
	const cellOf = (profile: typeof minimal, latencies: WarmLatencies) => latencyCell({ profile, latencies }, []);

	it("is observed where pairs surely differ, and refuted where they do not, whatever other visits took", () => {
		const cells = [
			latencyCell({ profile: full, latencies: measured(3, 4) }, []),
			// As slow as that one, but so was the service without a proxy in the same visit.
			latencyCell({ profile: noPolicy, latencies: measured(7, 0.1) }, []),
		];
		expect(cells.map((cell) => cell?.answer)).toEqual(["observed", "refuted"]);
		expect(cells[0]?.amounts?.[0]).toMatchObject({ name: "difference", unit: "ms" });
		expect(cells[0]?.amounts?.[0]?.value).toBeCloseTo(4, 5);
		expect(cells[1]?.amounts?.map(({ name }) => name)).toEqual([
			"difference",
			...["p50", "p90", "p99"],
			...["p50", "p90", "p99"].map((name) => `without a proxy, ${name}`),
		]);
		expect(cells[0]?.evidence).toMatch(
			/same image without a proxy p50 3\.\d+ .*in 45 pairs of blocks that took turns, 100 requests a second/,
		);
	});

	it("of a profile without a proxy is the control of the method, and says whether it holds 0", () => {
		const held = cellOf(minimal, measured(3, 0));
		expect(held?.answer).toBe("refuted");
		expect(held?.evidence).toContain("an A/A control), and 0 is in the range");
		const off = cellOf(minimal, measured(3, 0.2));
		expect(off?.answer).toBe("refuted");
		expect(off?.evidence).toContain("yet 0 is not in the range: so much of a difference is the method's own error");
		const much = cellOf(minimal, measured(3, -0.6));
		expect(much?.answer).toBe("not-tested");
	});

	it("tells the policy's own share by the differences of two visits, each within its own", () => {
		const all = [
			{ profile: full, latencies: measured(3, 4) },
			{ profile: noPolicy, latencies: measured(9, 0.5) },
		];
		const [cell] = all.map((each) => latencyCell(each, all));
		const share = cell?.amounts?.find(({ name }) => name === "policy check");
		expect(share?.value).toBeCloseTo(3.5, 5);
		expect(share?.lo).toBeLessThan(3.5);
		expect(cell?.evidence).toMatch(/own share beside the difference of no-policy: policy check 3\.50 ms/);
		const others = { ...noPolicy, podAnnotations: { "sidecar.istio.io/proxyCPU": "1" } };
		const apart = [
			{ profile: full, latencies: measured(3, 4) },
			{ profile: others, latencies: measured(3, 0.5) },
		];
		expect(apart.map((each) => latencyCell(each, apart))[0]?.evidence).not.toContain("own share");
	});

	it("is not tested where the range does not tell, with too few pairs, or where nothing was measured", () => {
		const wide = Array.from({ length: 40 }, (_, index) => index - 18);
		expect(cellOf(full, { ...measured(3, 4), shiftsMs: wide })?.evidence).toContain("too close to tell");
		expect(cellOf(full, measured(3, 4, 5))).toMatchObject({ answer: "not-tested" });
		expect(cellOf(full, measured(3, 4, 0))).toMatchObject({ answer: "not-tested" });
		expect(cellOf(minimal, measured(3, 0, 5))).toMatchObject({ answer: "not-tested" });
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
