import { type KubeObject, keyOf, uidOf } from "../api/objects.ts";
import type { Resource } from "../api/resources.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

const manager = "kube-controller-manager";

/** Deletes what belongs to deleted objects: dependents by ownerReferences, and everything in a deleted namespace. */
export function startGarbageCollection(world: World): void {
	const { api } = world;
	/** `resource key` of the dependents, by the uid of their owner. */
	const dependents = new Map<string, Set<string>>();

	function dependentsOf(uid: string): { resource: Resource; object: KubeObject }[] {
		return [...(dependents.get(uid) ?? [])].flatMap((place) => {
			const { resource, object } = lookUp(world, place);
			return resource === undefined || object === undefined ? [] : [{ resource, object }];
		});
	}

	const removeDependents = createQueue(world, "garbage", (uid) => {
		for (const { resource, object } of dependentsOf(uid)) {
			if (object.metadata.deletionTimestamp === undefined) api.remove(resource, object.metadata, {});
		}
	});

	function orphanDependents(uid: string): void {
		for (const { resource, object } of dependentsOf(uid)) {
			api.edit<KubeObject>(resource.id, object.metadata, {
				manager,
				change: (draft) => {
					const others = (draft.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
					draft.metadata.ownerReferences = others;
				},
			});
		}
	}

	/** Does what the finalizers of a deleted owner ask for, and takes them off when it is done. */
	const finalize = createQueue(world, "finalizers", (place) => {
		const { resource, object } = lookUp(world, place);
		if (resource === undefined || object?.metadata.deletionTimestamp === undefined) return;
		const finalizers = object.metadata.finalizers ?? [];
		const uid = uidOf(object);
		if (finalizers.includes("orphan")) orphanDependents(uid);
		else if (finalizers.includes("foregroundDeletion")) {
			if (dependentsOf(uid).length > 0) return removeDependents(uid);
		} else return;
		api.edit<KubeObject>(resource.id, object.metadata, {
			manager,
			change: (draft) => {
				draft.metadata.finalizers = finalizers.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
			},
		});
	});

	api.store.subscribeToAll((id, { type, object, previous }) => {
		const place = `${id} ${keyOf(object.metadata)}`;
		const owners = object.metadata.ownerReferences ?? [];
		for (const owner of previous?.metadata.ownerReferences ?? []) dependents.get(owner.uid)?.delete(place);
		if (type === "DELETED") {
			if (dependents.has(uidOf(object))) removeDependents(uidOf(object));
			for (const owner of owners) {
				const resource = api.resources.ofKind(owner.apiVersion, owner.kind);
				const namespace = resource?.namespaced ? { namespace: object.metadata.namespace } : {};
				if (resource !== undefined) finalize(`${resource.id} ${keyOf({ name: owner.name, ...namespace })}`);
			}
			return;
		}
		for (const { uid } of owners) dependents.set(uid, (dependents.get(uid) ?? new Set()).add(place));
		if (object.metadata.deletionTimestamp !== undefined) finalize(place);
	});
	startNamespaces(world);
}

function lookUp({ api }: World, place: string): { resource: Resource | undefined; object: KubeObject | undefined } {
	const [id = "", key = ""] = place.split(" ");
	return { resource: api.resources.byId(id), object: api.store.read(id, key) };
}

/** Empties deleted namespaces and lets them go; gives new ones what every namespace has. */
function startNamespaces(world: World): void {
	const { api, clock } = world;
	const enqueue = createQueue(world, "namespaces", (key) => {
		const { name } = refOfKey(`/${key}`);
		const namespace = api.get<KubeObject>("namespaces", { name });
		if (namespace?.metadata.deletionTimestamp === undefined) return;
		let left = 0;
		for (const resource of api.resources.all().filter((one) => one.namespaced)) {
			for (const object of api.store.list(resource.id, name)) {
				left++;
				const isHeld = object.metadata.deletionTimestamp !== undefined;
				if (!isHeld) api.remove(resource, object.metadata, { propagation: "Background" });
			}
		}
		if (left > 0) clock.after(200, () => enqueue(key));
		else {
			api.edit(
				"namespaces",
				{ name },
				{
					manager,
					change: (draft) => {
						draft.spec = { finalizers: [] };
					},
				},
			);
		}
	});
	api.watch("namespaces", ({ type, object }) => {
		const namespace = object.metadata.name;
		if (object.metadata.deletionTimestamp !== undefined) enqueue(namespace);
		else if (type === "ADDED") {
			clock.after(world.delays.of("controllerReacts", namespace), () => {
				if (api.get("namespaces", { name: namespace })?.metadata.deletionTimestamp !== undefined) return;
				const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } };
				if (api.get("serviceaccounts", account.metadata) === undefined) api.create(account, { manager });
			});
		}
	});
}
