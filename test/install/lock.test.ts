import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { lockRef, takeLock } from "../../src/install/state/lock.ts";
import { ownPlace, type Place } from "../../src/install/state/lock-holder.ts";
import { ensureStateNamespace, openState, withInventory } from "../../src/install/state/store.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import type { Session } from "../../src/kube/wait/task.ts";
import type { Progress } from "../../src/progress.ts";
import { type FakeCluster, fakeCluster } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { type SteppedClock, steppedClock } from "../support/stepped-clock.ts";
import { configMap } from "./objects.ts";

const key = "Lease knistio-system/knistio-lock";
const leaseOf = (cluster: FakeCluster) =>
	cluster.objects.get(key) as { spec: Record<string, unknown> } & NonNullable<ReturnType<typeof cluster.objects.get>>;

/** A process that tells where it runs, on another machine than all others. */
const elsewhere = (host: string, pid = 1): Place => ({ host, pid, bootId: `boot-${host}`, pidNamespace: "pid:[1]" });

function world() {
	const cluster = fakeCluster();
	const clock = steppedClock();
	const take = (
		host: string,
		{ signal, progress, ...taking }: Partial<Session> & Parameters<typeof takeLock>[1] = {},
	) =>
		takeLock(sessionOn(cluster, { clock, ...(signal && { signal }), ...(progress && { progress }) }), {
			renewalClock: clock,
			place: elsewhere(host),
			...taking,
		});
	return { cluster, clock, take };
}

/** How a promise stands after so long. */
async function outcomeAfter(clock: SteppedClock, ms: number, promise: Promise<unknown>): Promise<unknown> {
	let outcome: unknown = "pending";
	promise.then(
		() => {
			outcome = "taken";
		},
		(error: Error) => {
			outcome = error;
		},
	);
	await clock.pass(ms);
	return outcome;
}

/** What is left of a holder that was killed: its Lease, which nobody renews. */
async function killedHolder(cluster: FakeCluster, place: Place = elsewhere("dead")): Promise<void> {
	const dead = steppedClock();
	await takeLock(sessionOn(cluster, { clock: dead }), { renewalClock: dead, place, force: true });
}

