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
	await untilOnlyNewAnswer(task, due, async () => {
		await inParallel(due, (ref) => setForeign(task, store, { change: { ref, path: restartPath, value } }));
	});
	const done = new Set(due.map(keyOf));
	await store.update((state) => ({
		...state,
		restarts: state.restarts.filter((ref) => !done.has(keyOf(ref))),
	}));
	return true;
}

/**
 * Does what starts the pods of these Deployments anew, and waits until the new ones are ready and no Service sends to an
 * old one: it would still answer. Knative copies the activator's addresses to each revision's Service, in whichever
 * namespace, and may do so late.
 */
export async function untilOnlyNewAnswer(
	task: Task,
	deployments: readonly ObjectRef[],
	restart: () => Promise<void>,
): Promise<void> {
	const namespaces = [...new Set(deployments.flatMap(({ namespace }) => namespace ?? []))];
	const names = deployments.map(({ name }) => name);
	const podsNow = async () => {
		const lists = await Promise.all(
			namespaces.map((namespace) => task.cluster.list({ apiVersion: "v1", kind: "Pod", namespace }, task.signal)),
		);
		return lists.flat();
	};
	const old = (await podsNow()).filter((pod) => names.some((name) => pod.metadata.name.startsWith(`${name}-`)));
	const oldUids = new Set(old.map(({ metadata }) => metadata.uid));
	await restart();
	await waitReady(task, deployments);
	await waitUntil(
		task,
		async () => {
			const addresses = new Map(old.map((pod) => [addressOf(pod), pod]));
			// A new pod may have been given the address of an old one.
			for (const pod of await podsNow()) if (!oldUids.has(pod.metadata.uid)) addresses.delete(addressOf(pod));
			const stillSentTo = (await addressesInUse(task)).map((address) => addresses.get(address));
			const first = stillSentTo.find((pod) => pod !== undefined);
			return first && `${describeRef(refOf(first))} to get no more requests`;
		},
		(waitingFor) => lateError(waitingFor),
	);
}

function addressOf(pod: KubeObject): string | undefined {
	return (pod.status as { podIP?: string } | undefined)?.podIP;
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
