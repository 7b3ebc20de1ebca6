import type { KubeObject } from "../api/objects.ts";
import { createQueue, type World } from "../world/world.ts";

const manager = "kube-controller-manager";

/** How often a namespace that is not yet empty is looked at. */
const emptyingPeriodMs = 200;

/** Empties and then removes deleted namespaces; gives new ones the ServiceAccount that every namespace has. */
export function startNamespaces(world: World): void {
	const { api, clock, delays } = world;
	const enqueue = createQueue(world, "namespaces", (name) => {
		const namespace = api.get<KubeObject>("namespaces", { name });
		if (namespace?.metadata.deletionTimestamp === undefined) return;
		if (empty(world, name) > 0) clock.after(emptyingPeriodMs, () => enqueue(name));
		else release(world, name);
	});
	api.watch("namespaces", ({ type, object }) => {
		const { name } = object.metadata;
		if (object.metadata.deletionTimestamp !== undefined) enqueue(name);
		else if (type === "ADDED") clock.after(delays.of("controllerReacts", name), () => addAccount(world, name));
	});
}

/** Removes what is in the namespace; returns how many objects there were. */
function empty({ api }: World, name: string): number {
	let left = 0;
	for (const resource of api.resources.all().filter((one) => one.namespaced)) {
		for (const object of api.store.list(resource.id, name)) {
			left++;
			const isHeld = object.metadata.deletionTimestamp !== undefined;
			if (!isHeld) api.remove(resource, object.metadata, { propagation: "Background" });
		}
	}
	return left;
}

/** Removes the finalizer, which was all that kept the namespace. */
function release({ api }: World, name: string): void {
	const change = (draft: KubeObject) => {
		draft.spec = { finalizers: [] };
	};
	api.edit("namespaces", { name }, { manager, change });
}

function addAccount({ api }: World, namespace: string): void {
	if (api.get("namespaces", { name: namespace })?.metadata.deletionTimestamp !== undefined) return;
	const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } };
	if (api.get("serviceaccounts", account.metadata) === undefined) api.create(account, { manager });
}
