import { groupOf, type KubeObject, type ObjectRef } from "../api/cluster.ts";

/**
 * How knistio knows again what it made. The labels are on an object's metadata only, never in a pod template or a
 * selector, so that they change nothing that is measured.
 */
export const ownedByLabel = "knistio.dev/owned-by";
export const partLabel = "knistio.dev/part";
/** The profile that applied the object last. */
export const profileAnnotation = "knistio.dev/profile";
/** The digest of the manifest that was applied; equal digests need no second apply. */
export const digestAnnotation = "knistio.dev/digest";

export const ownedBySelector = `${ownedByLabel}=knistio`;

/** What an object is there for. `state` is knistio's own memory in the cluster. */
export type Part = "istio" | "knative" | "policy" | "workload" | "state";

const parts: readonly string[] = ["istio", "knative", "policy", "workload", "state"] satisfies Part[];

export interface Marking {
	part: Part;
	profile: string;
}

/** The object with the labels and annotations of what knistio made. */
export function markOurs(object: KubeObject, marking: Marking): KubeObject {
	const { labels, annotations } = object.metadata;
	return {
		...object,
		metadata: {
			...object.metadata,
			labels: { ...labels, [ownedByLabel]: "knistio", [partLabel]: marking.part },
			annotations: { ...annotations, [profileAnnotation]: marking.profile },
		},
	};
}

export function isOurs(object: KubeObject): boolean {
	return object.metadata.labels?.[ownedByLabel] === "knistio";
}

/**
 * Whether knistio made the object itself. Knative copies a Service's labels to its Route, Configuration and Ingress;
 * those have an owner and go with it.
 */
export function isMadeByUs(object: KubeObject): boolean {
	return isOurs(object) && !isDerived(object);
}

/**
 * Whether another object's controller made it. Endpoints name no owner and carry their Service's labels; they are made
 * anew for as long as it is there, and go with it (kubernetes pkg/controller/endpoint).
 */
export function isDerived(object: KubeObject): boolean {
	return object.kind === "Endpoints" || (object.metadata.ownerReferences ?? []).length > 0;
}

/**
 * Whether another's object of this kind is used as it is: namespaces, and definitions, on which others' objects hang
 * (a Knative that waits for an Istio has Gateways). Any other object that is not ours is in the way.
 */
export function isShareable(object: { kind: string }): boolean {
	return object.kind === "Namespace" || object.kind === "CustomResourceDefinition";
}

export function partOf(object: KubeObject): Part | undefined {
	const label = object.metadata.labels?.[partLabel];
	return label !== undefined && parts.includes(label) ? (label as Part) : undefined;
}

/** The same text for the same object in whichever version of its group it is written. */
export function keyOf(ref: ObjectRef): string {
	return `${groupOf(ref.apiVersion)}/${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}
