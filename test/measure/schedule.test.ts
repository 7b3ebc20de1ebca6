import { describe, expect, it } from "vitest";
import { anchorClock } from "../../src/clock/client-clock.ts";
import { systemClock } from "../../src/clock/clock.ts";
import type { Subject } from "../../src/measure/cold-start.ts";
import type { RequestOrder } from "../../src/measure/observing/request.ts";
import type { Round } from "../../src/measure/rounds.ts";
import { type ColdStarts, runColdStarts } from "../../src/measure/schedule.ts";
import type { Profile } from "../../src/profile/profile.ts";
import type { RequestTimes, Untimed } from "../../src/recording/entries.ts";
import { type LiveState, openLiveState } from "../../src/recording/live-state.ts";
import { fakeCluster } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { aDeployment, aPod, revision, seen } from "./revision.ts";

interface World {
	iterations?: number;
	/** What happens at a request, by its number; by default a pod starts, answers and is gone later. */
	onRequest?(request: RequestOrder, count: number): Promise<RequestTimes>;
	zeroTimeoutMs?: number;
	subjects?: Subject[];
	planned?: Round[];
	random?(): number;
	/** `real` is the schedule's own. */
	sleep?: "real" | (() => Promise<void>);
}

const answered: RequestTimes = { connectStartedAt: "1", sentAt: "2", lastByteAt: "3", status: 200, bodyMatches: true };

function aSubject(name: string, of = revision, ...more: string[]): Subject {
	const copyOf = (each: string) => {
		const ref = { apiVersion: "v1", kind: "Service", name: "h" };
		return { ref, revision: each, host: `${each}.x.example.com` };
	};
	const route = { kind: "direct", url: "http://gateway/", by: "node port" } as const;
	return { profile: { name } as Profile, copies: [copyOf(of), ...more.map(copyOf)], route, requestTimeoutMs: 1_000 };
}

const profileOf = ({ profile }: Subject) => profile;

