import { applyConfiguration, managedAfterUpdate, type Writer } from "./apply.ts";
import { type Clock, toSeconds } from "./clock.ts";
import { setDefaults } from "./defaults.ts";
import { isRecord, isSame } from "./fields.ts";
import { type KubeObject, keyOf, type Pod } from "./objects.ts";
import type { Random } from "./random.ts";
import type { Resource, Resources } from "./resources.ts";
import {
	alreadyExists,
	badRequest,
	conflict,
	forbidden,
	invalid,
	noSuchPath,
	notFound,
	type StatusError,
	staleObject,
} from "./status-error.ts";
import type { ChangeListener, Store } from "./store.ts";

/** Names an object of a known resource. */
export interface Ref {
	namespace?: string | undefined;
	name: string;
}

/** How something is written. */
export interface WriteOptions {
	/** The field manager. */
	manager: string;
	subresource?: "status" | "scale" | undefined;
	isDryRun?: boolean;
	/** For objects that controllers of the simulation make with their status at once. */
	keepsStatus?: boolean;
}

export interface RemoveOptions {
	gracePeriodSeconds?: number | undefined;
	propagation?: "Foreground" | "Background" | "Orphan" | undefined;
	uid?: string | undefined;
	resourceVersion?: string | undefined;
	isDryRun?: boolean;
}

/**
 * What the API server does with objects, without HTTP: admission, defaults, generations, managed fields, graceful
 * deletion. The controllers of the simulation and the HTTP front write through it alike.
 */
export interface Api {
	resources: Resources;
	store: Store;
	get<T extends KubeObject>(id: string, ref: Ref): T | undefined;
	list<T extends KubeObject>(id: string, namespace?: string): T[];
	/** Calls back for every object that is there and every change from now on. */
	watch(id: string, listener: ChangeListener): void;
	create<T extends KubeObject>(object: T, options: WriteOptions): T;
	/** Changes a copy and writes it; nothing happens if the object is gone. */
	edit<T extends KubeObject>(
		id: string,
		ref: Ref,
		options: WriteOptions & { change: (draft: T) => void },
	): T | undefined;
	/** Replaces an object, with the checks of a PUT. */
	replace(resource: Resource, after: KubeObject, options: WriteOptions): KubeObject;
	/** Server-side apply. */
	apply(resource: Resource, object: KubeObject, options: WriteOptions & { force: boolean }): KubeObject;
	/** Asks for the deletion; the object as it is then, and whether it is gone. */
	remove(resource: Resource, ref: Ref, options: RemoveOptions): { object: KubeObject; isGone: boolean };
	/** Changes objects on their way in, as webhooks and admission plugins do. */
	onCreate(admit: (resource: Resource, object: KubeObject) => void): void;
}

/** The clock here is the API server's own, which may be off. */
export interface ApiParts {
	resources: Resources;
	store: Store;
	clock: Clock;
	random: Random;
	/** The API server's time, ns since 1970. */
	serverEpochNs: () => bigint;
}

const namePattern = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const looseNames = new Set(["rbac.authorization.k8s.io"]);

