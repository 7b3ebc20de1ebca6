import { describeRef, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { keyOf } from "../../kube/objects/ownership.ts";
import { deploymentPods, podsBeside } from "../../kube/objects/replica-sets.ts";
import { waitReady } from "../../kube/wait/ready.ts";
import { inParallel, lateError, type Task, waitUntil } from "../../kube/wait/task.ts";
import { setForeign } from "./journal.ts";
import type { StateStore } from "./store.ts";

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
	await untilOnlyNewAnswer(
		task,
		due.map((ref) => ({ ref, restart: () => setForeign(task, store, { change: { ref, path: restartPath, value } }) })),
	);
	const done = new Set(due.map(keyOf));
	await store.update((state) => ({
		...state,
		restarts: state.restarts.filter((ref) => !done.has(keyOf(ref))),
	}));
	return true;
}

/** A Deployment, and what changes its pod template; `restart` tells whether it changed it. */
export interface Restart {
	ref: ObjectRef;
	restart: () => Promise<boolean>;
}

/**
 * Changes the pod templates of Deployments, and waits until the pods of the new ones are ready and no Service sends to
 * an old pod: it would still answer. Where a template was as it should be, nothing starts anew and nothing is waited
 * for. Knative copies the activator's addresses to each revision's Service, in whichever namespace, and may do so late.
 * @throws ClusterError that names what is not ready, or which old pod still gets requests
 */
export async function untilOnlyNewAnswer(task: Task, restarts: readonly Restart[]): Promise<void> {
	const before = await deploymentPods(
		task,
		restarts.map(({ ref }) => ref),
	);
	const isChanged = await inParallel(restarts, ({ restart }) => restart());
	const changed = restarts.filter((_, index) => isChanged[index]).map(({ ref }) => ref);
	if (changed.length === 0) return;
	await waitReady(task, changed);
	const { wantedSets } = await deploymentPods(task, changed);
	const changedKeys = new Set(changed.map(keyOf));
	// A rollout may go back to a ReplicaSet that still ran: its pods are those that are wanted, however old.
	const old = before.pods.filter(({ deployment, setUid }) => changedKeys.has(deployment) && !wantedSets.has(setUid));
	const oldUids = new Set(old.map(({ pod }) => pod.metadata.uid));
	await waitUntil(
		task,
		async () => {
			const addresses = new Map(old.flatMap(({ pod }) => addressesOf(pod).map((address) => [address, pod] as const)));
			// A new pod may have been given the address of an old one.
			for (const pod of await podsBeside(task, changed)) {
				if (oldUids.has(pod.metadata.uid)) continue;
				for (const address of addressesOf(pod)) addresses.delete(address);
			}
			const stillSentTo = (await addressesInUse(task)).map((address) => addresses.get(address));
			const first = stillSentTo.find((pod) => pod !== undefined);
			return first && `${describeRef(refOf(first))} to get no more requests`;
		},
		(waitingFor) => lateError(waitingFor),
	);
}

function addressesOf(pod: KubeObject): string[] {
	const { podIP, podIPs = [] } = (pod.status ?? {}) as { podIP?: string; podIPs?: { ip?: string }[] | null };
	return [podIP, ...(podIPs ?? []).map(({ ip }) => ip)].filter((address) => address !== undefined);
}

/** Every address that some Service sends to. */
async function addressesInUse(task: Task): Promise<string[]> {
	const slices = await task.cluster.list({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" }, task.signal);
	return slices
		.flatMap((slice) => (slice.endpoints ?? []) as Endpoint[])
		.filter((endpoint) => endpoint.conditions?.ready !== false)
		.flatMap((endpoint) => endpoint.addresses ?? []);
}

interface Endpoint {
	addresses?: string[];
	conditions?: { ready?: boolean };
}
