import type { KubeObject, ObjectMeta } from "./object.ts";

/** An object of JSON whose fields may be missing, null, or of any type. */
export type Untrusted = Record<string, unknown>;

/** The object that a value is; an empty one for anything else. */
export function objectOf(value: unknown): Untrusted {
	return isObject(value) ? value : {};
}

/** The objects in a list; none where there is no list, and without what is no object. */
export function objectsOf(value: unknown): Untrusted[] {
	return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The texts in a list; none where there is no list, and without what is no text. */
export function textsOf(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

/** A finite number. */
export function numberOf(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The texts of a mapping such as labels or a ConfigMap's data. */
export function textMapOf(value: unknown): Record<string, string> {
	const entries = Object.entries(objectOf(value));
	return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** One of an object's `status.conditions`. */
export interface Condition {
	type: string;
	/** `True`, `False` or `Unknown`; empty where it is missing. */
	status: string;
	reason?: string;
	message?: string;
	lastTransitionTime?: string;
}

/** The conditions of an object's status that have a type. */
export function conditionsOf(object: KubeObject | undefined): Condition[] {
	return objectsOf(objectOf(object?.status).conditions).flatMap((each) => {
		const type = textOf(each.type);
		if (type === undefined) return [];
		const [reason, message] = [textOf(each.reason), textOf(each.message)];
		const lastTransitionTime = textOf(each.lastTransitionTime);
		return {
			type,
			status: textOf(each.status) ?? "",
			...(reason === undefined ? {} : { reason }),
			...(message === undefined ? {} : { message }),
			...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
		};
	});
}

/** What an object is, where it does not say so itself, as the items of a list do not. */
export interface Presumed {
	apiVersion: string;
	kind: string;
	name?: string;
}

const textFields = ["namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"] as const;

/**
 * A value as a Kubernetes object whose `metadata` holds what its type promises; the other fields are as they came.
 * Undefined for what has no name: nobody could ask for it.
 */
export function kubeObjectOf(value: unknown, presumed: Presumed): KubeObject | undefined {
	if (!isObject(value)) return undefined;
	const given = objectOf(value.metadata);
	const name = textOf(given.name) ?? presumed.name;
	if (name === undefined) return undefined;
	const metadata: ObjectMeta = { ...(given as Partial<ObjectMeta>), name };
	for (const field of textFields) if (typeof given[field] !== "string") delete metadata[field];
	if (typeof given.generation !== "number") delete metadata.generation;
	for (const field of ["labels", "annotations"] as const) {
		if (field in given) metadata[field] = textMapOf(given[field]);
	}
	for (const field of ["ownerReferences", "finalizers"] as const) {
		if (field in given && !Array.isArray(given[field])) delete metadata[field];
	}
	if (metadata.ownerReferences !== undefined) {
		metadata.ownerReferences = objectsOf(given.ownerReferences) as unknown as typeof metadata.ownerReferences;
	}
	return {
		...value,
		apiVersion: textOf(value.apiVersion) ?? presumed.apiVersion,
		kind: textOf(value.kind) ?? presumed.kind,
		metadata,
	};
}

/** Whether a value is an object of JSON, and no list. */
export function isObject(value: unknown): value is Untrusted {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
