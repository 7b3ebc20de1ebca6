import { type KubeObject, keyOf, uidOf } from "../objects.ts";
import type { Resource } from "../resources.ts";
import { createQueue, refOfKey, type World } from "../world.ts";

const manager = "kube-controller-manager";

/** Deletes what belongs to deleted objects: dependents by ownerReferences, and everything in a deleted namespace. */
export function startGarbageCollection(world: World): void {
	const { api, clock } = world;
	/** `resource key` of the dependents, by the uid of their owner. */
	const dependents = new Map<string, Set<string>>();

	function dependentsOf(owner: KubeObject): { resource: Resource; object: KubeObject }[] {
		return [...(dependents.get(uidOf(owner)) ?? [])].flatMap((place) => {
			const [id = "", key = ""] = place.split(" ");
			const resource = api.resources.byId(id);
			const object = api.store.read(id, key);
			return resource === undefined || object === undefined ? [] : [{ resource, object }];
		});
	}

	function removeDependents(owner: KubeObject): void {
		for (const { resource, object } of dependentsOf(owner)) {
			if (object.metadata.deletionTimestamp === undefined) api.remove(resource, object.metadata, {});
		}
	}

	function orphanDependents(owner: KubeObject): void {
		for (const { resource, object } of dependentsOf(owner)) {
			api.edit(resource.id, object.metadata, {
				manager,
				change: (draft) => {
					draft.metadata.ownerReferences = (draft.metadata.ownerReferences ?? []).filter(
						(one) => one.uid !== uidOf(owner),
					);
				},
			});
		}
	}

	function finalize(id: string, object: KubeObject): void {
		const finalizers = object.metadata.finalizers ?? [];
		if (object.metadata.deletionTimestamp === undefined) return;
		if (finalizers.includes("orphan")) orphanDependents(object);
		else if (finalizers.includes("foregroundDeletion")) removeDependents(object);
		else return;
		if (!finalizers.includes("orphan") && dependentsOf(object).length > 0) return;
		api.edit(id, object.metadata, {
			manager,
			change: (draft) => {
				draft.metadata.finalizers = finalizers.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
			},
		});
	}

	api.store.subscribeToAll((id, { type, object, previous }) => {
		const place = `${id} ${keyOf(object.metadata)}`;
		for (const owner of previous?.metadata.ownerReferences ?? []) dependents.get(owner.uid)?.delete(place);
		if (type !== "DELETED") {
			for (const { uid } of object.metadata.ownerReferences ?? []) {
				dependents.set(uid, (dependents.get(uid) ?? new Set()).add(place));
			}
			if (object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers !== undefined) {
				clock.after(world.delays.of("controllerReacts", place), () => {
					const current = api.store.read(id, keyOf(object.metadata));
					if (current !== undefined && uidOf(current) === uidOf(object)) finalize(id, current);
				});
			}
			return;
		}
		if (dependents.has(uidOf(object))) {
			clock.after(world.delays.of("controllerReacts", place), () => {
				removeDependents(object);
				dependents.delete(uidOf(object));
			});
		}
		for (const { uid, kind, apiVersion, name } of object.metadata.ownerReferences ?? []) {
			const owner = api.resources.ofKind(apiVersion, kind);
			const living =
				owner && api.get(owner.id, owner.namespaced ? { name, namespace: object.metadata.namespace } : { name });
			if (owner !== undefined && living !== undefined && uidOf(living) === uid) finalize(owner.id, living);
		}
	});
	startNamespaces(world);
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
