import { toSeconds } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import { applyConfiguration, managedAfterUpdate, type Writer } from "./apply.ts";
import { setDefaults } from "./defaults.ts";
import { isSame } from "./fields.ts";
import { bare, checkNew, checkPreconditions, graceOf, isReleased, specOf, withImmutableParts } from "./object-rules.ts";
import { type KubeObject, keyOf } from "./objects.ts";
import type { Resource, Resources } from "./resources.ts";
import { alreadyExists, badRequest, noSuchPath, notFound } from "./status-error.ts";
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

/** Sees an object as it would be written, and as it was; undefined before for a new one. May change it, or throw. */
export type WriteAdmission = (resource: Resource, object: KubeObject, before: KubeObject | undefined) => void;

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
	/** Changes or refuses objects when they are created or changed, but for their status. */
	onWrite(admit: WriteAdmission): void;
}

/** What the API is made of. */
export interface ApiParts {
	resources: Resources;
	store: Store;
	random: Random;
	/** The API server's time, ns since 1970. */
	serverEpochNs: () => bigint;
}

export function createApi(parts: ApiParts): Api {
	const { resources, store, random } = parts;
	const admissions: ((resource: Resource, object: KubeObject) => void)[] = [];
	const writeAdmissions: WriteAdmission[] = [];
	const serverTime = () => toSeconds(parts.serverEpochNs());

	function read(resource: Resource, ref: Ref): KubeObject | undefined {
		return store.read(resource.id, keyOf(resource.namespaced ? ref : { name: ref.name }));
	}

	function writerOf(options: WriteOptions): Writer {
		return { manager: options.manager, time: serverTime(), subresource: options.subresource };
	}

	function create(resource: Resource, given: KubeObject, options: WriteOptions): KubeObject {
		const object = structuredClone(given);
		checkNew(resource, object, { store, random });
		if (read(resource, object.metadata) !== undefined) throw alreadyExists({ resource, name: object.metadata.name });
		if (resource.hasStatus && options.keepsStatus !== true) delete object.status;
		complete(resource, object);
		if (object.metadata.managedFields === undefined && resource.id !== "events") {
			const writer = { ...writerOf(options), isCustom: resource.isCustom };
			object.metadata.managedFields = managedAfterUpdate(undefined, object, writer);
		}
		return options.isDryRun === true ? object : store.write(resource.id, object);
	}

	function complete(resource: Resource, object: KubeObject): void {
		for (const admit of admissions) admit(resource, object);
		for (const admit of writeAdmissions) admit(resource, object, undefined);
		setDefaults(resource, object, store);
		object.metadata.uid = random.uuid("uid");
		object.metadata.creationTimestamp = serverTime();
		delete object.metadata.resourceVersion;
		delete object.metadata.deletionTimestamp;
		if (resource.hasStatus || resource.isCustom) object.metadata.generation = 1;
	}

	function write(resource: Resource, before: KubeObject, changed: KubeObject, options: WriteOptions): KubeObject {
		const after = withImmutableParts(resource, before, changed, options);
		if (options.subresource !== "status") for (const admit of writeAdmissions) admit(resource, after, before);
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
			if (resource.id === "pods") object.metadata.generation = (object.metadata.generation ?? 1) + 1;
			if (resource.id === "namespaces") object.status = { phase: "Terminating" };
		}
		if (options.isDryRun === true) return { object, isGone: false };
		if (isReleased(resource, object)) {
			// A pod whose time has come is shown once more before it goes.
			if (before.metadata.deletionTimestamp !== undefined) store.write(resource.id, object);
			return { object: store.remove(resource.id, object), isGone: true };
		}
		return { object: isSame(before, object) ? before : store.write(resource.id, object), isGone: false };
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
			const resource = resources.byId(id);
			const before = resource && read(resource, ref);
			if (resource === undefined || before === undefined) return undefined;
			const draft = structuredClone(before) as T;
			options.change(draft);
			return update(resource, before, draft, options) as T;
		},
		replace,
		apply,
		remove,
		onCreate: (admit) => admissions.push(admit),
		onWrite: (admit) => writeAdmissions.push(admit),
	};
}
