import { toSeconds } from "../clock/clock.ts";
import { copyOf, sharing } from "./fields.ts";
import { checkPreconditions, graceOf, isReleased } from "./object-rules.ts";
import type { KubeObject } from "./objects.ts";
import type { Resource } from "./resources.ts";
import { notFound } from "./status-error.ts";
import { type ApiState, type Ref, read } from "./write.ts";

/** How something is deleted. */
export interface RemoveOptions {
	gracePeriodSeconds?: number | undefined;
	propagation?: "Foreground" | "Background" | "Orphan" | undefined;
	uid?: string | undefined;
	resourceVersion?: string | undefined;
	isDryRun?: boolean;
}

/** Asks for the deletion; the object as it is then, and whether it is gone. */
export function removeObject(
	state: ApiState,
	resource: Resource,
	{ ref, options }: { ref: Ref; options: RemoveOptions },
): { object: KubeObject; isGone: boolean } {
	const { store } = state;
	const before = read(state, resource, ref);
	if (before === undefined) throw notFound({ resource, name: ref.name });
	checkPreconditions(resource, before, options);
	const draft = copyOf(before);
	addFinalizer(draft, options.propagation);
	startGrace(state, resource, { before, object: draft, options });
	const object = sharing(before, draft) as KubeObject;
	if (options.isDryRun === true) return { object, isGone: false };
	if (isReleased(resource, object)) {
		// The API server publishes one more version of a pod whose grace period is over before it removes the pod.
		if (before.metadata.deletionTimestamp !== undefined) store.write(resource.id, object);
		return { object: store.remove(resource.id, object), isGone: true };
	}
	return { object: object === before ? before : store.write(resource.id, object), isGone: false };
}

function addFinalizer(object: KubeObject, propagation: RemoveOptions["propagation"]): void {
	const finalizer = { Foreground: "foregroundDeletion", Orphan: "orphan" }[propagation as "Orphan"];
	const finalizers = object.metadata.finalizers ?? [];
	if (finalizer !== undefined && !finalizers.includes(finalizer))
		object.metadata.finalizers = [...finalizers, finalizer];
}

/** Sets when the object must be gone; a second deletion can only make it earlier. */
function startGrace(
	state: ApiState,
	resource: Resource,
	{ before, object, options }: { before: KubeObject; object: KubeObject; options: RemoveOptions },
): void {
	const graceSeconds = graceOf(resource, before, options.gracePeriodSeconds);
	const isEarlier = graceSeconds < (before.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
	if (before.metadata.deletionTimestamp !== undefined && !isEarlier) return;
	object.metadata.deletionTimestamp = toSeconds(state.serverEpochNs() + BigInt(graceSeconds) * 1_000_000_000n);
	object.metadata.deletionGracePeriodSeconds = graceSeconds;
	if (resource.id === "pods") object.metadata.generation = (object.metadata.generation ?? 1) + 1;
	if (resource.id === "namespaces") object.status = { phase: "Terminating" };
}
