import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { observe } from "../../src/measure/observing/observe.ts";
import { pingAnnotation, pingPodName } from "../../src/measure/observing/ping.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { connectionTo } from "../kube/connection.ts";
import { type ApiServer, feed, refusal, startApiServer, type WatchFeed } from "../support/api-server.ts";

const pods = "/api/v1/namespaces/x/pods";
const events = "/api/v1/namespaces/x/events";
const anchor = 1_700_000_000_000_000_000n;

const pod = (name: string, resourceVersion: string, more: object = {}) => ({
	kind: "Pod",
	metadata: { name, uid: name, resourceVersion, managedFields: [{ manager: "kubelet" }], ...more },
});
const list = { json: { metadata: { resourceVersion: "5" }, items: [pod("a", "1"), pod(pingPodName, "2")] } };

/** Lists and watches of one collection, the latter fed by the test. */
function collection(server: ApiServer, path: string, listed: object = list): WatchFeed {
	const watch = feed();
	server.on(`GET ${path}`, (call) => (call.query.has("watch") ? watch : listed));
	return watch;
}

async function start(server: ApiServer, options: { isPinged?: boolean } = {}) {
	const entries: Entry[] = [];
	const failures: Error[] = [];
	const count = { ready: 0, renewals: 0 };
	const observing = await observe(
		{
			connection: connectionTo(server.origin),
			clock: { hrtimeAtStart: 0n, epochNsAtStart: anchor, speed: 1 },
			watches: [
				{ watch: "pods", path: pods, apiVersion: "v1", objectKind: "Pod" },
				{ watch: "events", path: events, apiVersion: "v1", objectKind: "Event" },
			],
			...(options.isPinged === true ? { pingPath: `${pods}/${pingPodName}` } : {}),
		},
		{
			onEntry: (entry) => void entries.push(entry),
			onReady: () => void count.ready++,
			onRenew: () => void count.renewals++,
			onFailed: (error) => void failures.push(error),
		},
	);
	onTestFinished(() => observing.stop());
	const ofKind = <K extends Entry["kind"]>(kind: K) =>
		entries.filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
	return { observing, entries, ofKind, failures, count };
}

const noEvents = { json: { metadata: { resourceVersion: "9" }, items: [] } };

describe("observing", () => {
	it("is ready when every watch has listed", async () => {
		const server = await startApiServer();
		let release: (reply: object) => void = () => {};
		const held = new Promise<object>((resolve) => {
			release = resolve;
		});
		const watch = collection(server, pods);
		const eventWatch = feed();
		server.on(`GET ${events}`, (call) => (call.query.has("watch") ? eventWatch : held));
		const { count, ofKind } = await start(server);
		await watch.opened;
		expect(count.ready).toBe(0);
		release(noEvents);
		await eventWatch.opened;
		expect(count.ready).toBe(1);
		expect(ofKind("listed").map((entry) => entry.watch)).toEqual(["pods", "events"]);
	});

	it("makes entries of what it hears, in the run's clock, without who changed what and without the ping's pod", async () => {
		const server = await startApiServer();
		const watch = collection(server, pods);
		collection(server, events, noEvents);
		const before = process.hrtime.bigint() + anchor;
		const { ofKind } = await start(server);
		await watch.opened;
		watch.event("MODIFIED", pod("a", "6", { labels: { x: "y" }, annotations: { token: "s3cr3t" } }));
		watch.event("MODIFIED", pod(pingPodName, "7", { annotations: { [pingAnnotation]: "unknown" } }));
		watch.event("DELETED", pod("a", "8"));
		await vi.waitFor(() => expect(ofKind("watch")).toHaveLength(2));
		const after = process.hrtime.bigint() + anchor;
		const [listed] = ofKind("listed");
		expect(listed).toMatchObject({ watch: "pods", afterGap: false });
		expect(listed?.objects).toEqual([
			{ apiVersion: "v1", kind: "Pod", metadata: { name: "a", uid: "a", resourceVersion: "1" } },
		]);
		expect(ofKind("watch")).toMatchObject([
			{ watch: "pods", type: "MODIFIED", object: { metadata: { labels: { x: "y" } } } },
			{ type: "DELETED" },
		]);
		for (const { at, object } of ofKind("watch")) {
			expect(BigInt(at) > before && BigInt(at) < after).toBe(true);
			expect(object.metadata).not.toHaveProperty("managedFields");
			expect(JSON.stringify(object)).not.toContain("s3cr3t");
		}
	});

	it("tells of an interruption", async () => {
		const server = await startApiServer();
		const watch = collection(server, pods);
		collection(server, events, noEvents);
		const { ofKind } = await start(server);
		await watch.opened;
		watch.end();
		await vi.waitFor(() =>
			expect(ofKind("watch-state")[0]).toMatchObject({ watch: "pods", state: "resumed", reason: expect.anything() }),
		);
	});

	it("fails where a watch is refused for good", async () => {
		const server = await startApiServer();
		collection(server, pods);
		server.on(`GET ${events}`, refusal(403, "Forbidden", "events is forbidden"));
		const { failures, count } = await start(server);
		await vi.waitFor(() =>
			expect(failures).toMatchObject([{ exitCode: 4, message: `watch ${events}: events is forbidden` }]),
		);
		expect(count.ready).toBe(0);
	});

	it("sends requests while it watches", async () => {
		const server = await startApiServer();
		collection(server, pods);
		collection(server, events, noEvents);
		server.on("GET /hello", { text: "Hello!" });
		const { observing } = await start(server);
		const times = await observing.request({
			route: { kind: "service-proxy", path: "/hello" },
			host: "h",
			expectBody: "Hello!",
			timeoutMs: 1_000,
		});
		expect(times).toMatchObject({ status: 200, bodyMatches: true });
		expect(BigInt(times.sentAt ?? 0)).toBeGreaterThan(anchor);
	});
});

