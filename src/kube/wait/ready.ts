import { ClusterError } from "../../errors.ts";
import { listed } from "../../text/listed.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../api/cluster.ts";
import { objectOf, textMapOf, textOf } from "../untrusted.ts";
import { type PodTrouble, podTrouble } from "./pod-trouble.ts";
import { readiness } from "./readiness.ts";
import { inParallel, type Task, waitUntil } from "./task.ts";

/** How long a failure to pull an image may last before it counts as final: registries have hiccups. */
const pullTroubleMs = 30_000;
/** Between two looks for what is wrong with the pods of something that is not ready. */
const troubleGapMs = 3_000;

/**
 * Waits until every object is ready as its kind means it (see `readiness`). Objects that are gone are not ready.
 * @throws ClusterError that names what is not ready and why, in the pods' own words; early when waiting cannot help
 */
export async function waitReady(task: Task, objects: readonly (KubeObject | ObjectRef)[]): Promise<void> {
	let open = objects.map((object) => ("metadata" in object ? refOf(object as KubeObject) : object));
	const watchFor = troubleWatch(task);
	await waitUntil(
		task,
		async () => {
			const seen = await inParallel(open, async (ref) => {
				const object = await task.cluster.get(ref, task.signal);
				const state = object === undefined ? { ready: false, detail: "not there" } : readiness(object);
				return { ref, object, state };
			});
			const left = seen.filter(({ state }) => !state.ready);
			open = left.map(({ ref }) => ref);
			await watchFor(left.flatMap(({ object }) => (object === undefined ? [] : [object])));
			if (left.length === 0) return undefined;
			return listed(left.map(({ ref, state }) => `${describeRef(ref)}: ${state.detail}`));
		},
		(waitingFor) => notReady(task, open, waitingFor),
	);
}

async function notReady(task: Task, open: readonly ObjectRef[], waitingFor: string): Promise<ClusterError> {
	const troubles = await Promise.all(
		open.map(async (ref) => {
			const object = await task.cluster.get(ref, task.signal);
			return object === undefined ? undefined : (await workloadTrouble(task, object))?.text;
		}),
	);
	const reasons = troubles.filter((reason) => reason !== undefined);
	return new ClusterError([`timed out waiting for ${waitingFor}`, ...reasons].join("; "), {
		hint: "a longer --timeout helps if it was still starting; `kubectl describe` shows more",
	});
}

/** Ends a wait early when a pod of a workload is in trouble that does not heal. */
export function troubleWatch(task: Task): (notReady: readonly KubeObject[]) => Promise<void> {
	let nextAt = task.clock.now() + troubleGapMs;
	const since = new Map<string, number>();
	return async (left) => {
		if (task.clock.now() < nextAt) return;
		nextAt = task.clock.now() + troubleGapMs;
		for (const object of left) {
			const trouble = await workloadTrouble(task, object);
			if (trouble === undefined) continue;
			const sinceMs = task.clock.now() - (since.get(trouble.text) ?? task.clock.now());
			const isPull = /ImagePullBackOff|ErrImagePull/.test(trouble.text);
			if (trouble.isFinal || (isPull && sinceMs >= pullTroubleMs)) {
				throw new ClusterError(`${describeRef(refOf(object))} cannot become ready: ${trouble.text}`, {
					hint: isPull
						? "check the image's name and the cluster's access to its registry"
						: "`kubectl describe` shows more",
				});
			}
			if (!since.has(trouble.text)) since.set(trouble.text, task.clock.now());
		}
	};
}

/** What keeps a Deployment, DaemonSet or StatefulSet from having its pods. */
export async function workloadTrouble(task: Task, workload: KubeObject): Promise<PodTrouble | undefined> {
	const matchLabels = Object.entries(textMapOf(objectOf(objectOf(workload.spec).selector).matchLabels));
	const { namespace } = workload.metadata;
	// Without labels every pod of the namespace would be its.
	if (matchLabels.length === 0 || namespace === undefined) return undefined;
	const labelSelector = matchLabels.map(([key, value]) => `${key}=${value}`).join(",");
	const [pods, events] = await Promise.all([
		task.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, task.signal),
		task.cluster.list({ apiVersion: "v1", kind: "Event", namespace, fieldSelector: "type=Warning" }, task.signal),
	]);
	// A pod that has failed has a successor, whose trouble says more.
	const ordered = [...pods].sort((a, b) => Number(hasFailed(a)) - Number(hasFailed(b)));
	const troubles = ordered.flatMap((pod) => {
		const trouble = podTrouble(pod, events);
		return trouble === undefined ? [] : { ...trouble, text: `pod ${pod.metadata.name}: ${trouble.text}` };
	});
	const found = troubles.find(({ isFinal }) => isFinal) ?? troubles[0];
	if (found !== undefined) return found;
	return creationTrouble(workload, events);
}

const hasFailed = (pod: KubeObject) => objectOf(pod.status).phase === "Failed";

/** The events of a workload, or of one of its ReplicaSets, that say why it could not make a pod. */
function creationTrouble(workload: KubeObject, events: readonly KubeObject[]): PodTrouble | undefined {
	const { name } = workload.metadata;
	const failure = events.findLast((event) => {
		const involved = objectOf(event.involvedObject);
		const about = textOf(involved.name);
		const isIts = about === name || about?.startsWith(`${name}-`) === true;
		return event.reason === "FailedCreate" && isIts && involved.kind !== "Pod";
	});
	return failure && { text: `its pods cannot be created: ${String(failure.message)}`, isFinal: false };
}
