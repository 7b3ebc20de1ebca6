import type { Clock } from "../../src/clock/clock.ts";
import {
	type Cluster,
	describeRef,
	type KubeObject,
	type ListQuery,
	type ObjectRef,
	type Resource,
	refOf,
} from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";

/** A change that the fake API server was asked for. */
export interface Write {
	verb: "apply" | "create" | "patch" | "remove";
	ref: ObjectRef;
}

/** The port to a cluster that lives in memory, with the least of controllers that an install needs. */
export interface FakeCluster extends Cluster {
	/** Every object, by `Kind namespace/name`. */
	readonly objects: Map<string, KubeObject>;
	readonly writes: Write[];
	/** Puts an object there as somebody else would. */
	put(object: KubeObject): void;
	/** After so many more writes every call fails, as if the process had been killed. */
	dieAfterWrites(count: number): void;
	/** Ends what {@link dieAfterWrites} began. */
	revive(): void;
	/** What a controller does to an object that was written; the fake's own controllers run before. */
	onWrite?: (object: KubeObject) => void;
	/** Refuses writes, as an admission webhook would. */
	refuse?: (write: Write) => ApiError | undefined;
	/** Objects without namespace, labels aside, to compare before and after. */
	snapshot(): Record<string, unknown>;
}

const clusterWide = new Set([
	"Namespace",
	"CustomResourceDefinition",
	"ClusterRole",
	"ClusterRoleBinding",
	"MutatingWebhookConfiguration",
	"ValidatingWebhookConfiguration",
]);
const builtIn: [string, string][] = [
	["v1", "Namespace"],
	["v1", "ConfigMap"],
	["v1", "Secret"],
	["v1", "Service"],
	["v1", "ServiceAccount"],
	["v1", "Pod"],
	["v1", "Event"],
	["v1", "PersistentVolumeClaim"],
	["apps/v1", "Deployment"],
	["apps/v1", "DaemonSet"],
	["apps/v1", "ReplicaSet"],
	["apps/v1", "StatefulSet"],
	["batch/v1", "Job"],
	["batch/v1", "CronJob"],
	["rbac.authorization.k8s.io/v1", "ClusterRole"],
	["discovery.k8s.io/v1", "EndpointSlice"],
	["coordination.k8s.io/v1", "Lease"],
	["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
	["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"],
	["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"],
];

const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];

/** Opens an empty cluster; every Deployment is rolled out as soon as it is written. */
export function fakeCluster(): FakeCluster {
	const objects = new Map<string, KubeObject>();
	const writes: Write[] = [];
	let serial = 0;
	let writesLeft = Number.POSITIVE_INFINITY;

	const resources = (): Resource[] => [
		...builtIn.map(([apiVersion, kind]) => resource(apiVersion, kind, !clusterWide.has(kind))),
		...[...objects.values()].filter(isDefinition).flatMap((definition) => {
			const spec = definition.spec as Definition;
			const namespaced = spec.scope !== "Cluster";
			return spec.versions.map(({ name }) => resource(`${spec.group}/${name}`, spec.names.kind, namespaced));
		}),
	];
	const find = (apiVersion: string, kind: string) =>
		resources().find((each) => each.apiVersion === apiVersion && each.kind === kind);
	const alive = () => {
		if (writesLeft <= 0) throw new Error("killed");
	};
	/** Counts a write; the one that the process dies of is still done. */
	const wrote = (write: Write) => {
		alive();
		const refusal = fake.refuse?.(write);
		if (refusal !== undefined) throw refusal;
		writes.push(write);
		writesLeft--;
	};

	function store(next: KubeObject): KubeObject {
		const key = describeRef(refOf(next));
		const found = objects.get(key);
		const isSameSpec = JSON.stringify(found?.spec) === JSON.stringify(next.spec);
		next.metadata = {
			...next.metadata,
			uid: found?.metadata.uid ?? `uid-${++serial}`,
			resourceVersion: String(++serial),
			generation: (found?.metadata.generation ?? 0) + (isSameSpec && found ? 0 : 1),
		};
		objects.set(key, next);
		control(next);
		fake.onWrite?.(next);
		return structuredClone(next);
	}

	function drop(object: KubeObject): void {
		const { name } = object.metadata;
		objects.delete(describeRef(refOf(object)));
		for (const other of [...objects.values()]) {
			const isInside = object.kind === "Namespace" && other.metadata.namespace === name;
			const isInstance = isDefinition(object) && (object.spec as Definition).names.kind === other.kind;
			const isOwned = other.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid) === true;
			if (isInside || isInstance || isOwned) drop(other);
		}
	}

	const existing = (ref: ObjectRef) => {
		const object = objects.get(describeRef(withScope(ref)));
		return object?.apiVersion.split("/")[0] === ref.apiVersion.split("/")[0] ? object : undefined;
	};

	const fake: FakeCluster = {
		context: "fake",
		objects,
		writes,
		put: (object) => void store(structuredClone(object)),
		dieAfterWrites: (count) => {
			writesLeft = count;
		},
		revive: () => {
			writesLeft = Number.POSITIVE_INFINITY;
		},
		snapshot: () =>
			Object.fromEntries(
				[...objects]
					.sort(([a], [b]) => (a < b ? -1 : 1))
					.map(([key, { metadata, status: _, ...rest }]) => [key, { ...rest, labels: metadata.labels ?? {} }]),
			),
		connection: () => Promise.reject(new Error("the fake has no connection")),
		resource: async (apiVersion, kind) => find(apiVersion, kind),
		resources: async () => {
			alive();
			return resources();
		},
		async get(ref, signal) {
			signal?.throwIfAborted();
			alive();
			return structuredClone(existing(ref));
		},
		async list(query) {
			alive();
			return structuredClone([...objects.values()].filter((object) => matches(object, query)));
		},
		async apply(object) {
			const ref = withScope(refOf(object));
			wrote({ verb: "apply", ref });
			if (find(object.apiVersion, object.kind) === undefined) throw missing(ref, "does not know the kind");
			const isHomeless = ref.namespace !== undefined && !objects.has(`Namespace ${ref.namespace}`);
			if (isHomeless) throw missing(ref, `namespaces "${ref.namespace}" not found`);
			const found = existing(ref);
			return store(merged(found ?? object, structuredClone(object)) as KubeObject);
		},
		async create(object) {
			const ref = withScope(refOf(object));
			if (existing(ref) !== undefined) throw conflict(ref);
			wrote({ verb: "create", ref });
			return store(structuredClone(object));
		},
		async patch(ref, patch) {
			const found = existing(ref);
			if (found === undefined) throw missing(ref, "not found");
			const version = (patch as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
			if (version !== undefined && version !== found.metadata.resourceVersion) throw conflict(ref);
			wrote({ verb: "patch", ref });
			const patched = store(merged(structuredClone(found), patch) as KubeObject);
			if (patched.metadata.deletionTimestamp !== undefined && !isHeld(patched)) drop(patched);
			return patched;
		},
		async remove(ref, { uid, resourceVersion } = {}) {
			alive();
			const found = existing(ref);
			if (found === undefined) return false;
			const isOther = uid !== undefined && uid !== found.metadata.uid;
			const isNewer = resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion;
			if (isOther || isNewer) throw conflict(ref);
			wrote({ verb: "remove", ref: withScope(ref) });
			if (isHeld(found)) found.metadata.deletionTimestamp ??= "2026-01-01T00:00:00Z";
			else drop(found);
			return true;
		},
		allowed: async () => true,
		raw: () => Promise.reject(new Error("the fake takes no raw requests")),
		close: () => {},
	};
	return fake;
}

