import { describe, expect, it } from "vitest";
import { anchorClock } from "../../src/measure/client-clock.ts";
import { openLiveState } from "../../src/measure/live-state.ts";
import type { RequestOrder } from "../../src/measure/request.ts";
import { type ColdStartsOrder, runColdStarts } from "../../src/measure/schedule.ts";
import type { RequestTimes, Untimed } from "../../src/model/recording.ts";
import { aDeployment, aPod, revision, seen } from "./revision.ts";

interface World {
	iterations?: number;
	/** What happens at a request, by its number; by default a pod starts, answers and is gone later. */
	onRequest?(count: number): Promise<RequestTimes>;
	zeroTimeoutMs?: number;
	random?(): number;
	/** `real` is the schedule's own. */
	sleep?: "real" | (() => Promise<void>);
}

const answered: RequestTimes = { connectStartedAt: "1", sentAt: "2", lastByteAt: "3", status: 200, bodyMatches: true };

/** A revision whose pod lives for a moment after each request. */
function start({ iterations = 2, onRequest, zeroTimeoutMs = 500, random, sleep }: World = {}) {
	const state = openLiveState();
	const recorded: Untimed[] = [];
	const rounds: [number, string | undefined][] = [];
	const requests: RequestOrder[] = [];
	const sleeps: number[] = [];
	const controller = new AbortController();
	let fail: (error: Error) => void = () => {};
	const failure = new Promise<never>((_, reject) => {
		fail = reject;
	});
	failure.catch(() => {});
	state.add(seen("deployments", aDeployment(0)));

	function live(count: number): void {
		const uid = `p${count}`;
		state.add(seen("deployments", aDeployment(1)));
		state.add(seen("pods", aPod(uid), "ADDED"));
		setTimeout(() => state.add(seen("pods", aPod(uid, { ready: true }))), 2);
		setTimeout(() => {
			state.add(seen("deployments", aDeployment(0)));
			state.add(seen("pods", aPod(uid, { metadata: { deletionTimestamp: "2026-11-23T10:00:00Z" } })));
		}, 4);
		setTimeout(() => state.add(seen("pods", aPod(uid), "DELETED")), 6);
	}

	const order: ColdStartsOrder = {
		observer: {
			failure,
			async request(request) {
				requests.push(request);
				if (onRequest !== undefined) return onRequest(requests.length);
				live(requests.length);
				return answered;
			},
		},
		state,
		service: { ref: { apiVersion: "v1", kind: "Service", name: "h" }, revision, host: "h.x.example.com" },
		route: { kind: "direct", url: "http://gateway/", by: "node port" },
		expectBody: "mark",
		iterations,
		requestTimeoutMs: 1_000,
		zeroTimeoutMs,
		signal: controller.signal,
		clock: anchorClock(),
		record: (entry) => void recorded.push(entry),
		onRound: (round, times) => void rounds.push([round, times?.error ?? times?.status?.toString()]),
		...(random === undefined ? {} : { random }),
		...(sleep === "real" ? {} : { sleep: sleep ?? (async (ms) => void sleeps.push(ms)) }),
	};
	const done = runColdStarts(order);
	done.catch(() => {});
	return {
		done,
		recorded,
		rounds,
		requests,
		sleeps,
		state,
		live,
		fail,
		abort: () => controller.abort(new Error("stop")),
	};
}

const inShort = (entries: Untimed[]) =>
	entries.map((entry) => ("round" in entry ? `${entry.kind} ${entry.round}` : entry.kind));

