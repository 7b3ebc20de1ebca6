import { isDeepStrictEqual } from "node:util";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../api/cluster.ts";
import { contentHash } from "../content-hash.ts";
import { objectOf, objectsOf, textOf } from "../untrusted.ts";
import { patiently } from "../wait/patience.ts";
import { inParallel, type Task } from "../wait/task.ts";
import type { Live } from "./live.ts";
import { digestAnnotation, isOurs, isShareable, keyOf, type Marking, markOurs } from "./ownership.ts";

export type Outcome = "created" | "changed" | "unchanged";

export interface Applied {
	ref: ObjectRef;
	/** As it is in the cluster now. */
	object: KubeObject;
	outcome: Outcome;
}

/** What would become of an object that is applied, given what is there. */
export function foresee(object: KubeObject, live: Live): Outcome {
	const found = live.get(keyOf(refOf(object)));
	if (found === undefined) return "created";
	const isSame = found.metadata.annotations?.[digestAnnotation] === digestOf(object) && hasSameData(object, found);
	return isSame || (isShareable(object) && !isOurs(found)) ? "unchanged" : "changed";
}

/** Applies objects that do not need each other, several at once; what is there already as it should be is left. */
export async function applyAll(
	task: Task,
	objects: readonly KubeObject[],
	options: { live: Live; marking: Marking },
): Promise<Applied[]> {
	return inParallel(objects, async (object) => {
		const ref = refOf(object);
		const found = options.live.get(keyOf(ref));
		const outcome = foresee(object, options.live);
		if (found !== undefined && outcome === "unchanged") return { ref, object: found, outcome };
		const sent = withDigest(object, options.marking, found);
		const applied = await patiently(task, describeRef(ref), () => task.cluster.apply(sent, { signal: task.signal }));
		return { ref, object: applied, outcome };
	});
}

/** The object as it is sent. */
function withDigest(object: KubeObject, marking: Marking, found: KubeObject | undefined): KubeObject {
	const marked = markOurs(object, marking);
	const annotations = { ...marked.metadata.annotations, [digestAnnotation]: digestOf(object) };
	return leavingToControllers({ ...marked, metadata: { ...marked.metadata, annotations } }, found);
}

interface Webhook {
	name: string;
	failurePolicy?: string;
	clientConfig?: { caBundle?: string };
}

/**
 * Leaves to the webhooks' own controllers what they fill in: an empty CA bundle is not applied over a filled one, and
 * the failurePolicy that istiod raised from Ignore to Fail stays as it is.
 */
function leavingToControllers(object: KubeObject, found: KubeObject | undefined): KubeObject {
	if (!object.kind.endsWith("WebhookConfiguration")) return object;
	const current = new Map(objectsOf(found?.webhooks).map((hook) => [hook.name, textOf(hook.failurePolicy)]));
	const webhooks = ((object.webhooks ?? []) as Webhook[]).map((hook) => {
		const { caBundle, ...clientConfig } = hook.clientConfig ?? {};
		const failurePolicy = current.get(hook.name) ?? hook.failurePolicy;
		return {
			...hook,
			...(failurePolicy === undefined ? {} : { failurePolicy }),
			clientConfig: caBundle ? { ...clientConfig, caBundle } : clientConfig,
		};
	});
	return { ...object, webhooks };
}

/** Of what the user or the renderer wrote, without what knistio adds. */
const digestOf = (object: KubeObject): string => contentHash(object, 32);

/** The digest tells what was applied; in a ConfigMap somebody may have changed the data since. */
function hasSameData(object: KubeObject, found: KubeObject): boolean {
	if (object.kind !== "ConfigMap") return true;
	const current = objectOf(found.data);
	return Object.entries(object.data ?? {}).every(([key, value]) => isDeepStrictEqual(current[key], value));
}