describe("the lock", () => {
	it("is a Lease as Kubernetes reads it, gone when it is released", async () => {
		const { cluster, take } = world();
		const lock = await take("one");
		const { spec, metadata } = leaseOf(cluster);
		expect(spec).toMatchObject({
			holderIdentity: expect.stringMatching(/^one_/),
			leaseDurationSeconds: 20,
			leaseTransitions: 0,
			acquireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
			renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
		});
		expect(metadata.labels).toMatchObject({ "knistio.dev/owned-by": "knistio", "knistio.dev/part": "state" });
		await lock.release();
		expect(cluster.objects.has(key)).toBe(false);
		expect(lock.lost.aborted).toBe(false);
	});

	it("is refused as soon as its holder shows a sign of life, and says who that is", async () => {
		const { clock, take } = world();
		await take("one");
		const told: string[] = [];
		const progress: Progress = (event) => void told.push("text" in event ? event.text : event.kind);
		expect(await outcomeAfter(clock, 6_000, take("two", { progress }))).toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("process 1 on one, since 20"),
			hint: expect.stringContaining("--force"),
		});
		expect(told).toEqual([expect.stringContaining("waiting up to 20 s for process 1 on one")]);
	});

	it.each([
		["behind", -3_600_000],
		["ahead", 3_600_000],
	])("is not stolen from a living holder whose times look %s", async (_, skewMs) => {
		const { cluster, clock, take } = world();
		const holder = await take("one");
		cluster.onWrite = (object) => {
			const { spec } = object as { spec?: { renewTime?: string } };
			if (spec?.renewTime) spec.renewTime = new Date(Date.now() + skewMs).toISOString();
		};
		await clock.pass(4_000);
		expect(await outcomeAfter(clock, 30_000, take("two"))).toMatchObject({
			message: expect.stringContaining("on one"),
		});
		expect(holder.lost.aborted).toBe(false);
	});

	it("is taken when the record has not changed for the Lease's duration as seen here, and no earlier", async () => {
		const { cluster, clock, take } = world();
		await killedHolder(cluster);
		clock.stall(3_600_000);
		const taking = take("two");
		expect(await outcomeAfter(clock, 19_500, taking)).toBe("pending");
		expect(await outcomeAfter(clock, 1_000, taking)).toBe("taken");
		expect(leaseOf(cluster).spec).toMatchObject({ leaseTransitions: 1 });
	});

	it("is taken at once by force, from a holder that is told and then deletes nothing", async () => {
		const { cluster, clock, take } = world();
		const mine = await take("one");
		const theirs = await take("two", { force: true });
		await clock.pass(5_000);
		expect(mine.lost.reason).toMatchObject({ exitCode: 4, message: "another knistio took over the cluster" });
		await mine.release();
		expect(leaseOf(cluster).spec.holderIdentity).toMatch(/^two_/);
		await theirs.release();
		expect(cluster.objects.has(key)).toBe(false);
	});

	it("is not deleted from under another who took it before the loss was known", async () => {
		const { cluster, take } = world();
		const mine = await take("one");
		await take("two", { force: true });
		await mine.release();
		expect(leaseOf(cluster).spec.holderIdentity).toMatch(/^two_/);
	});

	it("is not deleted when it is taken while it is being released", async () => {
		const { cluster, clock, take } = world();
		const mine = await take("one");
		const { get } = cluster;
		let isTaken = false;
		cluster.get = async (ref, signal) => {
			const found = await get(ref, signal);
			if (ref.kind === "Lease" && !isTaken) {
				isTaken = true;
				await takeLock(sessionOn({ ...cluster, get }, { clock }), {
					renewalClock: clock,
					place: elsewhere("two"),
					force: true,
				});
			}
			return found;
		};
		await mine.release();
		expect(leaseOf(cluster).spec.holderIdentity).toMatch(/^two_/);
	});

	it("is let go within seconds where the API server does not answer, and sooner when the user interrupts", async () => {
		for (const [isInterrupted, limitMs] of [
			[false, 10_000],
			[true, 2_000],
		] as const) {
			const { cluster, clock, take } = world();
			const controller = new AbortController();
			const lock = await take("one", { signal: controller.signal });
			cluster.get = (_, signal) =>
				new Promise((__, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
			const releasing = lock.release();
			await clock.pass(0);
			if (isInterrupted) controller.abort();
			expect(await outcomeAfter(clock, limitMs - 100, releasing)).toBe("pending");
			expect(await outcomeAfter(clock, 200, releasing)).toMatchObject({ message: expect.stringContaining("released") });
		}
	});

	it("is no longer asked for when the user interrupts the wait", async () => {
		const { cluster, clock, take } = world();
		await killedHolder(cluster);
		const controller = new AbortController();
		const taking = take("two", { signal: controller.signal });
		expect(await outcomeAfter(clock, 3_000, taking)).toBe("pending");
		controller.abort(new Error("interrupted"));
		expect(await outcomeAfter(clock, 0, taking)).toMatchObject({ message: "interrupted" });
	});

	it("goes to one of two who take it at the same time", async () => {
		const { cluster, clock, take } = world();
		await killedHolder(cluster);
		const outcomes: unknown[] = [];
		for (const host of ["two", "three"]) {
			take(host).then(
				() => outcomes.push(host),
				(error: Error) => outcomes.push(error.message),
			);
		}
		await clock.pass(60_000);
		expect(outcomes).toHaveLength(2);
		const [winner] = outcomes;
		expect(["two", "three"]).toContain(winner);
		expect(outcomes[1]).toContain(`another knistio works on this cluster: process 1 on ${winner}`);
	});

	it("is tried again where somebody was faster, and is never taken over in a version that was not seen", async () => {
		const { cluster, clock, take } = world();
		await killedHolder(cluster);
		const { patch } = cluster;
		let isFirst = true;
		cluster.patch = async (ref, body, signal) => {
			if (isFirst) {
				isFirst = false;
				await patch(ref, { spec: { holderIdentity: "rival_1", renewTime: "x" } });
			}
			return patch(ref, body, signal);
		};
		const taking = take("two");
		expect(await outcomeAfter(clock, 25_000, taking)).toBe("pending");
		expect(leaseOf(cluster).spec.holderIdentity).toBe("rival_1");
	});
});