/** A revision whose pod lives for a moment after each request. */
function start(world: World = {}) {
	const {
		iterations = 2,
		onRequest,
		zeroTimeoutMs = 500,
		random,
		sleep,
		subjects = [aSubject("one")],
		planned,
	} = world;
	const state = openLiveState();
	const recorded: Untimed[] = [];
	const rounds: [number, string | undefined][] = [];
	const told: string[] = [];
	const requests: RequestOrder[] = [];
	const sleeps: number[] = [];
	const controller = new AbortController();
	let fail: (error: Error) => void = () => {};
	const failure = new Promise<never>((_, reject) => {
		fail = reject;
	});
	failure.catch(() => {});
	for (const { revision: of } of subjects.flatMap(({ copies }) => copies)) {
		state.add(seen("deployments", aDeployment(0, of)));
	}

	function live(count: number, of: string): void {
		const uid = `p${count}`;
		state.add(seen("deployments", aDeployment(1, of)));
		state.add(seen("pods", aPod(uid, { of }), "ADDED"));
		setTimeout(() => state.add(seen("pods", aPod(uid, { of, ready: true }))), 2);
		setTimeout(() => {
			state.add(seen("deployments", aDeployment(0, of)));
			const metadata = { deletionTimestamp: "2026-11-23T10:00:00Z" };
			state.add(seen("pods", aPod(uid, { of, ready: true, metadata })));
		}, 4);
		setTimeout(() => state.add(seen("pods", aPod(uid, { of }), "DELETED")), 6);
	}

	const order: ColdStarts = {
		observer: {
			failure,
			async request(request) {
				requests.push(request);
				if (onRequest !== undefined) return onRequest(request, requests.length);
				live(requests.length, request.host.replace(".x.example.com", ""));
				return answered;
			},
		},
		state,
		subjects,
		rounds:
			planned ?? Array.from({ length: iterations + 1 }, (_, round) => ({ round, order: subjects.map(profileOf) })),
		asked: { expectBody: "mark" },
		clock: anchorClock(),
		record: (entry) => void recorded.push(entry),
		onSample: (profile, round, times) => {
			rounds.push([round, times?.error ?? times?.status?.toString()]);
			if (times === undefined) told.push(`${profile.name} ${round}`);
		},
		ended: new Set(),
		...(random === undefined ? {} : { random }),
	};
	const passing = async (ms: number) => {
		sleeps.push(ms);
		await new Promise((resolve) => setImmediate(resolve));
	};
	const sleepNow = sleep === "real" ? systemClock.sleep : (sleep ?? passing);
	const session = sessionOn(fakeCluster(), {
		timeoutMs: zeroTimeoutMs,
		signal: controller.signal,
		clock: { now: systemClock.now, sleep: sleepNow },
	});
	const done = runColdStarts(session, order);
	done.catch(() => {});
	return {
		done,
		recorded,
		rounds,
		told,
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
		const last = ["sample 2", "request 2", "sample-end 2"];
		expect(inShort(recorded)).toEqual(["zero", ...round(0), ...round(1), ...last]);
		expect(rounds).toEqual(
			[0, 1, 2].flatMap((count) => [
				[count, undefined],
				[count, "200"],
			]),
		);
		expect(requests[0]).toEqual({
			route: { kind: "direct", url: "http://gateway/", by: "node port" },
			host: `${revision}.x.example.com`,
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
		expect(sleeps.slice(0, 3)).toEqual([0, 250, 999]);
		const { done: again, sleeps: all } = start({ iterations: 5 });
		await again;
		const drawn = all.slice(0, 6);
		for (const ms of drawn) expect(ms).toSatisfy((value: number) => value >= 0 && value < 1_000);
		expect(new Set(drawn).size).toBeGreaterThan(1);
	});

	it("of copies wait, before the random part of a second, until a removal of another's pod has begun", async () => {
		const sleepsWith = async (...more: string[]) => {
			const subjects = [aSubject("one", revision, ...more)];
			const world: ReturnType<typeof start> = start({
				...{ subjects, iterations: 1, random: () => 0.25 },
				// The pod's removal begins with the answer, and is over 5 ms later.
				onRequest: async ({ host }) => {
					const [uid, of] = [`p${world.requests.length}`, host.replace(".x.example.com", "")];
					const metadata = { deletionTimestamp: "2026-11-23T10:00:00Z" };
					world.state.add(seen("pods", aPod(uid, { of, ready: true, metadata }), "ADDED"));
					setTimeout(() => world.state.add(seen("pods", aPod(uid, { of }), "DELETED")), 5);
					return answered;
				},
			});
			await world.done;
			return world.sleeps;
		};
		const sleeps = await sleepsWith("helloworld-00002");
		const between = sleeps.slice(sleeps.indexOf(2_000) + 1, sleeps.lastIndexOf(250));
		expect(new Set(between)).toEqual(new Set([100]));
		expect(await sleepsWith()).not.toContain(100);
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
			iterations: 1,
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
		await expect
			.poll(() => inShort(slow.recorded).slice(-4))
			.toEqual(["zero", "sample-end 0", "sample 1", "request 1"]);
		slow.abort();
	});

	it("do not take a pod for gone that the watch has not told of yet", async () => {
		const late: ReturnType<typeof start> = start({ iterations: 1, onRequest: async () => answered });
		await expect.poll(() => inShort(late.recorded)).toContain("request 0");
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(inShort(late.recorded)).not.toContain("sample-end 0");
		late.state.add(seen("deployments", aDeployment(1)));
		late.state.add(seen("pods", aPod("late"), "ADDED"));
		late.state.add(seen("deployments", aDeployment(0)));
		late.state.add(seen("pods", aPod("late"), "DELETED"));
		await expect
			.poll(() => inShort(late.recorded).slice(-4))
			.toEqual(["zero", "sample-end 0", "sample 1", "request 1"]);
		late.abort();
	});

	it("do not see the last pod out, but wait until it is Ready and all has been said of it", async () => {
		const last: ReturnType<typeof start> = start({
			iterations: 0,
			onRequest: async () => {
				last.state.add(seen("pods", aPod("last"), "ADDED"));
				return answered;
			},
		});
		await expect.poll(() => inShort(last.recorded)).toContain("request 0");
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(inShort(last.recorded)).not.toContain("sample-end 0");
		last.state.add(seen("pods", aPod("last", { ready: true })));
		await last.done;
		expect(inShort(last.recorded)).toEqual(["zero", "sample 0", "request 0", "sample-end 0"]);
		expect(last.sleeps.at(-1)).toBe(2_000);
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

describe("profiles that take turns", () => {
	const [one, two] = [aSubject("one", "helloworld-one"), aSubject("two", "helloworld-two")];
	const inTurns: Round[] = [
		{ round: 0, order: [one.profile, two.profile] },
		{ round: 1, order: [two.profile, one.profile] },
	];

	it("are started in the order of each round, each by its own host and limit", async () => {
		const { done, told, requests, recorded } = start({ subjects: [one, two], planned: inTurns });
		await done;
		expect(told).toEqual(["one 0", "two 0", "two 1", "one 1"]);
		const hosts = ["helloworld-one", "helloworld-two", "helloworld-two", "helloworld-one"];
		expect(requests.map(({ host }) => host)).toEqual(hosts.map((host) => `${host}.x.example.com`));
		const samples = recorded.flatMap((entry) => (entry.kind === "sample" ? [entry.profile] : []));
		expect(samples).toEqual(["one", "two", "two", "one"]);
	});

	it("begin when none of them has a pod", async () => {
		const world: ReturnType<typeof start> = start({ subjects: [one, two], planned: inTurns });
		world.state.add(seen("pods", aPod("guest", { of: "helloworld-two", ready: true }), "ADDED"));
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(world.told).toEqual([]);
		world.state.add(seen("pods", aPod("guest", { of: "helloworld-two" }), "DELETED"));
		await world.done;
		expect(world.told).toHaveLength(4);
	});
});

describe("copies in rotation", () => {
	const names = ["helloworld", "helloworld-2", "helloworld-3"] as const;
	const rotated = () => aSubject("one", ...names);
	/** A pod that answers, is Ready at once, and stays until it is told to go. */
	const stays = (world: { state: LiveState }, of: string, uid: string) => {
		world.state.add(seen("deployments", aDeployment(1, of)));
		world.state.add(seen("pods", aPod(uid, { of, ready: true }), "ADDED"));
	};
	const goes = (world: { state: LiveState }, of: string, uid: string) => {
		world.state.add(seen("deployments", aDeployment(0, of)));
		world.state.add(seen("pods", aPod(uid, { of }), "DELETED"));
	};
	const nameOf = (request: RequestOrder | undefined) => request?.host.replace(".x.example.com", "") ?? "";
	const startStaying = (iterations: number): ReturnType<typeof start> => {
		const world: ReturnType<typeof start> = start({
			iterations,
			subjects: [rotated()],
			zeroTimeoutMs: 50,
			onRequest: async (_, count) => {
				stays(world, nameOf(world.requests.at(-1)), `p${count}`);
				return answered;
			},
		});
		return world;
	};

	it("are each started in turn, while the others still have their pods", async () => {
		const world = startStaying(2);
		await world.done;
		expect(world.requests.map(nameOf)).toEqual(names);
		const samples = world.recorded.filter((entry) => entry.kind === "sample");
		expect(samples.map(({ copy, revision: of, draining }) => [copy, of, draining])).toEqual([
			[1, "helloworld", 0],
			[2, "helloworld-2", 1],
			[3, "helloworld-3", 2],
		]);
		for (const sample of samples) expect(sample).toMatchObject({ podsBefore: [], replicasBefore: 0 });
	});

	it("begin when none of them has a pod", async () => {
		const world = startStaying(0);
		stays(world, "helloworld-3", "guest");
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(world.requests).toEqual([]);
		goes(world, "helloworld-3", "guest");
		await world.done;
		expect(world.requests).toHaveLength(1);
	});

	it("are waited for where all have pods, and the one that is at zero first is started", async () => {
		const world = startStaying(3);
		await expect.poll(() => world.recorded.filter(({ kind }) => kind === "sample-end")).toHaveLength(3);
		expect(world.requests).toHaveLength(3);
		goes(world, "helloworld-2", "p2");
		await world.done;
		expect(nameOf(world.requests[3])).toBe("helloworld-2");
		expect(world.recorded.filter(({ kind }) => kind === "zero")).toHaveLength(5);
	});

	it("rest as long as they can: of several at zero the one is started that was started first", async () => {
		const world: ReturnType<typeof start> = start({
			iterations: 5,
			subjects: [rotated()],
			onRequest: async (_, count) => {
				stays(world, nameOf(world.requests.at(-1)), `p${count}`);
				if (count > 1) goes(world, nameOf(world.requests.at(-2)), `p${count - 1}`);
				return answered;
			},
		});
		await world.done;
		expect(world.requests.map(nameOf)).toEqual([...names, ...names]);
	});

	it("end a run with what holds a copy where none goes to zero", async () => {
		const world = startStaying(3);
		await expect(world.done).rejects.toThrow("revision helloworld did not go to zero within 0.05 s: pod pod-p1");
	});

	it("never begin a cold start before the pod of the one before is Ready and its events have come", async () => {
		const slow: ReturnType<typeof start> = start({
			iterations: 1,
			subjects: [rotated()],
			onRequest: async (_, count) => {
				slow.state.add(seen("pods", aPod(`p${count}`, { of: nameOf(slow.requests.at(-1)) }), "ADDED"));
				return answered;
			},
		});
		await expect.poll(() => inShort(slow.recorded)).toContain("request 0");
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(slow.requests).toHaveLength(1);
		slow.state.add(seen("pods", aPod("p1", { of: "helloworld", ready: true })));
		await expect.poll(() => slow.requests).toHaveLength(2);
		expect(slow.sleeps.at(-2)).toBe(2_000);
		expect(slow.recorded.find(({ kind }) => kind === "sample-end")).toHaveProperty("settledMs");
		slow.abort();
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

it("records how many pods were wanted and there at the request, not what was so at zero", async () => {
	const samples = async (change: (state: LiveState) => void) => {
		const world: { state?: LiveState } = {};
		const run = start({
			iterations: 0,
			sleep: async () => {
				if (world.state !== undefined) change(world.state);
			},
		});
		world.state = run.state;
		await run.done;
		return run.recorded.filter(({ kind }) => kind === "sample");
	};
	expect(await samples(() => {})).toMatchObject([{ replicasBefore: 0, podsBefore: [] }]);
	const warm = await samples((state) => {
		state.add(seen("deployments", aDeployment(3)));
		state.add(seen("pods", aPod("warm"), "ADDED"));
	});
	expect(warm).toMatchObject([{ replicasBefore: 3, podsBefore: ["warm"] }]);
	// A Deployment that is not there says nothing, which is not zero.
	const [unknown] = await samples((state) => state.add(seen("deployments", aDeployment(0), "DELETED")));
	expect(unknown).not.toHaveProperty("replicasBefore");
});

it("keeps where a redirect leads out of the recording", async () => {
	const redirected = { connectStartedAt: "1", status: 302, location: "https://sso.corp.example/login?token=x" };
	const run = start({ iterations: 0, onRequest: async () => redirected });
	await run.done;
	expect(JSON.stringify(run.recorded)).not.toContain("sso.corp");
});

it("leaves nobody waiting when the observer fails", async () => {
	const waits: AbortSignal[] = [];
	const state = openLiveState();
	state.add(seen("deployments", aDeployment(1)));
	let fail: (error: Error) => void = () => {};
	const failure = new Promise<never>((_, reject) => {
		fail = reject;
	});
	failure.catch(() => {});
	const subject = aSubject("one");
	const running = runColdStarts(sessionOn(fakeCluster(), { timeoutMs: 300_000 }), {
		observer: { failure, request: async () => answered },
		state: {
			...state,
			until: (look, limits) => {
				waits.push(limits.signal);
				return state.until(look, limits);
			},
		},
		subjects: [subject],
		rounds: [{ round: 0, order: [subject.profile] }],
		asked: { expectBody: "" },
		record: () => {},
		onSample: () => {},
		ended: new Set(),
		clock: anchorClock(),
	});
	setImmediate(() => fail(new Error("watch pods: forbidden")));
	await expect(running).rejects.toThrow("watch pods: forbidden");
	expect(waits.length).toBeGreaterThan(0);
	expect(waits.every(({ aborted }) => aborted)).toBe(true);
});
