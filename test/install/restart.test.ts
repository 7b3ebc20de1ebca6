import { describe, expect, it } from "vitest";
import { restoreAll } from "../../src/install/removal/restore.ts";
import { restartPath, untilOnlyNewAnswer } from "../../src/install/state/restart.ts";
import type { JournalEntry } from "../../src/install/state/store.ts";
import type { KubeObject, ObjectRef } from "../../src/kube/api/cluster.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { type FakeCluster, fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { deployment } from "./objects.ts";

const namespace = "a";
const clock = jumpingClock();
const taskOn = (cluster: FakeCluster) => newTask(sessionOn(cluster, { clock, timeoutMs: 300_000 }));
const refTo = (name: string): ObjectRef => ({ apiVersion: "apps/v1", kind: "Deployment", namespace, name });

function replicaSet(cluster: FakeCluster, owner: string, name: string, replicas: number, restartedAt?: string) {
	const uid = cluster.objects.get(`Deployment ${namespace}/${owner}`)?.metadata.uid ?? "";
	const annotations = restartedAt === undefined ? {} : { "kubectl.kubernetes.io/restartedAt": restartedAt };
	cluster.put({
		apiVersion: "apps/v1",
		kind: "ReplicaSet",
		metadata: { name, namespace, ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: owner, uid }] },
		spec: { replicas, template: { metadata: { annotations } } },
	});
}

function pod(cluster: FakeCluster, set: string, podIP: string): void {
	const uid = cluster.objects.get(`ReplicaSet ${namespace}/${set}`)?.metadata.uid ?? "";
	const ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: set, uid }];
	cluster.put({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: `${set}-x1`, namespace, ownerReferences },
		status: { podIP },
	});
}

function sendTo(cluster: FakeCluster, ...addresses: string[]): void {
	cluster.put({
		apiVersion: "discovery.k8s.io/v1",
		kind: "EndpointSlice",
		metadata: { name: "s", namespace: "elsewhere" },
		endpoints: [{ conditions: { ready: true }, addresses }],
	});
}

/** A Deployment `d` with one pod at 10.0.0.1, which a Service sends to. */
function running(): FakeCluster {
	const cluster = fakeCluster();
	cluster.put(deployment(namespace, "d"));
	replicaSet(cluster, "d", "d-old", 1);
	pod(cluster, "d-old", "10.0.0.1");
	sendTo(cluster, "10.0.0.1");
	return cluster;
}

const untilNew = (cluster: FakeCluster, change: () => boolean) =>
	untilOnlyNewAnswer(taskOn(cluster), [{ ref: refTo("d"), restart: async () => change() }]);

/** What a rollout to another ReplicaSet does. */
function rollOut(cluster: FakeCluster, podIP: string): void {
	replicaSet(cluster, "d", "d-old", 0);
	replicaSet(cluster, "d", "d-new", 1);
	pod(cluster, "d-new", podIP);
}

describe("untilOnlyNewAnswer", () => {
	it("waits while a Service still sends to a pod of the ReplicaSet before", async () => {
		const cluster = running();
		const change = () => {
			rollOut(cluster, "10.0.0.2");
			return true;
		};
		await expect(untilNew(cluster, change)).rejects.toThrow("Pod a/d-old-x1 to get no more requests");
		sendTo(cluster, "10.0.0.2");
		await untilNew(cluster, () => true);
	});

	it("lets a new pod have the address of an old one", async () => {
		const cluster = running();
		await untilNew(cluster, () => {
			rollOut(cluster, "10.0.0.1");
			return true;
		});
	});

	it.each([
		["nothing was changed", () => false],
		["a rollout went back to the ReplicaSet that still ran", () => true],
	])("does not wait where %s", async (_, change) => {
		const startedAt = clock.now();
		await untilNew(running(), change);
		expect(clock.now() - startedAt).toBeLessThan(1000);
	});

	it("does not wait for a Deployment that it did not change, ready or not", async () => {
		const cluster = running();
		const stuck = cluster.objects.get("Deployment a/d") as KubeObject;
		stuck.status = { ...(stuck.status as object), availableReplicas: 0 };
		const startedAt = clock.now();
		await untilNew(cluster, () => false);
		expect(clock.now()).toBe(startedAt);
	});

	it("does not wait for another Deployment whose name begins alike", async () => {
		const cluster = running();
		cluster.put(deployment(namespace, "d-hpa"));
		replicaSet(cluster, "d-hpa", "d-hpa-1", 1);
		pod(cluster, "d-hpa-1", "10.0.0.9");
		sendTo(cluster, "10.0.0.2", "10.0.0.9");
		await untilNew(cluster, () => {
			rollOut(cluster, "10.0.0.2");
			return true;
		});
	});
});

describe("restoring a restart", () => {
	const ours = "2026-01-01T00:00:00.000Z";
	const entry: JournalEntry = { ref: refTo("d"), path: restartPath, before: null, set: [ours] };

	async function restored(cluster: FakeCluster) {
		const result = { notes: [] as string[] };
		const startedAt = clock.now();
		const failed = await restoreAll({
			task: taskOn(cluster),
			entries: [entry],
			patience: { refusedMs: 10_000, goneMs: 60_000 },
			restored: new Set(),
			isLast: false,
			result,
		});
		return { failed, notes: result.notes, tookMs: clock.now() - startedAt };
	}
	const names = (cluster: FakeCluster) => [...cluster.objects.keys()].filter((key) => key.startsWith("ReplicaSet"));
	const restartedAt = (object: KubeObject, value: string) => {
		const template = { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": value } } };
		return { ...object, spec: { ...(object.spec as object), template } };
	};

	it("is done at once where an interrupted clean-up put the value back, and takes its ReplicaSet away", async () => {
		const cluster = running();
		replicaSet(cluster, "d", "d-ours", 0, ours);
		expect(await restored(cluster)).toMatchObject({ failed: [], notes: [], tookMs: 0 });
		expect(names(cluster)).toEqual(["ReplicaSet a/d-old"]);
	});

	it("leaves somebody's own restart and its ReplicaSet, and waits for nothing", async () => {
		const cluster = running();
		cluster.put(restartedAt(deployment(namespace, "d"), "2026-02-02T00:00:00Z"));
		replicaSet(cluster, "d", "d-theirs", 1, "2026-02-02T00:00:00Z");
		const { failed, notes, tookMs } = await restored(cluster);
		expect({ failed, tookMs }).toEqual({ failed: [], tookMs: 0 });
		expect(notes).toEqual([expect.stringContaining("changed by somebody else")]);
		expect(names(cluster)).toContain("ReplicaSet a/d-theirs");
	});

	it("waits for what an interrupted clean-up began", async () => {
		const cluster = running();
		replicaSet(cluster, "d", "d-ours", 1, ours);
		const deploymentOf = cluster.objects.get("Deployment a/d") as KubeObject;
		deploymentOf.status = { ...(deploymentOf.status as object), replicas: 2 };
		const { failed } = await restored(cluster);
		expect(failed.map(({ error }) => error.message)).toEqual([expect.stringContaining("1 old pods left")]);
	});
});
