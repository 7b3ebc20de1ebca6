import { describeRef, type KubeObject, type ObjectRef, refOf } from "../cluster/cluster.ts";
import { setForeign } from "./journal.ts";
import { keyOf } from "./ownership.ts";
import type { StateStore } from "./state.ts";
import { inParallel, lateError, type Task, waitUntil } from "./task.ts";
import { waitReady } from "./wait-ready.ts";

/** The annotation by which `kubectl rollout restart` changes a pod template. */
export const restartPath = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"];

/**
 * Restarts the Deployments that the state says are due, all at once, and waits until only new pods answer. They are
 * due until that is seen, so that a run which is killed meanwhile is finished by the next.
 */
export async function restartDue(task: Task, store: StateStore, only: (ref: ObjectRef) => boolean): Promise<boolean> {
	const due = store.current.restarts.filter(only);
	if (due.length === 0) return false;
	const value = new Date(task.clock.now()).toISOString();
	await inParallel(due, (ref) => setForeign(task, store, { change: { ref, path: restartPath, value } }));
	await waitReady(task, due);
	await waitOldEndpointsGone(task, due);
	const done = new Set(due.map(keyOf));
	await store.update((state) => ({
		...state,
		restarts: state.restarts.filter((ref) => !done.has(keyOf(ref))),
	}));
	return true;
}

/** Waits until no Service of these Deployments' namespaces sends to a pod that is leaving: it would still answer. */
export async function waitOldEndpointsGone(task: Task, deployments: readonly ObjectRef[]): Promise<void> {
	const namespaces = [...new Set(deployments.flatMap(({ namespace }) => namespace ?? []))];
	await waitUntil(
		task,
		async () => {
			const leaving = await Promise.all(namespaces.map((namespace) => leavingEndpoints(task, namespace)));
			const [first] = leaving.flat();
			return first === undefined ? undefined : `${describeRef(refOf(first))} to get no more requests`;
		},
		(waitingFor) => lateError(waitingFor),
	);
}

async function leavingEndpoints(task: Task, namespace: string): Promise<KubeObject[]> {
	const [pods, slices] = await Promise.all([
		task.cluster.list({ apiVersion: "v1", kind: "Pod", namespace }, task.signal),
		task.cluster.list({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace }, task.signal),
	]);
	const addressed = new Set(
		slices
			.flatMap((slice) => (slice.endpoints ?? []) as Endpoint[])
			.filter((endpoint) => endpoint.conditions?.ready !== false)
			.map((endpoint) => endpoint.targetRef?.name),
	);
	return pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && addressed.has(pod.metadata.name));
}

interface Endpoint {
	conditions?: { ready?: boolean };
	targetRef?: { name?: string };
}
