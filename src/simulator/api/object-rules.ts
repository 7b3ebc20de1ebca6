import type { Random } from "../clock/random.ts";
import { isRecord } from "./fields.ts";
import type { KubeObject, Pod } from "./objects.ts";
import type { Resource } from "./resources.ts";
import { badRequest, conflict, forbidden, invalid, notFound, type StatusError, staleObject } from "./status-error.ts";
import type { Store } from "./store.ts";

const namePattern = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const looseNames = new Set(["rbac.authorization.k8s.io"]);

/** Name, namespace and kind as the API server checks them before admission. */
export function checkNew(
	resource: Resource,
	object: KubeObject,
	{ store, random }: { store: Store; random: Random },
): void {
	const { metadata } = object;
	if ((metadata.name ?? "") === "" && metadata.generateName !== undefined) {
		metadata.name = metadata.generateName + random.suffix(`generateName/${metadata.generateName}`, 5);
	}
	const { name } = metadata;
	if (name === undefined || name === "") {
		throw invalid({ resource, name: "" }, "metadata.name", "Required value: name or generateName is required");
	}
	if (!looseNames.has(resource.group) && (!namePattern.test(name) || name.length > 253)) {
		const rule =
			"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
		throw invalid({ resource, name }, "metadata.name", `Invalid value: "${name}": ${rule}`);
	}
	if (!resource.namespaced) {
		delete metadata.namespace;
		return;
	}
	if (metadata.namespace === undefined) throw badRequest("an empty namespace may not be set during creation");
	const namespace = store.read("namespaces", metadata.namespace);
	if (namespace === undefined) {
		const named = { id: "namespaces", plural: "namespaces", group: "", kind: "Namespace" };
		throw notFound({ resource: named, name: metadata.namespace });
	}
	if (namespace.metadata.deletionTimestamp !== undefined) throw terminating(resource, name, metadata.namespace);
}

/** What a client may not change stays as it was: the server's metadata, and status or everything else of a subresource. */
export function withImmutableParts(
	resource: Resource,
	before: KubeObject,
	changed: KubeObject,
	options: { subresource?: "status" | "scale" | undefined; keepsStatus?: boolean },
): KubeObject {
	const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
	const kept = { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds };
	const present = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
	if (options.subresource === "status") {
		const managed = changed.metadata.managedFields;
		const metadata = { ...before.metadata, ...(managed === undefined ? {} : { managedFields: managed }) };
		return { ...before, metadata, status: changed.status };
	}
	const after: KubeObject = { ...changed, metadata: { ...changed.metadata, ...present } };
	after.metadata.managedFields ??= before.metadata.managedFields ?? [];
	if (resource.hasStatus && options.keepsStatus !== true) {
		if (before.status === undefined) delete after.status;
		else after.status = before.status;
	}
	return after;
}

/** What counts as a change: everything but the server's own bookkeeping. */
export function bare(object: KubeObject): Record<string, unknown> {
	const { managedFields: _, resourceVersion: __, generation: ___, ...metadata } = object.metadata;
	return { ...object, apiVersion: undefined, metadata };
}

/** The part of an object whose changes raise its generation. */
export function specOf(object: KubeObject): Record<string, unknown> {
	const { metadata: _, status: __, apiVersion: ___, ...rest } = object;
	return rest;
}

/** Whether a deleted object has no finalizers and no grace period left. */
export function isReleased(resource: Resource, object: KubeObject): boolean {
	if ((object.metadata.finalizers ?? []).length > 0) return false;
	if (resource.id === "namespaces")
		return ((object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? []).length === 0;
	return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** The grace period in seconds; only pods that are bound to a node and have not ended have one. */
export function graceOf(resource: Resource, object: KubeObject, asked: number | undefined): number {
	if (resource.id !== "pods") return 0;
	const pod = object as Pod;
	const hasEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
	if (pod.spec.nodeName === undefined || hasEnded) return 0;
	return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}

/** Refuses with 409 a write that was meant for another object, or for an older version of it. */
export function checkPreconditions(
	resource: Resource,
	object: KubeObject,
	wanted: { uid?: string | undefined; resourceVersion?: string | undefined },
): void {
	const { uid = "", resourceVersion = "", name } = object.metadata;
	if (wanted.uid !== undefined && wanted.uid !== uid) {
		throw conflict(
			{ resource, name },
			`Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`,
		);
	}
	if ((wanted.resourceVersion ?? "") !== "" && wanted.resourceVersion !== resourceVersion) {
		throw conflict({ resource, name }, staleObject);
	}
}

function terminating(resource: Resource, name: string, namespace: string): StatusError {
	const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
	return forbidden(`${resource.id} "${name}" is forbidden: ${why}`, {
		name,
		kind: resource.plural,
		causes: [
			{
				reason: "NamespaceTerminating",
				message: `namespace ${namespace} is being terminated`,
				field: "metadata.namespace",
			},
		],
	});
}

/** The object as a version of its resource serves it. */
export function asVersion(object: KubeObject, apiVersion: string): KubeObject {
	return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** Refuses what is not an object with metadata. */
export function asObject(value: unknown): KubeObject {
	if (!isRecord(value) || typeof value.kind !== "string" || typeof value.apiVersion !== "string") {
		throw badRequest("the object provided is unrecognized (must be of type Object with kind and apiVersion)");
	}
	if (!isRecord(value.metadata)) throw badRequest("the object provided is unrecognized: it has no metadata");
	return { ...(value as unknown as KubeObject) };
}