describe("the cold starts of a profile", () => {
	it("are recorded from zero to zero, the warm-up first", async () => {
		const { done, recorded, rounds, requests } = start();
		await done;
		const round = (count: number) => [`sample ${count}`, `request ${count}`, "zero", `sample-end ${count}`];
		expect(inShort(recorded)).toEqual(["zero", ...round(0), ...round(1), ...round(2)]);
		expect(rounds).toEqual(
			[0, 1, 2].flatMap((count) => [
				[count, undefined],
				[count, "200"],
			]),
		);
		expect(requests[0]).toEqual({
			route: { kind: "direct", url: "http://gateway/", by: "node port" },
			host: "h.x.example.com",
			expectBody: "mark",
			timeoutMs: 1_000,
		});
		for (const entry of recorded) {
			if (entry.kind === "sample") expect(entry).toMatchObject({ podsBefore: [], replicasBefore: 0 });
			if (entry.kind === "request") expect(entry).toMatchObject(answered);
		}
	});

	it("begin at a random part of a second", async () => {
		const values = [0, 0.25, 0.999];
		const { done, sleeps } = start({ random: () => values.shift() ?? 0 });
		await done;
		expect(sleeps).toEqual([0, 250, 999]);
		const { done: again, sleeps: drawn } = start({ iterations: 5 });
		await again;
		for (const ms of drawn) expect(ms).toSatisfy((value: number) => value >= 0 && value < 1_000);
		expect(new Set(drawn).size).toBeGreaterThan(1);
	});

	it("say it when a pod came up during the random wait", async () => {
		const world: ReturnType<typeof start> = start({
			iterations: 0,
			sleep: async () => world.state.add(seen("pods", aPod("early"), "ADDED")),
		});
		await expect.poll(() => inShort(world.recorded)).toContain("request 0");
		expect(world.recorded.find(({ kind }) => kind === "sample")).toMatchObject({ podsBefore: ["early"] });
		world.abort();
	});

	it("go on after a request that failed", async () => {
		const times: RequestTimes = { connectStartedAt: "1", error: "connect ECONNREFUSED" };
		const { done, recorded, rounds } = start({ iterations: 1, onRequest: async () => times });
		await done;
		expect(rounds).toEqual([
			[0, undefined],
			[0, "connect ECONNREFUSED"],
			[1, undefined],
			[1, "connect ECONNREFUSED"],
		]);
		expect(inShort(recorded).at(-1)).toBe("sample-end 1");
	});

	it("wait until a pod that has answered is Ready, and is gone", async () => {
		const slow: ReturnType<typeof start> = start({
			iterations: 0,
			onRequest: async () => {
				slow.state.add(seen("deployments", aDeployment(1)));
				slow.state.add(seen("pods", aPod("slow"), "ADDED"));
				return answered;
			},
		});
		await expect.poll(() => inShort(slow.recorded)).toContain("request 0");
		slow.state.add(seen("pods", aPod("slow", { ready: true })));
		slow.state.add(seen("deployments", aDeployment(0)));
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(inShort(slow.recorded)).not.toContain("sample-end 0");
		slow.state.add(seen("pods", aPod("slow"), "DELETED"));
		await slow.done;
		expect(inShort(slow.recorded).slice(-2)).toEqual(["zero", "sample-end 0"]);
	});

	it("do not take a pod for gone that the watch has not told of yet", async () => {
		const late: ReturnType<typeof start> = start({ iterations: 0, onRequest: async () => answered });
		await expect.poll(() => inShort(late.recorded)).toContain("request 0");
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(inShort(late.recorded)).not.toContain("sample-end 0");
		late.state.add(seen("deployments", aDeployment(1)));
		late.state.add(seen("pods", aPod("late"), "ADDED"));
		late.state.add(seen("deployments", aDeployment(0)));
		late.state.add(seen("pods", aPod("late"), "DELETED"));
		await late.done;
		expect(inShort(late.recorded).slice(-2)).toEqual(["zero", "sample-end 0"]);
	});

	it("end with what holds the revision when it does not go to zero", async () => {
		const stuck: ReturnType<typeof start> = start({
			zeroTimeoutMs: 20,
			onRequest: async () => {
				stuck.state.add(seen("pods", aPod("stuck", { ready: true }), "ADDED"));
				return answered;
			},
		});
		await expect(stuck.done).rejects.toThrow("pod pod-stuck is still wanted");
		expect(inShort(stuck.recorded)).toEqual(["zero", "sample 0", "request 0"]);
	});
});

describe("an interruption", () => {
	const never = () => new Promise<never>(() => {});

	it("on the way to zero ends at once", async () => {
		const world = start();
		world.state.add(seen("pods", aPod("a", { ready: true }), "ADDED"));
		world.abort();
		await expect(world.done).rejects.toThrow("stop");
	});

	it("in the random wait ends at once", async () => {
		const { done, abort, recorded } = start({ random: () => 0.999, sleep: "real" });
		await expect.poll(() => inShort(recorded)).toEqual(["zero"]);
		const startedAt = performance.now();
		abort();
		await expect(done).rejects.toThrow("stop");
		expect(performance.now() - startedAt).toBeLessThan(500);
		expect(inShort(recorded)).toEqual(["zero"]);
	});

	it("while an answer is awaited ends at once", async () => {
		const { done, abort, recorded } = start({ onRequest: never });
		await expect.poll(() => inShort(recorded)).toContain("sample 0");
		abort();
		await expect(done).rejects.toThrow("stop");
		expect(inShort(recorded)).toEqual(["zero", "sample 0"]);
	});

	it("while a pod goes away ends at once", async () => {
		const world = start({
			onRequest: async () => {
				world.state.add(seen("pods", aPod("a", { ready: true }), "ADDED"));
				return answered;
			},
		});
		await expect.poll(() => inShort(world.recorded)).toContain("request 0");
		world.abort();
		await expect(world.done).rejects.toThrow("stop");
	});

	it("by a watch that is refused for good ends it in each phase", async () => {
		const waiting = start({ onRequest: never });
		waiting.fail(new Error("pods is forbidden"));
		await expect(waiting.done).rejects.toThrow("pods is forbidden");
	});
});
