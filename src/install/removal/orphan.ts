import { type KubeObject, refOf } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { ownedByLabel, partLabel } from "../../kube/objects/ownership.ts";
import { type PodSelector, podsOf } from "../../kube/wait/pods-gone.ts";
import { inParallel, type Task } from "../../kube/wait/task.ts";

/** Deletes an object and leaves what it owns; returns when it is gone. */
export type Orphan = (object: KubeObject) => Promise<void>;

/**
 * Takes a Deployment and its ReplicaSets away from their pods: else a ReplicaSet makes new ones for those that are ended,
 * which are given all the time that they ask for when it goes itself. Whatever loses its owner is labelled as knistio's
 * before, so that the next `clean` knows it when the process is killed here.
 */
export async function orphanPods(
	task: Task,
	workload: KubeObject,
	{ selector, orphan }: { selector: PodSelector; orphan: Orphan },
): Promise<void> {
	const labels = ownLabels(workload);
	if (workload.kind === "Deployment") {
		await inParallel(await replicaSetsOf(task, selector), (set) => label(task, set, labels));
		await orphan(workload);
	}
	if (workload.kind !== "Deployment" && workload.kind !== "ReplicaSet") return;
	const sets = workload.kind === "ReplicaSet" ? [workload] : await replicaSetsOf(task, selector);
	await inParallel(sets, (set) => label(task, set, labels, { andItsNewPods: true }));
	await inParallel(await podsOf(task, selector), (pod) => label(task, pod, labels));
	await inParallel(sets, orphan);
}

async function replicaSetsOf(task: Task, { namespace, labelSelector }: PodSelector): Promise<KubeObject[]> {
	return task.cluster.list({ apiVersion: "apps/v1", kind: "ReplicaSet", namespace, labelSelector }, task.signal);
}

/** Knistio's labels, as the workload has them. */
function ownLabels({ metadata: { labels = {} } }: KubeObject): Record<string, string> {
	const own = Object.entries(labels).filter(([key]) => key === ownedByLabel || key === partLabel);
	return Object.fromEntries(own);
}

async function label(
	task: Task,
	object: KubeObject,
	labels: Record<string, string>,
	{ andItsNewPods = false } = {},
): Promise<void> {
	const spec = andItsNewPods ? { spec: { template: { metadata: { labels } } } } : {};
	try {
		await task.cluster.patch(refOf(object), { metadata: { labels }, ...spec }, task.signal);
	} catch (error) {
		// It ended meanwhile.
		if (!(error instanceof ApiError && error.status === 404)) throw error;
	}
}