describe("a holder of this machine", () => {
	const here: Place = { host: "here", pid: process.pid, bootId: "b", pidNamespace: "pid:[1]" };
	const { pid: gone } = spawnSync(process.execPath, ["--version"]);
	const at = async (holder: Partial<Place>) => {
		const { cluster, clock, take } = world();
		await killedHolder(cluster, { ...here, pid: gone, ...holder });
		return outcomeAfter(clock, 500, take("here", { place: here }));
	};

	it("that has ended is not waited for", async () => {
		expect(await at({})).toBe("taken");
	});

	it.each<[string, Partial<Place>]>([
		["lives", { pid: process.ppid }],
		["has its number in another PID namespace", { pidNamespace: "pid:[2]" }],
		["ran before the machine was started anew, or on another of the same name", { bootId: "c" }],
		["has another name", { host: "there" }],
	])("that %s is", async (_, holder) => {
		expect(await at(holder)).toBe("pending");
	});

	it.each(["bootId", "pidNamespace"] as const)("is waited for where the %s is not known", async (field) => {
		const { cluster, clock, take } = world();
		const { [field]: _, ...unknown } = { ...here, pid: gone };
		await killedHolder(cluster, unknown as Place);
		const { [field]: __, ...taker } = here;
		expect(await outcomeAfter(clock, 500, take("here", { place: taker as Place }))).toBe("pending");
	});

	it("is known by the kernel's run and the PID namespace, where the system tells them", () => {
		const place = ownPlace();
		expect(place).toMatchObject({ pid: process.pid, host: expect.stringMatching(/./) });
		if (process.platform === "linux") {
			expect(place.bootId).toMatch(/^[0-9a-f-]{36}$/);
			expect(place.pidNamespace).toMatch(/^pid:\[\d+\]$/);
		}
	});
});

describe("a record that is not as knistio writes it", () => {
	it.each([
		["no spec", {}],
		["no holder", { spec: { holderIdentity: "", leaseTransitions: "many" } }],
		["null", { spec: null }],
	])("is held by nobody with %s", async (_, content) => {
		const { cluster, clock, take } = world();
		await ensureStateNamespace(cluster);
		const { name, namespace, ...kind } = lockRef;
		cluster.put({ ...kind, metadata: { name, namespace: String(namespace) }, ...content });
		expect(await outcomeAfter(clock, 0, take("two"))).toBe("taken");
		expect(leaseOf(cluster).spec).toMatchObject({
			leaseTransitions: 1,
			holderIdentity: expect.stringMatching(/^two_/),
		});
	});

	it("is waited for with a holder of whom nothing else is known", async () => {
		const { cluster, clock, take } = world();
		await ensureStateNamespace(cluster);
		const { name, namespace, ...kind } = lockRef;
		const annotations = { "knistio.dev/lock-holder": '{"pid":-1}' };
		const metadata = { name, namespace: String(namespace), annotations };
		cluster.put({ ...kind, metadata, spec: { holderIdentity: "somebody" } });
		const taking = take("two");
		expect(await outcomeAfter(clock, 15_000, taking)).toBe("pending");
		expect(await outcomeAfter(clock, 6_000, taking)).toBe("taken");
	});
});

