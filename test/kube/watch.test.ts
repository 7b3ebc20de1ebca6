import { describe, expect, it, vi } from "vitest";
import { type WatchOptions, type WatchSignal, watch } from "../../src/kube/api/watch.ts";
import { type ApiServer, feed, refusal, startApiServer, status, type WatchFeed } from "../support/api-server.ts";
import { connectionTo, transportTo } from "./connection.ts";

const path = "/api/v1/namespaces/x/pods";

function pod(name: string, resourceVersion: number, more: object = {}) {
	return { kind: "Pod", apiVersion: "v1", metadata: { name, resourceVersion: String(resourceVersion) }, ...more };
}

const listOf = (resourceVersion: number, ...names: string[]) => ({
	json: {
		kind: "PodList",
		metadata: { resourceVersion: String(resourceVersion) },
		items: names.map((name) => ({ metadata: { name, resourceVersion: "1" } })),
	},
});

interface Watching {
	server: ApiServer;
	/** What was told, in short: `+name`, `~name`, `-name`, `listed(names)`, `resumed`, `failing`. */
	told: string[];
	signals: WatchSignal[];
	pauses: number[];
	done: Promise<void>;
	renewals(): number;
	abort(): void;
}

const signs = { ADDED: "+", MODIFIED: "~", DELETED: "-" };

function brief(signal: WatchSignal): string {
	if (signal.kind === "event") return `${signs[signal.type]}${signal.object.metadata.name}`;
	if (signal.kind !== "listed") return signal.kind;
	const names = signal.objects.map(({ metadata }) => metadata.name).join(" ");
	return `${signal.afterGap ? "listed anew" : "listed"} ${names}`.trim();
}

/** A server whose list and watch both answer on the collection's path. */
async function watching(
	replies: { lists: Parameters<ApiServer["on"]>[1][]; watches: Parameters<ApiServer["on"]>[1][] },
	more: Partial<WatchOptions> = {},
): Promise<Watching> {
	const server = await startApiServer();
	const { lists, watches } = replies;
	server.on(`GET ${path}`, async (call) => {
		const of = call.query.has("watch") ? watches : lists;
		const reply = (of.length > 1 ? of.shift() : of[0]) ?? "silence";
		return typeof reply === "function" ? reply(call) : reply;
	});
	const transport = await transportTo(server.origin);
	const controller = new AbortController();
	const told: string[] = [];
	const signals: WatchSignal[] = [];
	const pauses: number[] = [];
	let renewals = 0;
	const done = watch({
		transport,
		path,
		apiVersion: "v1",
		objectKind: "Pod",
		signal: controller.signal,
		onSignal: (signal) => {
			signals.push(signal);
			told.push(brief(signal));
		},
		renew: async () => {
			renewals++;
			transport.renew(connectionTo(server.origin, { headers: { Authorization: `Bearer ${renewals}` } }));
		},
		random: () => 1,
		sleep: async (ms) => {
			pauses.push(ms);
			// A loop that never ends must not starve the test.
			if (pauses.length > 50) controller.abort();
			await new Promise((resolve) => setImmediate(resolve));
		},
		...more,
	});
	done.catch(() => {});
	return {
		server,
		told,
		signals,
		pauses,
		done,
		renewals: () => renewals,
		abort: () => controller.abort(new Error("enough")),
	};
}

const versionsOf = (server: ApiServer) =>
	server.calls.filter(({ query }) => query.has("watch")).map(({ query }) => query.get("resourceVersion"));