interface Definition {
	group: string;
	scope?: string;
	names: { kind: string; plural: string };
	versions: { name: string }[];
}

function isDefinition(object: KubeObject): boolean {
	return object.kind === "CustomResourceDefinition";
}

function isHeld(object: KubeObject): boolean {
	return ((object.metadata.finalizers ?? []) as string[]).length > 0;
}

function resource(apiVersion: string, kind: string, namespaced: boolean): Resource {
	return { apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced, verbs };
}

/** As the API server, which ignores a namespace where there is none. */
function withScope(ref: ObjectRef): ObjectRef {
	const { namespace: _, ...rest } = ref;
	return clusterWide.has(ref.kind) ? rest : ref;
}

/** The controllers: everything that is written works at once. */
function control(object: KubeObject): void {
	const spec = (object.spec ?? {}) as { replicas?: number };
	const observedGeneration = object.metadata.generation;
	const count = spec.replicas ?? 1;
	if (object.kind === "Namespace") object.status = { phase: "Active" };
	if (isDefinition(object)) object.status = { conditions: [{ type: "Established", status: "True" }] };
	if (object.kind === "Deployment") {
		object.status = { observedGeneration, replicas: count, updatedReplicas: count, availableReplicas: count };
	}
	if (object.kind === "DaemonSet") {
		object.status = { observedGeneration, desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberReady: 1 };
	}
	if (object.kind.endsWith("WebhookConfiguration")) {
		for (const hook of (object.webhooks ?? []) as { clientConfig: { caBundle?: string } }[]) {
			hook.clientConfig.caBundle ??= "Q0E=";
		}
	}
}

function matches(object: KubeObject, query: ListQuery): boolean {
	const labels = object.metadata.labels ?? {};
	// Commas between terms, not those within `key in (a,b)`.
	const selector = query.labelSelector?.split(/,(?![^(]*\))/) ?? [];
	return (
		object.apiVersion === query.apiVersion &&
		object.kind === query.kind &&
		(query.namespace === undefined || object.metadata.namespace === query.namespace) &&
		selector.every((term) => holds(labels, term))
	);
}

/** Whether labels hold a term `key=value` or `key in (a,b)` of a selector. */
function holds(labels: Record<string, string>, term: string): boolean {
	const [, of, values] = /^(\S+) in \((.*)\)$/.exec(term) ?? [];
	if (of !== undefined) return values?.split(",").includes(labels[of] ?? "") ?? false;
	const [key = "", value] = term.split("=");
	return labels[key] === value;
}

/** JSON merge patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
	if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
	const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
	const result: Record<string, unknown> = isObject ? { ...target } : {};
	for (const [key, value] of Object.entries(patch)) {
		if (value === null) delete result[key];
		else result[key] = merged(result[key], value);
	}
	return result;
}

function missing(ref: ObjectRef, why: string): ApiError {
	return new ApiError(`${describeRef(ref)}: ${why}`, { status: 404, reason: "NotFound" });
}

function conflict(ref: ObjectRef): ApiError {
	return new ApiError(`${describeRef(ref)}: already there or changed`, { status: 409, reason: "Conflict" });
}

/** A clock that jumps instead of waiting. */
export function jumpingClock(): Clock & { jump(ms: number): void } {
	let now = Date.parse("2026-01-01T00:00:00Z");
	return {
		now: () => now,
		jump(ms) {
			now += ms;
		},
		async sleep(ms, signal) {
			signal?.throwIfAborted();
			now += ms;
			await new Promise((resolve) => setImmediate(resolve));
		},
	};
}
