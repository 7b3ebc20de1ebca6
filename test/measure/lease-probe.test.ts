import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import { probeClocks } from "../../src/measure/clocks/clocks.ts";
import { probeLease } from "../../src/measure/clocks/lease-probe.ts";
import type { Untimed } from "../../src/recording/entries.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { connectionTo, transportTo } from "../kube/connection.ts";
import { type ApiServer, feed, refusal, startApiServer } from "../support/api-server.ts";
import { aPod, seen } from "./revision.ts";

const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const anchor = 1_700_000_000_000_000_000n;
const clientNow = () => process.hrtime.bigint() + anchor;

const lease = (name: string, renewTime?: string) => ({
	kind: "Lease",
	apiVersion: "coordination.k8s.io/v1",
	metadata: { name, resourceVersion: "7" },
	spec: renewTime === undefined ? {} : { renewTime },
});
const listed = (name: string) => ({
	json: { metadata: { resourceVersion: "5" }, items: [lease(name, "2036-01-01T00:00:00.000000Z")] },
});

/** Answers lists, and one watch for each of these nodes; the leases of others are refused. */
function serveLeases(server: ApiServer, ...nodes: string[]) {
	const feeds = new Map(nodes.map((node) => [`metadata.name=${node}`, { node, watch: feed() }]));
	server.on(`GET ${leases}`, (call) => {
		const found = feeds.get(call.query.get("fieldSelector") ?? "");
		if (found === undefined) return refusal(403, "Forbidden");
		return call.query.has("watch") ? found.watch : listed(found.node);
	});
	return [...feeds.values()].map(({ watch }) => watch);
}

/** Resolves when so many entries have been recorded. */
function recorder() {
	const entries: Untimed[] = [];
	let onEntry = () => {};
	return {
		entries,
		record(entry: Untimed) {
			entries.push(entry);
			onEntry();
		},
		async has(count: number) {
			while (entries.length < count) {
				await new Promise<void>((resolve) => {
					onEntry = resolve;
				});
			}
		},
	};
}

async function probing(server: ApiServer, node: string) {
	const ended = new AbortController();
	const { entries, record, has } = recorder();
	const done = probeLease(node, {
		transport: await transportTo(server.origin),
		signal: ended.signal,
		renew: async () => {},
		timeOf: (hrtime) => hrtime + anchor,
		record,
	});
	return { entries, has, done, end: () => ended.abort() };
}

describe("a node's lease", () => {
	it("bounds the node's clock from below, by how long ago each renewal was when it came", async () => {
		const server = await startApiServer();
		const [watch] = serveLeases(server, "n1");
		const { entries, has, done, end } = await probing(server, "n1");
		await watch?.opened;
		const before = clientNow();
		watch?.event("MODIFIED", lease("n1", "2026-11-23T10:00:00.123456Z"));
		await has(1);
		const after = clientNow();
		end();
		await done;
		const stamp = BigInt(Date.parse("2026-11-23T10:00:00Z")) * 1_000_000n + 123_456_000n;
		const [entry] = entries;
		if (entry?.kind !== "clock") throw new Error("it gave no bound");
		expect(entry).toMatchObject({ clock: "node/n1", method: "lease" });
		expect(entry).not.toHaveProperty("hiNs");
		expect(BigInt(entry.loNs)).toBeGreaterThanOrEqual(stamp - after);
		expect(BigInt(entry.loNs)).toBeLessThanOrEqual(stamp - before);
	});

	it("says nothing by what a list knows, by its removal, or without a time", async () => {
		const server = await startApiServer();
		const [watch] = serveLeases(server, "n1");
		const { entries, has, done, end } = await probing(server, "n1");
		await watch?.opened;
		watch?.event("DELETED", lease("n1", "2026-11-23T10:00:00.000000Z"));
		watch?.event("MODIFIED", lease("n1"));
		watch?.event("MODIFIED", lease("n1", "2026-11-23T10:00:10.000000Z"));
		await has(1);
		end();
		await done;
		expect(entries).toHaveLength(1);
		expect(server.calls.map(({ query }) => query.get("fieldSelector"))).toEqual([
			"metadata.name=n1",
			"metadata.name=n1",
		]);
	});

	it("that may not be watched is an error for the caller", async () => {
		const server = await startApiServer();
		server.on(`GET ${leases}`, refusal(403, "Forbidden"));
		await expect((await probing(server, "n1")).done).rejects.toMatchObject({ status: 403 });
	});
});

/** The clocks of a cluster where no Date is to be had, seen from a client whose time goes `speed` times as fast. */
function clocksOf(server: ApiServer, { nodes, speed }: { nodes: string[]; speed: number }) {
	const state = openLiveState();
	for (const node of nodes) state.add(seen("pods", aPod(node, { spec: { nodeName: node } })));
	state.add(seen("pods", aPod("without a node")));
	const ended = new AbortController();
	const { entries, record, has } = recorder();
	const cluster: Pick<Cluster, "raw" | "connection"> = {
		connection: async () => connectionTo(server.origin),
		raw: async () => {
			throw new Error("nobody answers");
		},
	};
	const clock = { hrtimeAtStart: 0n, epochNsAtStart: anchor, speed };
	const done = probeClocks({ cluster, state, clock, record, signal: ended.signal });
	return { entries, has, done, abort: () => ended.abort(new Error("interrupted")) };
}

describe("the clocks", () => {
	it("of all nodes that our pods are on are heard, until the run ends", async () => {
		const server = await startApiServer();
		const watches = serveLeases(server, "n1", "n2");
		const { entries, has, done, abort } = clocksOf(server, { nodes: ["n1", "n2", "n2"], speed: 1 });
		for (const [index, watch] of watches.entries()) {
			await watch.opened;
			watch.event("MODIFIED", lease(`n${index + 1}`, "2026-11-23T10:00:00.000000Z"));
		}
		await has(2);
		abort();
		await done;
		expect(entries.map((entry) => entry.kind === "clock" && entry.clock).sort()).toEqual(["node/n1", "node/n2"]);
	});

	it("are heard of where one is refused", async () => {
		const server = await startApiServer();
		const [watch] = serveLeases(server, "n1");
		const { has, done, abort } = clocksOf(server, { nodes: ["n1", "n2"], speed: 1 });
		await watch?.opened;
		await new Promise((resolve) => setTimeout(resolve, 20));
		watch?.event("MODIFIED", lease("n1", "2026-11-23T10:00:00.000000Z"));
		expect(await Promise.race([has(1).then(() => "heard"), done.then(() => "given up")])).toBe("heard");
		abort();
		await done;
	});

	it("are heard for 14 s of the client's time", async () => {
		const server = await startApiServer();
		serveLeases(server, "n1");
		const startedAt = performance.now();
		const { entries, done } = clocksOf(server, { nodes: ["n1"], speed: 500 });
		await done;
		expect(performance.now() - startedAt).toBeGreaterThanOrEqual(26);
		expect(entries).toEqual([]);
	});

	it("remain unknown, and the run goes on, where nothing is allowed", async () => {
		const server = await startApiServer();
		server.on(`GET ${leases}`, refusal(403, "Forbidden"));
		const { entries, done } = clocksOf(server, { nodes: ["n1"], speed: 1 });
		await done;
		expect(entries).toEqual([]);
	});
});
