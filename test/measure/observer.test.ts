import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { startObserver } from "../../src/measure/observing/observer.ts";
import type { RequestOrder } from "../../src/measure/observing/request.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { connectionTo } from "../kube/connection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const endings = new SharedArrayBuffer(4);
let serial = 0;

/** A thread that speaks the protocol as the script says; `post` and `onMessage` are at hand. */
function thread(script: string): URL {
	const file = join(folder, `thread-${++serial}.mjs`);
	writeFileSync(
		file,
		`import { parentPort, workerData } from "node:worker_threads";
		const post = (message) => parentPort.postMessage(message);
		const onMessage = (listener) => parentPort.on("message", listener);
		${script}`,
	);
	return pathToFileURL(file);
}

const stops = `if (message.kind === "stop") { post({ kind: "stopped" }); parentPort.close(); }`;
const order = {
	connection: connectionTo("http://x"),
	clock: { hrtimeAtStart: 0n, epochNsAtStart: 7n, speed: 1 },
	watches: [],
};
const request: RequestOrder = {
	route: { kind: "direct", url: "http://x", by: "given" },
	host: "h",
	expectBody: "b",
	timeoutMs: 1,
};

const patient = { timeoutMs: 60_000, signal: new AbortController().signal };

async function start(script: string, renew = async () => connectionTo("http://fresh")) {
	const entries: Entry[] = [];
	const host = { threadUrl: thread(script), onEntry: (entry: Entry) => void entries.push(entry), renew };
	const observer = await startObserver(order, host, patient);
	return { observer, entries };
}

describe("the observer's thread", () => {
	it("gets its order, hands entries over, answers requests by their number, and stops", async () => {
		const { observer, entries } = await start(`
			post({ kind: "entry", entry: { kind: "zero", at: String(workerData.clock.epochNsAtStart), waitedMs: 1 } });
			post({ kind: "ready" });
			const asked = [];
			onMessage((message) => {
				if (message.kind === "request") asked.push(message);
				if (asked.length === 2) for (const { id, order } of asked.splice(0).reverse()) {
					post({ kind: "answer", id, times: { connectStartedAt: order.host } });
				}
				${stops}
			});`);
		expect(entries).toEqual([{ kind: "zero", at: "7", waitedMs: 1 }]);
		const answers = await Promise.all(["one", "two"].map((host) => observer.request({ ...request, host })));
		expect(answers).toEqual([{ connectStartedAt: "one" }, { connectStartedAt: "two" }]);
		await observer.stop();
	});

	it("gets the credentials that it asks for", async () => {
		const { observer, entries } = await start(`
			post({ kind: "ready" });
			post({ kind: "renew" });
			onMessage((message) => {
				if (message.kind === "credentials") post({ kind: "entry", entry: message.connection.origin });
				${stops}
			});`);
		await vi.waitFor(() => expect(entries).toEqual(["http://fresh"]));
		await observer.stop();
	});

	it("fails what waits when there are no more credentials", async () => {
		const { observer } = await start(
			`post({ kind: "ready" }); onMessage((message) => { if (message.kind === "request") post({ kind: "renew" }); ${stops} });`,
			() => Promise.reject(new Error("log in again")),
		);
		await expect(observer.request(request)).rejects.toThrow("log in again");
		await expect(observer.failure).rejects.toThrow("log in again");
		await observer.stop();
	});

	it("fails what waits when a watch is refused, in the watch's words", async () => {
		const { observer } = await start(`
			post({ kind: "ready" });
			onMessage((message) => {
				if (message.kind === "request") post({ kind: "failed", message: "pods is forbidden", hint: "ask for it" });
				${stops}
			});`);
		const refused = { exitCode: 4, message: "pods is forbidden", hint: "ask for it" };
		await expect(observer.request(request)).rejects.toMatchObject(refused);
		await observer.stop();
	});

	describe("does not live on when before it is ready", () => {
		const failing = `post({ kind: "entry", entry: { kind: "watch-state", at: "1", watch: "pods", state: "failing", reason: "HTTP 503" } });`;

		/** Starts a thread that counts its beats, and gives how the start ended. */
		async function ending(script: string, limits: Partial<typeof patient>): Promise<unknown> {
			new Int32Array(endings)[0] = 0;
			const beat = `const beats = new Int32Array(workerData.beats); setInterval(() => Atomics.add(beats, 0, 1), 1);`;
			const threadUrl = thread(`${beat} ${script}`);
			const host = { threadUrl, onEntry: () => {}, renew: async () => connectionTo("http://x") };
			const start = startObserver({ ...order, beats: endings } as typeof order, host, { ...patient, ...limits });
			const outcome = await start.catch((error: unknown) => error);
			const beats = new Int32Array(endings)[0];
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect(new Int32Array(endings)[0]).toBe(beats);
			return outcome;
		}

		it("it fails", async () => {
			const failed = `setTimeout(() => post({ kind: "failed", message: "events is forbidden" }), 10);`;
			expect(await ending(failed, {})).toMatchObject({ message: "events is forbidden" });
			expect(new Int32Array(endings)[0]).toBeGreaterThan(0);
		});

		it("the user interrupts", async () => {
			const controller = new AbortController();
			setTimeout(() => controller.abort(new Error("interrupted")), 300);
			expect(await ending(failing, { signal: controller.signal })).toMatchObject({ message: "interrupted" });
			const aborted = { signal: AbortSignal.abort(new Error("interrupted")) };
			expect(await ending(failing, aborted)).toMatchObject({ message: "interrupted" });
		});

		it("the lists take too long, and says why they do", async () => {
			expect(await ending(failing, { timeoutMs: 500 })).toMatchObject({
				exitCode: 4,
				message: "the watches did not list their objects within 0.5 s: HTTP 503",
				hint: expect.stringContaining("--timeout"),
			});
		});
	});

	it("leaves no timer when it is ready, and none when it is stopped", async () => {
		const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
		const clear = vi.spyOn(globalThis, "clearTimeout");
		const set = vi.spyOn(globalThis, "setTimeout");
		try {
			const before = timers();
			const { observer } = await start(`post({ kind: "ready" }); onMessage((message) => { ${stops} });`);
			await observer.stop();
			const made = set.mock.results.map(({ value }) => value);
			expect(made.length).toBeGreaterThanOrEqual(2);
			for (const timer of made) expect(clear).toHaveBeenCalledWith(timer);
			expect(timers()).toBeLessThanOrEqual(before);
		} finally {
			set.mockRestore();
			clear.mockRestore();
		}
	});

	it("is ended although it does not answer", async () => {
		const { observer } = await start(`post({ kind: "ready" }); onMessage(() => { for (;;); });`);
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		try {
			const stopping = observer.stop();
			await vi.advanceTimersByTimeAsync(5_000);
			await stopping;
		} finally {
			vi.useRealTimers();
		}
	});

	it.each([
		["throws", `setTimeout(() => { throw new Error("a defect") }, 1)`, "a defect"],
		["ends", `setTimeout(() => process.exit(0), 1)`, "the observer's thread ended"],
	])("fails what waits when it %s, and can still be stopped", async (_, end, words) => {
		const { observer } = await start(`post({ kind: "ready" }); onMessage(() => { ${end} });`);
		await expect(observer.request(request)).rejects.toThrow(words);
		await observer.stop();
	});
});
