import type { Connection, RawAnswer } from "../http/connection.ts";
import type { KubeObject, ObjectMeta } from "../object.ts";

export type { KubeObject, ObjectMeta };

/** Names one object. `namespace` is left out for cluster-wide kinds, and ignored for them. */
export interface ObjectRef {
	apiVersion: string;
	kind: string;
	name: string;
	namespace?: string;
}

/** A kind that the API server serves. */
export interface Resource {
	apiVersion: string;
	kind: string;
	plural: string;
	namespaced: boolean;
	verbs: string[];
}

/** A version of a group, of which it is not known what it serves. */
export interface UnreadGroup {
	apiVersion: string;
	reason: string;
}

/** Objects of one kind, everywhere or in one namespace. */
export interface ListQuery {
	apiVersion: string;
	kind: string;
	namespace?: string;
	labelSelector?: string;
	fieldSelector?: string;
}

/** A question to the API server's authorizer. */
export interface Access {
	verb: string;
	group: string;
	resource: string;
	subresource?: string;
	namespace?: string;
	name?: string;
}

/** How an object is deleted. */
export interface RemoveOptions {
	gracePeriodSeconds?: number;
	/** The API server's default is Background for most kinds. */
	propagation?: "Foreground" | "Background" | "Orphan";
	/** Only if the object still has this uid. */
	uid?: string;
	/** Only if nobody has written since this version was read. */
	resourceVersion?: string;
	signal?: AbortSignal;
}

/**
 * The narrow port to a cluster: all that knistio asks of a Kubernetes API server, real or simulated.
 * Every call fails with an {@link ApiError} that says what was being done; a missing object is `undefined`, not an error.
 */
export interface Cluster {
	/** The kubeconfig's context, or `simulated`. */
	readonly context: string;
	/** How to connect from another thread; asks for fresh credentials when `renew` is set. */
	connection(renew?: boolean): Promise<Connection>;
	/** The resource that serves a kind, from a cached discovery; asked again once when the kind is not known. */
	resource(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource | undefined>;
	/**
	 * Every kind served, for looking through all of a cluster. A group that cannot be read, such as one whose own API server is
	 * away, is reported to `onUnread` and left out: whoever says that nothing is there must have looked there too.
	 */
	resources(signal?: AbortSignal, onUnread?: (group: UnreadGroup) => void): Promise<Resource[]>;
	get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | undefined>;
	/** All pages. A kind that the server does not serve has no objects. */
	list(query: ListQuery, signal?: AbortSignal): Promise<KubeObject[]>;
	/** Server-side apply as field manager `knistio`; takes fields over from other managers unless `force` is false. */
	apply(object: KubeObject, options?: { force?: boolean; dryRun?: boolean; signal?: AbortSignal }): Promise<KubeObject>;
	create(object: KubeObject, signal?: AbortSignal): Promise<KubeObject>;
	/** JSON merge patch (RFC 7396): null removes a field. */
	patch(ref: ObjectRef, patch: unknown, signal?: AbortSignal): Promise<KubeObject>;
	/** Asks for the deletion, by name or, with a uid, of that object only; false if the object was not there. Returns when it is accepted, not when it is done. */
	remove(ref: ObjectRef, options?: RemoveOptions): Promise<boolean>;
	/** Whether the user may do it (SelfSubjectAccessReview). */
	allowed(access: Access, signal?: AbortSignal): Promise<boolean>;
	/** A request as it is, for proxies and probes; every status is an answer, none an error. */
	raw(
		method: string,
		path: string,
		options?: { headers?: Record<string, string>; body?: string; timeoutMs?: number; signal?: AbortSignal },
	): Promise<RawAnswer>;
	/** Closes the idle connections. */
	close(): void;
}

/** `Deployment istio-system/istiod`, as messages name an object. */
export function describeRef(ref: { kind: string; name: string; namespace?: string | undefined }): string {
	return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** The name of an object that one has. */
export function refOf(object: KubeObject): ObjectRef {
	const { name, namespace } = object.metadata;
	return {
		apiVersion: object.apiVersion,
		kind: object.kind,
		name,
		...(namespace === undefined ? {} : { namespace }),
	};
}

/** `apps` of `apps/v1`; empty for the core group. */
export function groupOf(apiVersion: string): string {
	return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}
