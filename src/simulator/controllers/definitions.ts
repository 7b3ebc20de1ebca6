import { type Condition, conditionOf, type KubeObject } from "../api/objects.ts";
import { resourceOfDefinition } from "../api/resources.ts";
import { toSeconds } from "../clock/clock.ts";
import type { World } from "../world/world.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/** Serves the kinds that CustomResourceDefinitions describe, a little after they were created. */
export function startDefinitions(world: World): void {
	const { api, clock } = world;
	api.watch(definitions, ({ type, object }) => {
		const { name } = object.metadata;
		if (type === "DELETED") return withdraw(world, object);
		if (isEstablished(object)) api.resources.add(resourceOfDefinition(object));
		else if (type === "ADDED")
			clock.after(world.delays.of("definitionEstablished", name), () => establish(world, name));
	});
}

function isEstablished(definition: KubeObject): boolean {
	const status = definition.status as { conditions?: Condition[] } | undefined;
	return conditionOf(status?.conditions, "Established")?.status === "True";
}

/** The status of a definition that is served. */
export function establishedStatus(definition: KubeObject, time: string): Record<string, unknown> {
	const spec = definition.spec as { names: unknown; versions: { name: string; storage?: boolean }[] };
	const condition = (type: string, reason: string, message: string) => ({
		type,
		status: "True",
		reason,
		message,
		lastTransitionTime: time,
	});
	return {
		conditions: [
			condition("NamesAccepted", "NoConflicts", "no conflicts found"),
			condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
		],
		acceptedNames: spec.names,
		storedVersions: spec.versions.filter((version) => version.storage === true).map((version) => version.name),
	};
}

function establish(world: World, name: string): void {
	world.api.edit<KubeObject>(
		definitions,
		{ name },
		{
			manager: "kube-apiserver",
			subresource: "status",
			change: (draft) => {
				draft.status = establishedStatus(draft, toSeconds(world.serverEpochNs()));
			},
		},
	);
}

function withdraw({ api }: World, definition: KubeObject): void {
	const resource = api.resources.byId(definition.metadata.name);
	if (resource === undefined || !resource.isCustom) return;
	for (const object of api.store.list(resource.id)) api.store.remove(resource.id, object);
	api.resources.remove(resource.id);
}
