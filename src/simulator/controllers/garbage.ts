import { type KubeObject, keyOf, uidOf } from "../api/objects.ts";
import type { Resource } from "../api/resources.ts";
import { createQueue, type World } from "../world/world.ts";
import { startNamespaces } from "./namespaces.ts";

const manager = "kube-controller-manager";

interface GarbageState {
	world: World;
	/** The places, `resource key`, of the dependents by the uid of their owner. */
	places: Map<string, Set<string>>;
}

/** Deletes what belongs to deleted objects: dependents by ownerReferences, and everything in a deleted namespace. */
export function startGarbageCollection(world: World): void {
	const state: GarbageState = { world, places: new Map() };
	const removeDependents = createQueue(world, "garbage", (uid) => {
		for (const { resource, object } of dependentsOf(state, uid)) {
			if (object.metadata.deletionTimestamp === undefined) world.api.remove(resource, object.metadata, {});
		}
	});
	const finalize = createQueue(world, "finalizers", (place) => runFinalizers(state, place, removeDependents));
	world.api.store.subscribeToAll((id, { type, object, previous }) => {
		const place = `${id} ${keyOf(object.metadata)}`;
		for (const { uid } of previous?.metadata.ownerReferences ?? []) leave(state, uid, place);
		if (type === "DELETED") {
			if (state.places.has(uidOf(object))) removeDependents(uidOf(object));
			for (const owner of ownersOf(world, object)) finalize(owner);
			return;
		}
		for (const { uid } of object.metadata.ownerReferences ?? []) {
			state.places.set(uid, (state.places.get(uid) ?? new Set()).add(place));
		}
		if (object.metadata.deletionTimestamp !== undefined) finalize(place);
	});
	startNamespaces(world);
}

function leave({ places }: GarbageState, uid: string, place: string): void {
	const own = places.get(uid);
	own?.delete(place);
	if (own?.size === 0) places.delete(uid);
}

function dependentsOf({ world, places }: GarbageState, uid: string): { resource: Resource; object: KubeObject }[] {
	return [...(places.get(uid) ?? [])].flatMap((place) => {
		const { resource, object } = lookUp(world, place);
		return resource === undefined || object === undefined ? [] : [{ resource, object }];
	});
}

/** The places of the object's owners. */
function ownersOf({ api }: World, { metadata }: KubeObject): string[] {
	return (metadata.ownerReferences ?? []).flatMap((owner) => {
		const resource = api.resources.ofKind(owner.apiVersion, owner.kind);
		const namespace = resource?.namespaced ? { namespace: metadata.namespace } : {};
		return resource === undefined ? [] : [`${resource.id} ${keyOf({ name: owner.name, ...namespace })}`];
	});
}

/** Does what the finalizers of a deleted owner ask for, and removes them when it is done. */
function runFinalizers(state: GarbageState, place: string, removeDependents: (uid: string) => void): void {
	const { api } = state.world;
	const { resource, object } = lookUp(state.world, place);
	if (resource === undefined || object?.metadata.deletionTimestamp === undefined) return;
	const finalizers = object.metadata.finalizers ?? [];
	const uid = uidOf(object);
	if (finalizers.includes("orphan")) orphanDependents(state, uid);
	else if (finalizers.includes("foregroundDeletion")) {
		if (dependentsOf(state, uid).length > 0) {
			removeDependents(uid);
			return;
		}
	} else return;
	api.edit<KubeObject>(resource.id, object.metadata, {
		manager,
		change: (draft) => {
			draft.metadata.finalizers = finalizers.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
		},
	});
}

function orphanDependents(state: GarbageState, uid: string): void {
	for (const { resource, object } of dependentsOf(state, uid)) {
		state.world.api.edit<KubeObject>(resource.id, object.metadata, {
			manager,
			change: (draft) => {
				const others = (draft.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
				draft.metadata.ownerReferences = others;
			},
		});
	}
}

function lookUp({ api }: World, place: string): { resource: Resource | undefined; object: KubeObject | undefined } {
	const [id = "", key = ""] = place.split(" ");
	return { resource: api.resources.byId(id), object: api.store.read(id, key) };
}
