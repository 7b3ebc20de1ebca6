import { describeRef, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { isDerived, isOurs, keyOf, ownedBySelector } from "../../kube/objects/ownership.ts";
import { forEach, ofOneObject } from "../../kube/wait/failures.ts";
import { stillThere, waitUntilNone } from "../../kube/wait/gone.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { terminatePods } from "../../kube/wait/pods-gone.ts";
import { inParallel, newTask, type Session, type Task, within } from "../../kube/wait/task.ts";
import { type Patience, type Removal, untilTaskEnds } from "./remove.ts";

/** Knative's label on everything that a Service has, its pods included. */
const serviceLabel = "serving.knative.dev/service";

/** So long a finalizer is waited for before its controller counts as gone; with many services it has more to do. */
const finalizerPatienceMs = (services: number) => 30_000 + services * 1_000;

const podKind = ["v1", "Pod"] as const;

/** Kinds below a Service that controllers of Knative and of its ingress hold by finalizers. */
const heldKinds = [
	["serving.knative.dev/v1", "Service"],
	["serving.knative.dev/v1", "Route"],
	["networking.internal.knative.dev/v1alpha1", "Ingress"],
] as const;

/** Kinds that knistio itself makes for a profile's visit. */
const madeKinds = [["serving.knative.dev/v1", "Service"], podKind] as const;

/** What else a Service has: under the same names, those of its successor would be refused as somebody else's. */
const ownedKinds = [
	["serving.knative.dev/v1", "Revision"],
	["autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"],
	["networking.internal.knative.dev/v1alpha1", "ServerlessService"],
	["apps/v1", "Deployment"],
	podKind,
] as const;

/**
 * Deletes Knative Services of ours, or other custom resources of the workload's part, and waits until they are gone
 * with all that hangs on them: Ingresses, Revisions, and pods, Terminating ones included. Pods are not given time to
 * drain. Where a finalizer's controller is gone, the finalizer is taken off. What cannot be removed does not stop the
 * others.
 */
export async function removeWorkloads(
	task: Task,
	refs: readonly ObjectRef[],
	patience: Patience = untilTaskEnds,
): Promise<Removal> {
	const found = await inParallel(refs, (ref) => task.cluster.get(ref, task.signal));
	const ours = found.filter((object) => object !== undefined).filter(isOurs);
	const refused = within(task, patience.refusedMs);
	const failed = await forEach(task, ours, {
		refOf,
		run: async (object) => {
			await patiently(refused, describeRef(refOf(object)), () =>
				task.cluster.remove(refOf(object), { signal: task.signal }),
			);
		},
	});
	const isRefused = new Set(failed.map(({ ref }) => keyOf(ref)));
	const going = ours.filter((object) => !isRefused.has(keyOf(refOf(object))));
	const startedAt = task.clock.now();
	await terminatePods(task, (await remains(task, going, [podKind])).filter(isPod));
	const left = await waitUntilNone(within(task, patience.goneMs), async () => {
		const still = await remains(task, going);
		if (task.clock.now() - startedAt > finalizerPatienceMs(going.length)) await dropFinalizers(task, still);
		return still;
	});
	failed.push(...left.map((object) => ({ ref: refOf(object), error: stillThere([object]) })));
	const isLeft = new Set(left.map((object) => keyOf(refOf(object))));
	return { removed: going.map(refOf).filter((ref) => !isLeft.has(keyOf(ref))), kept: [], failed };
}

/**
 * Removes every Knative Service and pod of ours in the namespace, as {@link removeWorkloads} does.
 * @throws ClusterError of the first that is still there
 */
export async function removeWorkloadsIn(session: Session, namespace: string): Promise<void> {
	const task = newTask(session);
	const lists = await inParallel(madeKinds, ([apiVersion, kind]) =>
		task.cluster.list({ apiVersion, kind, namespace, labelSelector: ownedBySelector }, task.signal),
	);
	const refs = lists.flat().map(refOf);
	if (refs.length === 0) return;
	task.progress({ kind: "step", text: "removing the services under test" });
	await removeAllWorkloads(task, refs);
}

/** As {@link removeWorkloads}, where nothing may be left. @throws ClusterError of the first that is still there */
export async function removeAllWorkloads(task: Task, refs: readonly ObjectRef[]): Promise<void> {
	const { failed } = await removeWorkloads(task, refs);
	for (const { error } of failed) throw error;
}

const isPod = ({ kind }: KubeObject) => kind === "Pod";

/** What is still there of services, and of these kinds that hang on them. */
async function remains(
	task: Task,
	services: readonly KubeObject[],
	kinds: readonly (readonly [apiVersion: string, kind: string])[] = [...ownedKinds, ...heldKinds],
): Promise<KubeObject[]> {
	const lists = await inParallel(chunksOf(services), async ({ namespace, names }) => {
		const where = { labelSelector: `${serviceLabel} in (${names.join(",")})`, ...(namespace && { namespace }) };
		return Promise.all(
			kinds.map(([apiVersion, kind]) => task.cluster.list({ apiVersion, kind, ...where }, task.signal)),
		);
	});
	// A Service does not carry the label itself.
	const themselves = await inParallel(services, (object) => task.cluster.get(refOf(object), task.signal));
	const all = [...themselves.filter((object) => object !== undefined), ...lists.flat(2)];
	return [...new Map(all.map((object) => [keyOf(refOf(object)), object])).values()];
}

/** So many names fit into the address of a request. */
const namesAtOnce = 50;

function chunksOf(services: readonly KubeObject[]): { namespace: string | undefined; names: string[] }[] {
	const namespaces = [...new Set(services.map(({ metadata }) => metadata.namespace))];
	return namespaces.flatMap((namespace) => {
		const names = services.flatMap(({ metadata }) => (metadata.namespace === namespace ? [metadata.name] : []));
		const count = Math.ceil(names.length / namesAtOnce);
		return Array.from({ length: count }, (_, index) => ({
			namespace,
			names: names.slice(index * namesAtOnce, (index + 1) * namesAtOnce),
		}));
	});
}

async function dropFinalizers(task: Task, left: readonly KubeObject[]): Promise<void> {
	const held = left.filter(
		({ kind, metadata }) => metadata.deletionTimestamp !== undefined && heldKinds.some(([, each]) => each === kind),
	);
	for (const object of held) {
		if (!isOurs(object) && !isDerived(object)) continue;
		if (((object.metadata.finalizers ?? []) as string[]).length === 0) continue;
		task.progress({ kind: "note", text: `${describeRef(refOf(object))}: no controller removes its finalizers` });
		const patch = { metadata: { finalizers: null } };
		await unlessGone(task, object, task.cluster.patch(refOf(object), patch, task.signal));
	}
}

/** A controller may have been faster, and a webhook that does not answer may answer at the next look. */
async function unlessGone(task: Task, object: KubeObject, change: Promise<unknown>): Promise<void> {
	try {
		await change;
	} catch (error) {
		const { message } = ofOneObject(task, error);
		const isGone = error instanceof ApiError && error.status === 404;
		if (!isGone) task.progress({ kind: "detail", text: `${describeRef(refOf(object))}: ${message}` });
	}
}