export function createApi(parts: ApiParts): Api {
	const { resources, store, random } = parts;
	const admissions: ((resource: Resource, object: KubeObject) => void)[] = [];
	const serverTime = () => toSeconds(parts.serverEpochNs());

	function read(resource: Resource, ref: Ref): KubeObject | undefined {
		return store.read(resource.id, keyOf(resource.namespaced ? ref : { name: ref.name }));
	}

	function writerOf(options: WriteOptions): Writer {
		return { manager: options.manager, time: serverTime(), subresource: options.subresource };
	}

	function create(resource: Resource, given: KubeObject, options: WriteOptions): KubeObject {
		const object = structuredClone(given);
		checkNew(resource, object);
		if (read(resource, object.metadata) !== undefined) throw alreadyExists({ resource, name: object.metadata.name });
		if (resource.hasStatus && options.keepsStatus !== true) delete object.status;
		complete(resource, object);
		if (object.metadata.managedFields === undefined && resource.id !== "events") {
			const writer = { ...writerOf(options), isCustom: resource.isCustom };
			object.metadata.managedFields = managedAfterUpdate(undefined, object, writer);
		}
		return options.isDryRun === true ? object : store.write(resource.id, object);
	}

	/** Name, namespace and kind as the API server checks them before admission. */
	function checkNew(resource: Resource, object: KubeObject): void {
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

	function complete(resource: Resource, object: KubeObject): void {
		for (const admit of admissions) admit(resource, object);
		setDefaults(resource, object, store);
		object.metadata.uid = random.uuid("uid");
		object.metadata.creationTimestamp = serverTime();
		delete object.metadata.resourceVersion;
		delete object.metadata.deletionTimestamp;
		if (resource.hasStatus || resource.isCustom) object.metadata.generation = 1;
	}

	function write(resource: Resource, before: KubeObject, changed: KubeObject, options: WriteOptions): KubeObject {
		const after = withImmutableParts(resource, before, changed, options);
		if (!isSame(bare(before), bare(after))) {
			const isSpecChanged = !isSame(specOf(before), specOf(after));
			if (isSpecChanged && before.metadata.generation !== undefined)
				after.metadata.generation = before.metadata.generation + 1;
		} else if (isSame(before.metadata.managedFields, after.metadata.managedFields)) return before;
		if (options.isDryRun === true) return after;
		if (after.metadata.deletionTimestamp !== undefined && isReleased(resource, after)) {
			return store.remove(resource.id, after);
		}
		return store.write(resource.id, after);
	}

	function update(resource: Resource, before: KubeObject, changed: KubeObject, options: WriteOptions): KubeObject {
		const after = withImmutableParts(resource, before, changed, options);
		const writer = { ...writerOf(options), isCustom: resource.isCustom };
		if (!isSame(bare(before), bare(after))) {
			after.metadata.managedFields = managedAfterUpdate(before, after, writer);
		}
		return write(resource, before, after, options);
	}

	function replace(resource: Resource, after: KubeObject, options: WriteOptions): KubeObject {
		const before = read(resource, after.metadata);
		if (before === undefined) throw notFound({ resource, name: after.metadata.name });
		checkPreconditions(resource, before, after.metadata);
		return update(resource, before, after, options);
	}

	function apply(resource: Resource, object: KubeObject, options: WriteOptions & { force: boolean }): KubeObject {
		const before = read(resource, object.metadata);
		if (object.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
		const asked = { ...writerOf(options), force: options.force, isCustom: resource.isCustom };
		const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
		const merged = applyConfiguration(before, { ...object, metadata }, asked);
		if (before === undefined) {
			if (options.subresource !== undefined) throw notFound({ resource, name: object.metadata.name });
			return create(resource, merged, options);
		}
		checkPreconditions(resource, before, object.metadata);
		return write(resource, before, merged, options);
	}

	function remove(resource: Resource, ref: Ref, options: RemoveOptions): { object: KubeObject; isGone: boolean } {
		const before = read(resource, ref);
		if (before === undefined) throw notFound({ resource, name: ref.name });
		checkPreconditions(resource, before, options);
		const object = structuredClone(before);
		const finalizer = { Foreground: "foregroundDeletion", Orphan: "orphan" }[options.propagation as "Orphan"];
		const finalizers = object.metadata.finalizers ?? [];
		if (finalizer !== undefined && !finalizers.includes(finalizer))
			object.metadata.finalizers = [...finalizers, finalizer];
		const graceSeconds = graceOf(resource, before, options.gracePeriodSeconds);
		const isEarlier = graceSeconds < (before.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
		if (before.metadata.deletionTimestamp === undefined || isEarlier) {
			object.metadata.deletionTimestamp = toSeconds(parts.serverEpochNs() + BigInt(graceSeconds) * 1_000_000_000n);
			object.metadata.deletionGracePeriodSeconds = graceSeconds;
			if (resource.id === "namespaces") object.status = { phase: "Terminating" };
		}
		if (options.isDryRun === true) return { object, isGone: false };
		if (isReleased(resource, object)) return { object: store.remove(resource.id, object), isGone: true };
		return { object: isSame(before, object) ? before : store.write(resource.id, object), isGone: false };
	}

	function resourceOf(id: string): Resource {
		const resource = resources.byId(id);
		if (resource === undefined) throw noSuchPath();
		return resource;
	}

	return {
		resources,
		store,
		get: <T extends KubeObject>(id: string, ref: Ref) => store.read(id, keyOf(ref)) as T | undefined,
		list: <T extends KubeObject>(id: string, namespace?: string) => store.list(id, namespace) as T[],
		watch(id, listener) {
			for (const object of store.list(id)) {
				listener({ revision: store.revision(), type: "ADDED", object, previous: undefined });
			}
			store.subscribe(id, listener);
		},
		create<T extends KubeObject>(object: T, options: WriteOptions) {
			const resource = resources.ofKind(object.apiVersion, object.kind);
			if (resource === undefined) throw noSuchPath();
			return create(resource, object, options) as T;
		},
		edit<T extends KubeObject>(id: string, ref: Ref, options: WriteOptions & { change: (draft: T) => void }) {
			const resource = resourceOf(id);
			const before = read(resource, ref);
			if (before === undefined) return undefined;
			const draft = structuredClone(before) as T;
			options.change(draft);
			return update(resource, before, draft, options) as T;
		},
		replace,
		apply,
		remove,
		onCreate: (admit) => admissions.push(admit),
	};
}

/** What a client may not change stays as it was: the server's metadata, and status or everything else of a subresource. */
function withImmutableParts(
	resource: Resource,
	before: KubeObject,
	changed: KubeObject,
	options: WriteOptions,
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

function bare(object: KubeObject): Record<string, unknown> {
	const { managedFields: _, resourceVersion: __, generation: ___, ...metadata } = object.metadata;
	return { ...object, apiVersion: undefined, metadata };
}

function specOf(object: KubeObject): Record<string, unknown> {
	const { metadata: _, status: __, apiVersion: ___, ...rest } = object;
	return rest;
}

/** Whether nothing holds a deleted object any more. */
function isReleased(resource: Resource, object: KubeObject): boolean {
	if ((object.metadata.finalizers ?? []).length > 0) return false;
	if (resource.id === "namespaces")
		return ((object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? []).length === 0;
	return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function graceOf(resource: Resource, object: KubeObject, asked: number | undefined): number {
	if (resource.id !== "pods") return 0;
	const pod = object as Pod;
	const hasEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
	if (pod.spec.nodeName === undefined || hasEnded) return 0;
	return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}

function checkPreconditions(
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
