import { ApiError } from "../cluster/api-error.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../cluster/cluster.ts";
import { type Stage, stageOf, stages } from "./order.ts";
import { isDerived, isOurs, isShareable } from "./ownership.ts";
import { patiently } from "./patience.ts";
import { hurriedGraceSeconds, type PodSelector, podHurrier, podSelector, podsOf, waitPodsGone } from "./pods-gone.ts";
import { inParallel, lateError, type Task, waitUntil } from "./task.ts";
import { listed } from "./wording.ts";

/** What was asked to be removed, and is not. */
export interface Kept {
	ref: ObjectRef;
	reason: string;
}

export interface Removal {
	removed: ObjectRef[];
	kept: Kept[];
}

/**
 * Deletes what knistio made, in the reverse of the order in which it is applied, and waits after each stage until it
 * is gone. Only what still has knistio's label is deleted; a definition with somebody else's objects, and a namespace
 * with somebody else's workloads, are kept.
 * @throws ClusterError when something does not go away in the task's time
 */
export async function removeObjects(task: Task, refs: readonly ObjectRef[]): Promise<Removal> {
	const removal: Removal = { removed: [], kept: [] };
	for (const stage of stages.toReversed()) {
		const ofStage = refs.filter((ref) => stageOf(ref) === stage);
		// The CNI's DaemonSet goes when no other workload is left: without it no pod can start until it has cleaned up.
		const last = ofStage.filter((ref) => ref.kind === "DaemonSet");
		const first = ofStage.filter((ref) => ref.kind !== "DaemonSet");
		for (const group of [first, last]) {
			if (group.length > 0) await removeStage(task, { stage, refs: group, removal });
		}
	}
	return removal;
}

async function removeStage(
	task: Task,
	request: { stage: Stage; refs: readonly ObjectRef[]; removal: Removal },
): Promise<void> {
	const { stage, removal } = request;
	const found = (await inParallel(request.refs, (ref) => task.cluster.get(ref, task.signal))).filter(
		(object) => object !== undefined,
	);
	const going: KubeObject[] = [];
	for (const object of found) {
		const reason = await reasonToKeep(task, stage, object);
		if (reason === undefined) going.push(object);
		else if (reason !== "") removal.kept.push({ ref: refOf(object), reason });
	}
	const selectors = going.map(podSelector).filter((selector) => selector !== undefined);
	const hurry = podHurrier(task);
	await inParallel(going, async (object) => {
		const selector = podSelector(object);
		const isHurried = selector !== undefined && !selector.mayTakeTime;
		if (isHurried) await orphanPods(task, object, selector);
		if (isHurried) await hurry(await podsOf(task, selector));
		if (object.metadata.deletionTimestamp === undefined) await remove(task, object);
	});
	await waitPodsGone(task, selectors);
	await waitGone(task, going.map(refOf));
	removal.removed.push(...going.map(refOf));
}

/**
 * Takes a Deployment and its ReplicaSets away from their pods: else a ReplicaSet makes new ones for those that are ended,
 * which are given all the time that they ask for when it goes itself.
 */
async function orphanPods(task: Task, workload: KubeObject, { namespace, labelSelector }: PodSelector): Promise<void> {
	if (workload.kind !== "Deployment") return;
	await remove(task, workload, "Orphan");
	await waitGone(task, [refOf(workload)]);
	const query = { apiVersion: "apps/v1", kind: "ReplicaSet", namespace, labelSelector };
	const replicaSets = await task.cluster.list(query, task.signal);
	await inParallel(replicaSets, (each) => remove(task, each, "Orphan"));
	await waitGone(task, replicaSets.map(refOf));
}

async function remove(
	task: Task,
	object: KubeObject,
	propagation: "Background" | "Orphan" = "Background",
): Promise<void> {
	const { uid } = object.metadata;
	try {
		await task.cluster.remove(refOf(object), {
			propagation,
			...(uid === undefined ? {} : { uid }),
			...(object.kind === "Pod" ? { gracePeriodSeconds: hurriedGraceSeconds } : {}),
			...(task.signal === undefined ? {} : { signal: task.signal }),
		});
	} catch (error) {
		// The one that was meant is gone, and another has its name: not ours to judge here.
		if (!(error instanceof ApiError && error.status === 409)) throw error;
	}
}

/** Why an object stays; empty where that need not be said, undefined where it goes. */
async function reasonToKeep(task: Task, stage: Stage, object: KubeObject): Promise<string | undefined> {
	if (!isOurs(object)) return isShareable(object) ? "" : "it is not labelled as knistio's";
	if (stage === "definitions") return foreignInstances(task, object);
	if (stage === "namespaces") return foreignContent(task, object);
	return undefined;
}

async function foreignInstances(task: Task, definition: KubeObject): Promise<string | undefined> {
	const foreign = (await instancesOf(task, definition)).filter((object) => !isOurs(object) && !isDerived(object));
	const [first] = foreign;
	if (first === undefined) return undefined;
	const more = foreign.length === 1 ? "" : ` and ${foreign.length - 1} more`;
	return `somebody else's objects would go with it: ${describeRef(refOf(first))}${more}`;
}

interface Definition {
	group: string;
	names: { kind: string };
	versions: { name: string; served?: boolean; storage?: boolean }[];
}

/** The custom resources of a CustomResourceDefinition. */
export async function instancesOf(task: Task, definition: KubeObject): Promise<KubeObject[]> {
	const { group, names, versions } = definition.spec as Definition;
	const version = versions.find(({ served, storage }) => served && storage) ?? versions.find(({ served }) => served);
	if (version === undefined) return [];
	const query = { apiVersion: `${group}/${version.name}`, kind: names.kind };
	return patiently(task, names.kind, () => task.cluster.list(query, task.signal));
}

/** Kinds that somebody would miss; the rest of a namespace are things that controllers put there. */
const missedKinds = [
	["apps/v1", "Deployment"],
	["apps/v1", "StatefulSet"],
	["apps/v1", "DaemonSet"],
	["batch/v1", "Job"],
	["batch/v1", "CronJob"],
	["v1", "Pod"],
	["v1", "PersistentVolumeClaim"],
	["serving.knative.dev/v1", "Service"],
] as const;

async function foreignContent(task: Task, namespace: KubeObject): Promise<string | undefined> {
	const lists = await inParallel(missedKinds, ([apiVersion, kind]) =>
		task.cluster.list({ apiVersion, kind, namespace: namespace.metadata.name }, task.signal),
	);
	const foreign = lists.flat().find((object) => !isOurs(object) && !isDerived(object));
	return foreign && `somebody else's ${describeRef(refOf(foreign))} is in it`;
}

/** Waits until none of these is there. @throws ClusterError that names what is left and its finalizers */
export async function waitGone(task: Task, refs: readonly ObjectRef[]): Promise<void> {
	let open = refs;
	await waitUntil(
		task,
		async () => {
			const found = await inParallel(open, (ref) => task.cluster.get(ref, task.signal));
			const left = found.filter((object) => object !== undefined);
			open = left.map(refOf);
			if (left.length === 0) return undefined;
			return `${listed(left.map((object) => describeRef(refOf(object)) + heldBy(object)))} to be gone`;
		},
		(waitingFor) => lateError(waitingFor, "`knistio clean` goes on where this ended"),
	);
}

function heldBy(object: KubeObject): string {
	const finalizers = (object.metadata.finalizers ?? []) as string[];
	return finalizers.length === 0 ? "" : ` (held by ${finalizers.join(", ")})`;
}