describe("what comes", () => {
	it("is told in order, whole, and stamped after it was sent", async () => {
		const first = feed();
		const { told, signals, abort, done, server } = await watching({ lists: [listOf(5, "a")], watches: [first] });
		const call = await first.opened;
		expect(Object.fromEntries(call.query)).toEqual({
			watch: "true",
			allowWatchBookmarks: "true",
			resourceVersion: "5",
			timeoutSeconds: "600",
		});
		const before = process.hrtime.bigint();
		first.event("ADDED", pod("b", 6));
		first.event("MODIFIED", pod("b", 7, { status: { phase: "Running" } }));
		first.event("DELETED", pod("b", 8));
		await vi.waitFor(() => expect(told).toEqual(["listed a", "+b", "~b", "-b"]));
		expect(signals[0]).toMatchObject({ objects: [{ kind: "Pod", apiVersion: "v1" }] });
		expect(signals[2]).toMatchObject({ object: { status: { phase: "Running" } } });
		for (const { at } of signals.slice(1)) expect(at).toBeGreaterThan(before);
		abort();
		await done;
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("is put together from pieces, also ones cut within a letter, and taken apart from one chunk", async () => {
		const first = feed();
		const { told, signals } = await watching({ lists: [listOf(5)], watches: [first] });
		await first.opened;
		const line = Buffer.from(`${JSON.stringify({ type: "ADDED", object: pod("grün", 6) })}\n`);
		const cut = line.indexOf("ü") + 1;
		for (const piece of [line.subarray(0, 10), line.subarray(10, cut)]) {
			first.writeBytes(piece);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		expect(told).toEqual(["listed"]);
		const tail = [7, 8].map((version) => JSON.stringify({ type: "ADDED", object: pod(`p${version}`, version) }));
		first.writeBytes(Buffer.concat([line.subarray(cut), Buffer.from(`\n${tail.join("\n")}\n`)]));
		await vi.waitFor(() => expect(told).toEqual(["listed", "+grün", "+p7", "+p8"]));
		expect(signals[2]?.at).toBe(signals[3]?.at);
	});

	it("may be a burst of 50 events of 25 kB", async () => {
		const first = feed();
		const { told } = await watching({ lists: [listOf(5)], watches: [first] });
		await first.opened;
		const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
		for (const [index, name] of names.entries()) {
			first.event("ADDED", pod(name, 6 + index, { spec: { filler: "x".repeat(25_000) } }));
		}
		await vi.waitFor(() => expect(told).toEqual(["listed", ...names.map((name) => `+${name}`)]));
	});

	it("is stamped when it came, not when it was parsed and heard", async () => {
		const first = feed();
		const { signals } = await watching(
			{ lists: [listOf(5)], watches: [first] },
			{
				onSignal: (signal) => {
					signals.push(signal);
					const until = performance.now() + 5;
					while (performance.now() < until);
				},
			},
		);
		await first.opened;
		first.write(
			[6, 7, 8]
				.map((version) => `${JSON.stringify({ type: "ADDED", object: pod(`p${version}`, version) })}\n`)
				.join(""),
		);
		await vi.waitFor(() => expect(signals).toHaveLength(4));
		expect(new Set(signals.slice(1).map(({ at }) => at)).size).toBe(1);
	});

	it("that the listener cannot take is not swallowed", async () => {
		const first = feed();
		const { done } = await watching(
			{ lists: [listOf(5)], watches: [first] },
			{
				onSignal: (signal) => {
					if (signal.kind === "event") throw new TypeError("a defect");
				},
			},
		);
		await first.opened;
		first.event("ADDED", pod("b", 6));
		await expect(done).rejects.toThrow("a defect");
	});

	it("may be asked for by label", async () => {
		const first = feed();
		const { server } = await watching({ lists: [listOf(5)], watches: [first] }, { labelSelector: "a=b,c" });
		await first.opened;
		expect(server.calls.map(({ query }) => query.get("labelSelector"))).toEqual(["a=b,c", "a=b,c"]);
	});
});

describe("a watch that ends", () => {
	const endings: [string, (watch: WatchFeed) => void][] = [
		["by the server", (watch) => watch.end()],
		["by a broken connection", (watch) => watch.cut()],
		[
			"in the middle of a line",
			(watch) => {
				watch.write('{"type":"ADDED","object":{"metadata":{"name":"c","resourceVer');
				setTimeout(watch.cut, 10);
			},
		],
	];
	it.each(endings)("%s is resumed behind the last event, at once, nothing lost or repeated", async (_, end) => {
		const [first, second] = [feed(), feed()];
		const { told, server, pauses } = await watching({ lists: [listOf(5)], watches: [first, second] });
		await first.opened;
		first.event("ADDED", pod("b", 6));
		await vi.waitFor(() => expect(told).toContain("+b"));
		end(first);
		await second.opened;
		second.event("ADDED", pod("c", 7));
		await vi.waitFor(() => expect(told).toEqual(["listed", "+b", "resumed", "+c"]));
		expect(versionsOf(server)).toEqual(["5", "6"]);
		expect(pauses).toEqual([]);
	});

	it("is resumed from a bookmark, which is no event", async () => {
		const [first, second] = [feed(), feed()];
		const { told, server } = await watching({ lists: [listOf(5)], watches: [first, second] });
		await first.opened;
		first.event("ADDED", pod("b", 6));
		first.bookmark("900");
		first.end();
		await second.opened;
		expect(versionsOf(server)).toEqual(["5", "900"]);
		expect(told).toEqual(["listed", "+b", "resumed"]);
	});

	it("by silence is resumed", async () => {
		const [first, second] = [feed(), feed()];
		const { signals, server } = await watching({ lists: [listOf(5)], watches: [first, second] }, { silenceMs: 150 });
		await first.opened;
		first.event("ADDED", pod("b", 6));
		await second.opened;
		expect(versionsOf(server)).toEqual(["5", "6"]);
		expect(signals.at(-1)).toMatchObject({ kind: "resumed", reason: "no answer within 0.15 s" });
	});

	it("by a garbled line is taken up behind the last whole one", async () => {
		const [first, second] = [feed(), feed()];
		const { told, server } = await watching({ lists: [listOf(5)], watches: [first, second] });
		await first.opened;
		first.event("ADDED", pod("b", 6));
		first.write('<html>proxy</html>\n{"type":"ADDED","object":{"metadata":{"name":"never","resourceVersion":"9"}}}\n');
		await second.opened;
		expect(versionsOf(server)).toEqual(["5", "6"]);
		expect(told).toEqual(["listed", "+b", "failing"]);
	});

	it("at once, again and again, is not resumed in haste", async () => {
		const ends = () => {
			const each = feed();
			each.opened.then(() => each.end());
			return each;
		};
		const { pauses, done, told } = await watching({ lists: [listOf(5)], watches: [ends] });
		await done;
		expect(pauses.slice(0, 8)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
		expect(told.filter((each) => each === "listed")).toHaveLength(1);
	});
});

describe("410 Gone", () => {
	const gone = { type: "ERROR", object: status(410, "Expired", "too old resource version: 6 (900)") };

	it("within the watch leads to a new list, at once, and tells of the gap", async () => {
		const [first, second] = [feed(), feed()];
		const { told, server, pauses } = await watching({
			lists: [listOf(5, "a"), listOf(900, "a", "z")],
			watches: [first, second],
		});
		await first.opened;
		first.event("ADDED", pod("b", 6));
		first.write(`${JSON.stringify(gone)}\n`);
		await second.opened;
		second.event("MODIFIED", pod("z", 901));
		await vi.waitFor(() => expect(told).toEqual(["listed a", "+b", "listed anew a z", "~z"]));
		expect(versionsOf(server)).toEqual(["5", "900"]);
		expect(pauses).toEqual([]);
	});

	it("as the answer's status does the same", async () => {
		const second = feed();
		const { told } = await watching({
			lists: [listOf(5, "a"), listOf(900, "z")],
			watches: [refusal(410, "Expired"), second],
		});
		await second.opened;
		expect(told).toEqual(["listed a", "listed anew z"]);
	});

	it("after every list is met with growing pauses", async () => {
		const { pauses, done } = await watching({ lists: [listOf(5)], watches: [refusal(410, "Expired")] });
		await done;
		expect(pauses.slice(0, 3)).toEqual([200, 400, 800]);
	});
});

describe("a server that fails", () => {
	it("is asked again after growing pauses, which begin anew when it works", async () => {
		const [works, last] = [feed(), feed()];
		const bad = refusal(503, "ServiceUnavailable", "etcd is away");
		const { told, signals, pauses, server } = await watching({
			lists: ["hang up", bad, refusal(429, "TooManyRequests"), { status: 502, text: "<html>" }, listOf(5)],
			watches: [works, bad, bad, last],
		});
		await works.opened;
		expect(pauses).toEqual([200, 400, 800]);
		expect(signals.slice(0, 4)).toMatchObject([
			{ kind: "failing", failures: 1, reason: expect.stringContaining("socket hang up") },
			{ failures: 2, reason: `watch ${path}: etcd is away` },
			{ failures: 3 },
			{ failures: 4, reason: `watch ${path}: HTTP 502 Bad Gateway` },
		]);
		works.event("ADDED", pod("b", 6));
		await vi.waitFor(() => expect(told).toContain("+b"));
		works.cut();
		await last.opened;
		expect(pauses).toEqual([200, 400, 800, 200]);
		expect(told.slice(4)).toEqual(["listed", "+b", "resumed", "failing", "failing"]);
		expect(versionsOf(server)).toEqual(["5", "6", "6", "6"]);
	});

	it("may break off in the middle of a list or answer it with a page of a proxy", async () => {
		const watch = feed();
		const half = () => {
			const each = feed();
			each.opened.then(() => {
				each.write('{"items":[');
				setTimeout(each.cut, 10);
			});
			return each;
		};
		const { told } = await watching({ lists: [half, { text: "<html>log in</html>" }, listOf(5)], watches: [watch] });
		await watch.opened;
		expect(told).toEqual(["failing", "failing", "listed"]);
	});

	it("in an error within the stream is asked again", async () => {
		const [first, second] = [feed(), feed()];
		const { signals } = await watching({ lists: [listOf(5)], watches: [first, second] });
		await first.opened;
		first.event("ERROR", status(500, "InternalError", "etcd leader changed"));
		await second.opened;
		expect(signals.at(-1)).toMatchObject({ kind: "failing", reason: `watch ${path}: etcd leader changed` });
	});

	it("with 401 is asked again at once with new credentials", async () => {
		const watch = feed();
		const no = refusal(401, "Unauthorized");
		const { server, renewals, pauses } = await watching({ lists: [no, listOf(5)], watches: [watch] });
		await watch.opened;
		expect(renewals()).toBe(1);
		expect(pauses).toEqual([]);
		expect(server.calls.map(({ headers }) => headers.authorization)).toEqual([
			"Bearer first-secret",
			"Bearer 1",
			"Bearer 1",
		]);
	});

	it("with 401 for ever is not hurried", async () => {
		const { pauses, done } = await watching({ lists: [refusal(401, "Unauthorized")], watches: [] });
		await done;
		expect(pauses.slice(0, 3)).toEqual([200, 400, 800]);
	});

	it.each([403, 404])("for good (%d) ends the watch", async (code) => {
		const { done } = await watching({ lists: [refusal(code, "No", "pods is forbidden")], watches: [] });
		await expect(done).rejects.toMatchObject({
			exitCode: 4,
			status: code,
			message: `watch ${path}: pods is forbidden`,
		});
	});
});

describe("abort", () => {
	it("ends a quiet watch promptly, tells nothing more, and leaves no connection", async () => {
		const first = feed();
		const { abort, done, told, server } = await watching({ lists: [listOf(5)], watches: [first] });
		await first.opened;
		abort();
		await done;
		expect(told).toEqual(["listed"]);
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("ends a list that never comes", async () => {
		const { abort, done, server, told } = await watching({ lists: ["silence"], watches: [] });
		await vi.waitFor(() => expect(server.calls).toHaveLength(1));
		abort();
		await done;
		expect(told).toEqual([]);
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("ends a pause", async () => {
		const controller = new AbortController();
		const server = await startApiServer();
		server.on(`GET ${path}`, refusal(500, "InternalError"));
		const failures: number[] = [];
		const done = watch({
			transport: await transportTo(server.origin),
			path,
			apiVersion: "v1",
			objectKind: "Pod",
			signal: controller.signal,
			onSignal: (signal) => {
				if (signal.kind === "failing") failures.push(signal.failures);
			},
			renew: async () => {},
			random: () => 10_000,
		});
		await vi.waitFor(() => expect(failures).toEqual([1, 2]));
		controller.abort();
		await done;
	});
});

it("passes over lists without items and events without an object or a name", async () => {
	const open = feed();
	const watched = await watching({
		lists: [{ json: { metadata: { resourceVersion: "1" }, items: null } }],
		watches: [open],
	});
	await open.opened;
	open.write('null\n7\n{"type":"ADDED"}\n{"type":"ADDED","object":{"metadata":null}}\n');
	open.event("ADDED", { metadata: { name: "a", resourceVersion: 7, labels: null } });
	await vi.waitFor(() => expect(watched.told).toEqual(["listed", "+a"]));
	watched.abort();
	await watched.done;
});