describe("pings", () => {
	it("are timed from the patch to the watch", async () => {
		const server = await startApiServer();
		const watch = collection(server, pods);
		collection(server, events, noEvents);
		server.on(`PATCH ${pods}/${pingPodName}`, (call) => {
			watch.event("MODIFIED", pod(pingPodName, "7", JSON.parse(call.body).metadata));
			return {};
		});
		const { ofKind } = await start(server, { isPinged: true });
		await vi.waitFor(() => expect(ofKind("ping").length).toBeGreaterThan(1), { timeout: 1_500 });
		for (const { sentAt, seenAt, at } of ofKind("ping")) {
			const lagMs = Number(BigInt(seenAt) - BigInt(sentAt)) / 1e6;
			expect(lagMs).toBeGreaterThan(0);
			expect(lagMs).toBeLessThan(240);
			expect(seenAt).toBe(at);
		}
		expect(ofKind("watch")).toEqual([]);
		const patches = server.calls.filter(({ method }) => method === "PATCH");
		expect(patches.map(({ body }) => JSON.parse(body).metadata.annotations[pingAnnotation])).toEqual(
			patches.map((_, index) => String(index + 1)),
		);
	});

	it("that are refused are no pings, though the pod changes later", async () => {
		const server = await startApiServer();
		const watch = collection(server, pods);
		collection(server, events, noEvents);
		server.on(`PATCH ${pods}/${pingPodName}`, refusal(409, "Conflict"));
		const { ofKind } = await start(server, { isPinged: true });
		await vi.waitFor(() => expect(server.calls.some(({ method }) => method === "PATCH")).toBe(true));
		await new Promise((resolve) => setTimeout(resolve, 20));
		watch.event("MODIFIED", pod(pingPodName, "7", { annotations: { [pingAnnotation]: "1" } }));
		watch.event("MODIFIED", pod("a", "8"));
		await vi.waitFor(() => expect(ofKind("watch")).toHaveLength(1));
		expect(ofKind("ping")).toEqual([]);
	});

	it("that are refused for their credentials ask for new ones, once", async () => {
		const server = await startApiServer();
		collection(server, pods);
		collection(server, events, noEvents);
		server.on(`PATCH ${pods}/${pingPodName}`, refusal(401, "Unauthorized"));
		const { observing, count } = await start(server, { isPinged: true });
		await vi.waitFor(() => expect(count.renewals).toBe(1));
		observing.renewed(connectionTo(server.origin, { headers: { Authorization: "Bearer second" } }));
		const patches = () => server.calls.filter(({ method }) => method === "PATCH");
		await vi.waitFor(() => expect(patches().length).toBeGreaterThan(1));
		expect(patches()[1]?.headers.authorization).toBe("Bearer second");
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(count.renewals).toBe(1);
	});
});

describe("credentials", () => {
	/** Refuses every token but one. */
	async function choosy(token: string) {
		const server = await startApiServer();
		const watches = [feed(), feed()];
		for (const [index, path] of [pods, events].entries()) {
			server.on(`GET ${path}`, (call) => {
				if (call.headers.authorization !== `Bearer ${token}`) return refusal(401, "Unauthorized");
				return call.query.has("watch") ? (watches[index] as WatchFeed) : noEvents;
			});
		}
		return server;
	}

	it("are asked for once for all who are refused, and used from then on", async () => {
		const server = await choosy("second");
		const { observing, count, ofKind } = await start(server);
		await vi.waitFor(() => expect(ofKind("watch-state")).toHaveLength(2));
		expect(count).toEqual({ ready: 0, renewals: 1 });
		observing.renewed(connectionTo(server.origin, { headers: { Authorization: "Bearer second" } }));
		await vi.waitFor(() => expect(count.ready).toBe(1));
		expect(count.renewals).toBe(1);
	});

	it("that never come do not keep it from stopping", async () => {
		const { observing, count } = await start(await choosy("never"));
		await vi.waitFor(() => expect(count.renewals).toBe(1));
		await observing.stop();
	});
});

describe("stopping", () => {
	it("ends the watches and the pings, and leaves no connection", async () => {
		const server = await startApiServer();
		const watch = collection(server, pods);
		const eventWatch = collection(server, events, noEvents);
		server.on(`PATCH ${pods}/${pingPodName}`, "silence");
		const { observing, entries } = await start(server, { isPinged: true });
		await Promise.all([watch.opened, eventWatch.opened]);
		await vi.waitFor(() => expect(server.calls.some(({ method }) => method === "PATCH")).toBe(true));
		const count = entries.length;
		await observing.stop();
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
		expect(entries).toHaveLength(count);
	});

	it("tells how punctual the thread was", async () => {
		const server = await startApiServer();
		collection(server, pods);
		collection(server, events, noEvents);
		const { observing, ofKind } = await start(server);
		const histogram = monitorEventLoopDelay({ resolution: 10 });
		histogram.enable();
		await new Promise((resolve) => setTimeout(resolve, 30));
		const until = performance.now() + 60;
		while (performance.now() < until);
		await new Promise((resolve) => setTimeout(resolve, 15));
		await observing.stop(histogram);
		const [entry] = ofKind("observer");
		expect(entry?.loopDelayMaxMs).toBeGreaterThan(30);
		expect(entry?.maxRssMib).toBeGreaterThan(10);
	});
});