describe("renewing", () => {
	it("goes on for as long as the lock is held, each time in the version that was seen last", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		const times = new Set<unknown>();
		const patches: unknown[] = [];
		const { patch } = cluster;
		cluster.patch = async (ref, body, signal) => {
			patches.push([leaseOf(cluster).metadata.resourceVersion, body]);
			const made = await patch(ref, body, signal);
			times.add(made.metadata.resourceVersion);
			return made;
		};
		await clock.pass(60_000);
		expect(lock.lost.aborted).toBe(false);
		expect(times.size).toBe(15);
		for (const [resourceVersion, body] of patches as [string, unknown][]) {
			expect(body).toMatchObject({ metadata: { resourceVersion } });
		}
		await lock.release();
		await clock.pass(60_000);
		expect(times.size).toBe(15);
	});

	it("that fails for too long loses the lock, before anybody else may take it", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		await clock.pass(4_000);
		cluster.refuse = () => new ApiError("etcdserver: no leader", { status: 503 });
		await clock.pass(14_500);
		expect(lock.lost.aborted).toBe(false);
		await clock.pass(1_000);
		expect(lock.lost.reason).toMatchObject({
			exitCode: 4,
			message: "the lock could not be renewed for 15 s: etcdserver: no leader",
			hint: expect.stringContaining("knistio clean"),
		});
		delete cluster.refuse;
		await lock.release();
		expect(cluster.objects.has(key)).toBe(true);
	});

	it("that gets no answer loses the lock in the same time", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		const signals: AbortSignal[] = [];
		cluster.patch = (_, __, signal) => {
			signals.push(signal as AbortSignal);
			return new Promise(() => {});
		};
		await clock.pass(14_900);
		expect(lock.lost.aborted).toBe(false);
		await clock.pass(200);
		expect(lock.lost.reason).toMatchObject({ message: expect.stringContaining("could not be renewed for 15 s") });
		expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
	});

	it("that fails for a while keeps it", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		let refusals = 2;
		cluster.refuse = () => (refusals-- > 0 ? new ApiError("try again", { status: 503 }) : undefined);
		await clock.pass(60_000);
		expect(lock.lost.aborted).toBe(false);
		expect(refusals).toBeLessThan(0);
	});

	it("whose answer got lost is not taken for somebody else's write", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		const { patch } = cluster;
		let isFirst = true;
		cluster.patch = async (ref, body, signal) => {
			const made = await patch(ref, body, signal);
			if (!isFirst) return made;
			isFirst = false;
			throw new ApiError("socket hang up");
		};
		await clock.pass(30_000);
		expect(lock.lost.aborted).toBe(false);
	});

	it("after the process was stopped for long keeps it only if nobody took it meanwhile", async () => {
		for (const isTaken of [false, true]) {
			const { cluster, clock, take } = world();
			const lock = await take("one");
			clock.stall(300_000);
			if (isTaken) await take("two", { force: true });
			await clock.pass(10_000);
			expect(lock.lost.aborted).toBe(isTaken);
			expect(leaseOf(cluster).spec.holderIdentity).toMatch(isTaken ? /^two_/ : /^one_/);
		}
	});

	it("of a Lease that was deleted is a loss", async () => {
		const { cluster, clock, take } = world();
		const lock = await take("one");
		await cluster.remove(lockRef);
		await clock.pass(5_000);
		expect(lock.lost.aborted).toBe(true);
	});
});

describe("the lock of an older version", () => {
	const old = (renewedAt: number) =>
		markOurs(configMap("knistio-system", "knistio-lock", { holder: JSON.stringify({ host: "old", renewedAt }) }), {
			part: "state",
			profile: "",
		});
	const oldKey = "ConfigMap knistio-system/knistio-lock";

	it("does not block for ever, whatever time it names, and is removed", async () => {
		const { cluster, clock, take } = world();
		await ensureStateNamespace(cluster);
		cluster.put(old(8e15));
		const taking = take("two");
		expect(await outcomeAfter(clock, 44_000, taking)).toBe("pending");
		expect(await outcomeAfter(clock, 2_000, taking)).toBe("taken");
		expect(cluster.objects.has(oldKey)).toBe(false);
	});

	it("that is renewed refuses, and goes by force", async () => {
		const { cluster, clock, take } = world();
		await ensureStateNamespace(cluster);
		cluster.put(old(1));
		const taking = take("two");
		await clock.pass(10_000);
		cluster.put(old(2));
		expect(await outcomeAfter(clock, 1_000, taking)).toMatchObject({
			message: expect.stringContaining("older version"),
		});
		expect(cluster.objects.has(key)).toBe(false);
		expect(await outcomeAfter(clock, 0, take("two", { force: true }))).toBe("taken");
		expect(cluster.objects.has(oldKey)).toBe(false);
	});

	it("is left where it is somebody else's ConfigMap", async () => {
		const { cluster, clock, take } = world();
		await ensureStateNamespace(cluster);
		cluster.put(configMap("knistio-system", "knistio-lock", {}));
		expect(await outcomeAfter(clock, 0, take("two"))).toBe("taken");
		expect(cluster.objects.has(oldKey)).toBe(true);
	});
});

