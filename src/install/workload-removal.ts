import { ApiError } from "../cluster/api-error.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../cluster/cluster.ts";
import { isDerived, isOurs, keyOf } from "./ownership.ts";
import { podHurrier } from "./pods-gone.ts";
import { inParallel, lateError, signalOf, type Task, waitUntil } from "./task.ts";
import { listed } from "./wording.ts";

/** Knative's label on everything that a Service has, its pods included. */
const serviceLabel = "serving.knative.dev/service";

/** So long a finalizer is waited for before its controller counts as gone. */
const finalizerPatienceMs = 30_000;

/** Kinds below a Service that controllers of Knative and of its ingress hold by finalizers. */
const heldKinds = [
	["serving.knative.dev/v1", "Service"],
	["serving.knative.dev/v1", "Route"],
	["networking.internal.knative.dev/v1alpha1", "Ingress"],
] as const;

/**
 * Deletes Knative Services of ours, or other custom resources of the workload's part, and waits until they are gone
 * with all that hangs on them: Ingresses, and pods, Terminating ones included. Pods are not given time to drain. Where
 * a finalizer's controller is gone, the finalizer is taken off.
 * @returns what was deleted
 */
export async function removeWorkloads(task: Task, refs: readonly ObjectRef[]): Promise<ObjectRef[]> {
	const found = await inParallel(refs, (ref) => task.cluster.get(ref, task.signal));
	const going = found.filter((object) => object !== undefined).filter(isOurs);
	await inParallel(going, (object) => task.cluster.remove(refOf(object), signalOf(task)));
	const startedAt = task.clock.now();
	const hurry = podHurrier(task);
	await waitUntil(
		task,
		async () => {
			const left = await remains(task, going);
			await hurry(left.filter((object) => object.kind === "Pod"));
			if (task.clock.now() - startedAt > finalizerPatienceMs) await dropFinalizers(task, left);
			if (left.length === 0) return undefined;
			return `${listed(left.map((object) => describeRef(refOf(object))))} to be gone`;
		},
		(waitingFor) => lateError(waitingFor, "`knistio clean` goes on where this ended"),
	);
	return going.map(refOf);
}

async function remains(task: Task, services: readonly KubeObject[]): Promise<KubeObject[]> {
	const themselves = await inParallel(services, (object) => task.cluster.get(refOf(object), task.signal));
	const below = await inParallel(services, async ({ metadata: { name, namespace } }) => {
		const where = { labelSelector: `${serviceLabel}=${name}`, ...(namespace && { namespace }) };
		const kinds = [["v1", "Pod"], ...heldKinds] as const;
		return Promise.all(
			kinds.map(([apiVersion, kind]) => task.cluster.list({ apiVersion, kind, ...where }, task.signal)),
		);
	});
	const all = [...themselves.filter((object) => object !== undefined), ...below.flat(2)];
	return [...new Map(all.map((object) => [keyOf(refOf(object)), object])).values()];
}

async function dropFinalizers(task: Task, left: readonly KubeObject[]): Promise<void> {
	const held = left.filter((object) => object.metadata.deletionTimestamp !== undefined && object.kind !== "Pod");
	for (const object of held) {
		if (!isOurs(object) && !isDerived(object)) continue;
		if (((object.metadata.finalizers ?? []) as string[]).length === 0) continue;
		task.progress({ kind: "note", text: `${describeRef(refOf(object))}: no controller removes its finalizers` });
		await unlessGone(task.cluster.patch(refOf(object), { metadata: { finalizers: null } }, task.signal));
	}
}

async function unlessGone(change: Promise<unknown>): Promise<void> {
	try {
		await change;
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 404)) throw error;
	}
}
