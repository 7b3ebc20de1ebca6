import { describeRef, groupOf, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { type Stage, stageOf, stages } from "../../kube/objects/order.ts";
import { isDerived, isOurs, isShareable, keyOf } from "../../kube/objects/ownership.ts";
import { type Failure, forEach } from "../../kube/wait/failures.ts";
import { stillThere, waitGone, waitUntilGone } from "../../kube/wait/gone.ts";
import { patiently } from "../../kube/wait/patience.ts";
import {
	podSelector,
	podsOf,
	terminatePods,
	terminationGraceSeconds,
	waitPodsGone,
} from "../../kube/wait/pods-gone.ts";
import { inParallel, type Task, within } from "../../kube/wait/task.ts";
import { orphanPods } from "./orphan.ts";

/** What was asked to be removed, and is not. */
export interface Kept {
	ref: ObjectRef;
	reason: string;
}

export interface Removal {
	removed: ObjectRef[];
	kept: Kept[];
	/** What was refused, or did not go in time. */
	failed: Failure[];
}

/** How long a removal waits for what another try, or another object's removal, may mend; no longer than the task. */
export interface Patience {
	/** For a refusal that passes by itself, such as that of a webhook that does not answer. */
	refusedMs: number;
	/** For a stage's objects to be gone. */
	goneMs: number;
}

export const untilTaskEnds: Patience = { refusedMs: Number.POSITIVE_INFINITY, goneMs: Number.POSITIVE_INFINITY };

/**
 * Deletes what knistio made, in the reverse of the order in which it is applied, and waits after each stage until it
 * is gone. Only what still has knistio's label is deleted; a definition with somebody else's objects, and a namespace
 * with somebody else's workloads, are kept. One object that cannot be removed does not stop the others; only what it
 * needs stays: its namespace and its definition.
 */
export async function removeObjects(
	task: Task,
	refs: readonly ObjectRef[],
	options: { patience?: Patience; failedBefore?: readonly Failure[] } = {},
): Promise<Removal> {
	const removal: Removal = { removed: [], kept: [], failed: [] };
	const { patience = untilTaskEnds, failedBefore = [] } = options;
	for (const stage of stages.toReversed()) {
		const ofStage = refs.filter((ref) => stageOf(ref) === stage);
		// The CNI's DaemonSet goes when no other workload is left: without it no pod can start until it has cleaned up.
		const last = ofStage.filter((ref) => ref.kind === "DaemonSet");
		const first = ofStage.filter((ref) => ref.kind !== "DaemonSet");
		for (const group of [first, last]) {
			if (group.length > 0) await removeStage(task, { stage, refs: group, removal, patience, failedBefore });
		}
	}
	return removal;
}

interface StageRemoval {
	stage: Stage;
	refs: readonly ObjectRef[];
	removal: Removal;
	patience: Patience;
	failedBefore: readonly Failure[];
}

async function removeStage(task: Task, request: StageRemoval): Promise<void> {
	const { removal, patience } = request;
	const refused = within(task, patience.refusedMs);
	const going = await goingOf(refused, request);
	const gone = within(task, patience.goneMs);
	const failed = await forEach(task, going, {
		refOf,
		run: (object) => removeOne({ refused, gone }, object),
	});
	const isRefused = new Set(failed.map(({ ref }) => keyOf(ref)));
	const accepted = going.filter((object) => !isRefused.has(keyOf(refOf(object))));
	const selectors = accepted.map(podSelector).filter((selector) => selector !== undefined);
	const left = [...(await waitPodsGone(gone, selectors)), ...(await waitUntilGone(gone, accepted.map(refOf)))];
	failed.push(...left.map((object) => ({ ref: refOf(object), error: stillThere([object]) })));
	removal.failed.push(...failed);
	const isFailed = new Set(failed.map(({ ref }) => keyOf(ref)));
	removal.removed.push(...accepted.map(refOf).filter((ref) => !isFailed.has(keyOf(ref))));
}

/** Those of the stage's objects that are to go now; the others are noted in the removal. */
async function goingOf(task: Task, request: StageRemoval): Promise<KubeObject[]> {
	const { stage, removal, failedBefore } = request;
	const blockers = [...failedBefore, ...removal.failed];
	const going: KubeObject[] = [];
	const judge = async (ref: ObjectRef) => {
		const object = await task.cluster.get(ref, task.signal);
		if (object === undefined) return;
		const reason = await reasonToKeep(task, stage, object);
		const blocker = blockers.find((failure) => needs(failure.ref, object));
		if (reason === undefined && blocker !== undefined) throw blocker.error;
		if (reason === undefined) going.push(object);
		else if (reason !== "") removal.kept.push({ ref: refOf(object), reason });
	};
	removal.failed.push(...(await forEach(task, request.refs, { refOf: (ref) => ref, run: judge })));
	return going;
}

/** Whether what is still there would go with a namespace or a definition, which could not end before. */
function needs(ref: ObjectRef, object: KubeObject): boolean {
	if (object.kind === "Namespace") return ref.namespace === object.metadata.name;
	if (object.kind !== "CustomResourceDefinition") return false;
	const { group, names } = object.spec as Definition;
	return groupOf(ref.apiVersion) === group && ref.kind === names.kind;
}

async function removeOne(tasks: { refused: Task; gone: Task }, object: KubeObject): Promise<void> {
	const { refused, gone } = tasks;
	const selector = podSelector(object);
	if (selector !== undefined && !selector.mayTakeTime) {
		const orphan = async (owner: KubeObject) => {
			await remove(refused, owner, "Orphan");
			await waitGone(gone, [refOf(owner)]);
		};
		await orphanPods(gone, object, { selector, orphan });
		await terminatePods(gone, await podsOf(gone, selector));
	}
	if (object.metadata.deletionTimestamp === undefined) await remove(refused, object);
}

async function remove(
	task: Task,
	object: KubeObject,
	propagation: "Background" | "Orphan" = "Background",
): Promise<void> {
	const { uid } = object.metadata;
	const options = {
		propagation,
		...(uid === undefined ? {} : { uid }),
		...(object.kind === "Pod" ? { gracePeriodSeconds: terminationGraceSeconds } : {}),
		signal: task.signal,
	};
	await patiently(task, describeRef(refOf(object)), async () => {
		try {
			await task.cluster.remove(refOf(object), options);
		} catch (error) {
			// The one that was meant is gone, and another has its name: not ours to judge here.
			if (!(error instanceof ApiError && error.status === 409)) throw error;
		}
	});
}

/** Why an object stays; empty where that need not be said, undefined where it goes. */
async function reasonToKeep(task: Task, stage: Stage, object: KubeObject): Promise<string | undefined> {
	// A pod that ends already is only waited for, whosever it is: a workload of ours left it.
	if (object.kind === "Pod" && object.metadata.deletionTimestamp !== undefined) return undefined;
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

/** Why a namespace cannot go: what somebody else has in it; undefined where nothing is. */
export async function foreignContent(task: Task, namespace: KubeObject): Promise<string | undefined> {
	const lists = await inParallel(missedKinds, ([apiVersion, kind]) =>
		task.cluster.list({ apiVersion, kind, namespace: namespace.metadata.name }, task.signal),
	);
	const foreign = lists.flat().find((object) => !isOurs(object) && !isDerived(object));
	return foreign && `somebody else's ${describeRef(refOf(foreign))} is in it`;
}
