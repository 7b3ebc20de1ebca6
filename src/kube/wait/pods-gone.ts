import { type KubeObject, refOf } from "../api/cluster.ts";
import { objectOf, textMapOf } from "../untrusted.ts";
import { waitUntilNone } from "./gone.ts";
import { inParallel, type Task } from "./task.ts";

/** Which pods a workload has. */
export interface PodSelector {
	namespace: string;
	labelSelector: string;
	/** Whether they are given the time that they ask for to end. */
	mayTakeTime: boolean;
}

/** Pods whose work is over are not given time to drain: Knative's activator would take minutes. */
export const terminationGraceSeconds = 1;

const kindsWithPods = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"];

/** The pods of a Deployment, ReplicaSet, DaemonSet or StatefulSet; undefined for everything else. */
export function podSelector(workload: KubeObject): PodSelector | undefined {
	const matchLabels = Object.entries(textMapOf(objectOf(objectOf(workload.spec).selector).matchLabels));
	const { namespace } = workload.metadata;
	if (!kindsWithPods.includes(workload.kind)) return undefined;
	// No label at all would select every pod of the namespace, also somebody else's.
	if (matchLabels.length === 0 || namespace === undefined) return undefined;
	const labels = matchLabels.map(([key, value]) => `${key}=${value}`);
	// Istio's CNI agent takes its plugin out of the node's configuration when it ends.
	return { namespace, labelSelector: labels.join(","), mayTakeTime: workload.kind === "DaemonSet" };
}

/** The pods that a workload has now. */
export async function podsOf(task: Task, { namespace, labelSelector }: PodSelector): Promise<KubeObject[]> {
	return task.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, task.signal);
}

/**
 * Waits until no pod is there, Terminating ones included.
 * @returns the pods that are still there when the task's time is over
 */
export async function waitPodsGone(task: Task, selectors: readonly PodSelector[]): Promise<KubeObject[]> {
	let open = selectors;
	return waitUntilNone(task, async () => {
		const lists = await inParallel(open, (selector) => podsOf(task, selector));
		open = open.filter((_, index) => lists[index]?.length !== 0);
		return lists.flat();
	});
}

/**
 * Ends pods before their owner's deletion does, for the kubelet does not shorten a time that has begun. As long as the
 * owner is there, it puts others in their place: those are young, and end soon by themselves when it goes.
 */
export async function terminatePods(task: Task, pods: readonly KubeObject[]): Promise<void> {
	await inParallel(pods, (pod) => {
		const { uid } = pod.metadata;
		const options = { gracePeriodSeconds: terminationGraceSeconds, signal: task.signal };
		return task.cluster.remove(refOf(pod), { ...options, ...(uid === undefined ? {} : { uid }) });
	});
}
