import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { startObserver } from "../../src/measure/observer.ts";
import type { RequestOrder } from "../../src/measure/request.ts";
import type { Entry } from "../../src/model/recording.ts";
import { connectionTo } from "../cluster/connection.ts";
import { temporaryFolder } from "../temporary-folder.ts";

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

async function start(script: string, renew = async () => connectionTo("http://fresh")) {
	const entries: Entry[] = [];
	const observer = await startObserver(order, {
		threadUrl: thread(script),
		onEntry: (entry) => void entries.push(entry),
		renew,
	});
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

	it("does not live on when it fails before it is ready", async () => {
		const beat = `const beats = new Int32Array(workerData.beats); setInterval(() => Atomics.add(beats, 0, 1), 1);`;
		const start = startObserver({ ...order, beats: endings } as typeof order, {
			threadUrl: thread(`${beat} setTimeout(() => post({ kind: "failed", message: "events is forbidden" }), 10);`),
			onEntry: () => {},
			renew: async () => connectionTo("http://x"),
		});
		await expect(start).rejects.toThrow("events is forbidden");
		const beats = new Int32Array(endings)[0];
		expect(beats).toBeGreaterThan(0);
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(new Int32Array(endings)[0]).toBe(beats);
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
