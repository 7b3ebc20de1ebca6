import { toSeconds } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import { applyConfiguration, managedAfterUpdate, type Writer } from "./apply.ts";
import { setDefaults } from "./defaults.ts";
import { copyOf, isSame, sharing } from "./fields.ts";
import { bare, checkNew, checkPreconditions, isReleased, specOf, withImmutableParts } from "./object-rules.ts";
import { type KubeObject, keyOf } from "./objects.ts";
import type { Resource, Resources } from "./resources.ts";
import { alreadyExists, badRequest, notFound } from "./status-error.ts";
import type { Index, Store } from "./store.ts";

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

/** Sees an object as it would be written, and as it was; undefined before for a new one. May change it, or throw. */
export type WriteAdmission = (resource: Resource, object: KubeObject, before: KubeObject | undefined) => void;

/** What the API is made of. */
export interface ApiParts {
	resources: Resources;
	store: Store;
	random: Random;
	/** The API server's time, ns since 1970. */
	serverEpochNs: () => bigint;
}

/** What every write needs: where objects are, and what looks at them on their way in. */
export interface ApiState extends ApiParts {
	admissions: ((resource: Resource, object: KubeObject) => void)[];
	writeAdmissions: WriteAdmission[];
	/** Services by their addresses. */
	clusterIps: Index;
}

/** An object to write, and how. */
interface Written {
	object: KubeObject;
	options: WriteOptions;
}

/** The stored object; the namespace of a cluster-wide one does not count. */
export function read({ store }: ApiState, resource: Resource, ref: Ref): KubeObject | undefined {
	return store.read(resource.id, keyOf(resource.namespaced ? ref : { name: ref.name }));
}

function writerOf(state: ApiState, resource: Resource, options: WriteOptions): Writer & { isCustom: boolean } {
	const time = toSeconds(state.serverEpochNs());
	return { manager: options.manager, time, subresource: options.subresource, isCustom: resource.isCustom };
}

/** Writes a new object. */
export function createObject(state: ApiState, resource: Resource, written: Written): KubeObject {
	const { options } = written;
	const object = copyOf(written.object);
	checkNew(resource, object, state);
	if (read(state, resource, object.metadata) !== undefined) {
		throw alreadyExists({ resource, name: object.metadata.name });
	}
	if (resource.hasStatus && options.keepsStatus !== true) delete object.status;
	complete(state, resource, object);
	if (object.metadata.managedFields === undefined && resource.id !== "events") {
		object.metadata.managedFields = managedAfterUpdate(undefined, object, writerOf(state, resource, options));
	}
	return options.isDryRun === true ? object : state.store.write(resource.id, object);
}

function complete(state: ApiState, resource: Resource, object: KubeObject): void {
	for (const admit of state.admissions) admit(resource, object);
	for (const admit of state.writeAdmissions) admit(resource, object, undefined);
	setDefaults(resource, object, (address) => state.clusterIps.of(address).length > 0);
	object.metadata.uid = state.random.uuid("uid");
	object.metadata.creationTimestamp = toSeconds(state.serverEpochNs());
	delete object.metadata.resourceVersion;
	delete object.metadata.deletionTimestamp;
	if (resource.hasStatus || resource.isCustom) object.metadata.generation = 1;
}

/** Writes a changed object, unless nothing has changed; a deleted one that nothing holds any more is removed. */
function write(state: ApiState, resource: Resource, before: KubeObject, { object, options }: Written): KubeObject {
	const { store } = state;
	const given = withImmutableParts(resource, before, object, options);
	if (options.subresource !== "status") for (const admit of state.writeAdmissions) admit(resource, given, before);
	let after = sharing(before, given) as KubeObject;
	if (after === before) return before;
	if (!isSame(bare(before), bare(after))) {
		const { generation } = before.metadata;
		// The metadata may be those of the stored object.
		if (generation !== undefined && !isSame(specOf(before), specOf(after)))
			after = { ...after, metadata: { ...after.metadata, generation: generation + 1 } };
	} else if (isSame(before.metadata.managedFields, after.metadata.managedFields)) return before;
	if (options.isDryRun === true) return after;
	if (after.metadata.deletionTimestamp !== undefined && isReleased(resource, after)) {
		return store.remove(resource.id, after);
	}
	return store.write(resource.id, after);
}

/** Writes a changed object; its manager then owns the fields that it changed. */
export function updateObject(
	state: ApiState,
	resource: Resource,
	before: KubeObject,
	{ object, options }: Written,
): KubeObject {
	const given = sharing(before, object) as KubeObject;
	if (given === before) return before;
	const after = withImmutableParts(resource, before, given, options);
	if (!isSame(bare(before), bare(after))) {
		after.metadata.managedFields = managedAfterUpdate(before, after, writerOf(state, resource, options));
	}
	return write(state, resource, before, { object: after, options });
}

/** Replaces an object, with the checks of a PUT. */
export function replaceObject(state: ApiState, resource: Resource, written: Written): KubeObject {
	const { object } = written;
	const before = read(state, resource, object.metadata);
	if (before === undefined) throw notFound({ resource, name: object.metadata.name });
	checkPreconditions(resource, before, object.metadata);
	return updateObject(state, resource, before, written);
}

/** Server-side apply. */
export function applyObject(
	state: ApiState,
	resource: Resource,
	{ object, options }: { object: KubeObject; options: WriteOptions & { force: boolean } },
): KubeObject {
	const before = read(state, resource, object.metadata);
	if (object.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
	const asked = { ...writerOf(state, resource, options), force: options.force };
	const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
	const merged = applyConfiguration(before, { ...object, metadata }, asked);
	if (before === undefined) {
		if (options.subresource !== undefined) throw notFound({ resource, name: object.metadata.name });
		return createObject(state, resource, { object: merged, options });
	}
	checkPreconditions(resource, before, object.metadata);
	return write(state, resource, before, { object: merged, options });
}