describe("the namespace of the lock", () => {
	it("is waited for while it is being removed", async () => {
		const { cluster, clock, take } = world();
		let refusals = 3;
		const ending = `leases.coordination.k8s.io "knistio-lock" is forbidden: unable to create new content in namespace knistio-system because it is being terminated`;
		cluster.refuse = ({ ref }) =>
			ref.kind === "Lease" && refusals-- > 0 ? new ApiError(ending, { status: 403 }) : undefined;
		expect(await outcomeAfter(clock, 5_000, take("one"))).toBe("taken");
	});

	it("is not waited for for ever, and any other refusal is told at once", async () => {
		for (const [message, waits] of [
			["it is being terminated", true],
			["no right to create leases", false],
		] as const) {
			const { cluster, clock, take } = world();
			cluster.refuse = ({ ref }) => (ref.kind === "Lease" ? new ApiError(message, { status: 403 }) : undefined);
			const taking = take("one");
			expect((await outcomeAfter(clock, 30_000, taking)) === "pending").toBe(waits);
			expect(await outcomeAfter(clock, 40_000, taking)).toMatchObject({ message });
		}
	});
});

describe("a clean-up", () => {
	async function installed() {
		const { cluster, clock, take } = world();
		const before = cluster.snapshot();
		await ensureStateNamespace(cluster);
		const object = markOurs(configMap("default", "ours", {}), { part: "workload", profile: "p" });
		const store = await openState(sessionOn(cluster));
		await store.update((state) => withInventory(state, [object], { part: "workload", profile: "p" }));
		cluster.put(object);
		return { cluster, clock, take, before };
	}

	it("takes the lock and leaves no Lease", async () => {
		const { cluster, clock, before } = await installed();
		await uninstall(sessionOn(cluster, { clock }));
		expect(cluster.snapshot()).toEqual(before);
	});

	it("behind a killed run waits for the Lease's duration, or takes it by force at once", async () => {
		for (const force of [false, true]) {
			const { cluster, clock, before } = await installed();
			await killedHolder(cluster);
			const cleaning = uninstall(sessionOn(cluster, { clock }), { force });
			expect(await outcomeAfter(clock, 5_000, cleaning)).toBe(force ? "taken" : "pending");
			expect(await outcomeAfter(clock, 20_000, cleaning)).toBe("taken");
			expect(cluster.snapshot()).toEqual(before);
		}
	});

	it("that has lost the lock deletes nothing of the other run's", async () => {
		const { cluster, clock, take } = await installed();
		const lock = await take("one");
		await take("two", { force: true });
		await clock.pass(5_000);
		const writes = cluster.writes.length;
		await expect(uninstall(sessionOn(cluster, { clock }), { lock })).rejects.toThrow("another knistio took over");
		await lock.release();
		expect(cluster.writes.slice(writes).filter(({ verb }) => verb === "remove")).toEqual([]);
	});

	it("that loses the lock on its way does not remove the namespace that the other's lock is in", async () => {
		const { cluster, clock, take } = await installed();
		const lock = await take("one");
		const { get } = cluster;
		cluster.get = async (ref, signal) => {
			const found = await get(ref, signal);
			// The last look of the removal, after which only the namespace is left.
			if (ref.name === "ours" && found === undefined) {
				await take("two", { force: true });
				await clock.pass(5_000);
			}
			return found;
		};
		const cleaning = uninstall(sessionOn(cluster, { clock }), { lock });
		expect(await outcomeAfter(clock, 10_000, cleaning)).toMatchObject({
			message: "another knistio took over the cluster",
		});
		expect(leaseOf(cluster).spec.holderIdentity).toMatch(/^two_/);
	});
});
