import { isSame } from "../api/fields.ts";
import { controllerReference, type KubeObject, keyOf } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { isOwnedBy } from "../controllers/deployments.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";
import { admitKnativeService } from "./admission.ts";
import {
	ids,
	type KnativeService,
	knativeManager,
	type Revision,
	routingState,
	routingStateModified,
	serviceLabels,
} from "./objects.ts";
import { routeService } from "./routes.ts";
import { isReady, writeNameTaken, writeServiceStatus } from "./service-status.ts";

/** Makes Configurations, Revisions and Routes of Knative Services, and writes their states into the service. */
export function startKnativeServices(world: World): void {
	const { api } = world;
	api.onWrite(admitKnativeService(api));
	const enqueue = createQueue(world, "ksvc", (key) => {
		const service = api.get<KnativeService>(ids.services, refOfKey(key));
		if (service !== undefined && service.metadata.deletionTimestamp === undefined) reconcile(world, service);
	});
	api.watch(ids.services, ({ type, object }) => type !== "DELETED" && enqueue(keyOf(object.metadata)));
	for (const id of [ids.revisions, ids.ingresses]) {
		api.watch(id, ({ object }) => {
			const name = object.metadata.labels?.["serving.knative.dev/service"];
			if (name !== undefined) enqueue(`${object.metadata.namespace}/${name}`);
		});
	}
	// As Knative's controller: another domain is another address for every service that is there.
	api.watch("configmaps", ({ object: { metadata } }) => {
		if (metadata.namespace !== "knative-serving" || metadata.name !== "config-domain") return;
		for (const service of api.list<KnativeService>(ids.services)) enqueue(keyOf(service.metadata));
	});
}

function reconcile(world: World, service: KnativeService): void {
	const configuration = ensureConfiguration(world, service);
	const generation = configuration.metadata.generation ?? 1;
	const name =
		service.spec.template.metadata?.name ?? `${service.metadata.name}-${String(generation).padStart(5, "0")}`;
	const revision = ensureRevision(world, { service, configuration, name });
	if (revision === undefined) {
		writeNameTaken(world, service, name);
		return;
	}
	const latestReady = isReady(revision) ? name : formerReady(world, service);
	const route = routeService(world, service, { latest: revision, latestReady });
	writeServiceStatus(world, service, { revision, latestReady, route });
}

function ensureConfiguration({ api }: World, service: KnativeService): KubeObject {
	const { name, namespace = "" } = service.metadata;
	const spec = { template: service.spec.template };
	const edited = api.set(ids.configurations, { name, namespace }, { manager: knativeManager, fields: { spec } });
	if (edited !== undefined) return edited;
	const metadata = { name, namespace, labels: serviceLabels(service), ownerReferences: [controllerReference(service)] };
	return api.create(
		{ apiVersion: "serving.knative.dev/v1", kind: "Configuration", metadata, spec },
		{ manager: knativeManager },
	);
}

/**
 * The revision that the service's template stands for, made if there is none of its name. Undefined if the name is taken:
 * by a revision of another configuration, or by an older one with another spec. An older one that differs in labels or
 * annotations alone is taken as it is (knative/serving pkg/reconciler/configuration, `CheckNameAvailability`).
 */
function ensureRevision(
	world: World,
	wanted: { service: KnativeService; configuration: KubeObject; name: string },
): Revision | undefined {
	const { service, configuration, name } = wanted;
	const { namespace = "" } = service.metadata;
	const { metadata = {}, spec: given } = service.spec.template;
	const generation = String(configuration.metadata.generation ?? 1);
	const spec = { timeoutSeconds: 300, containerConcurrency: 0, ...given };
	const known = world.api.get<Revision>(ids.revisions, { namespace, name });
	if (known !== undefined) {
		const isOfGeneration = known.metadata.labels?.["serving.knative.dev/configurationGeneration"] === generation;
		return isOwnedBy(known, configuration) && (isOfGeneration || isSame(known.spec, spec)) ? known : undefined;
	}
	const revision: Revision = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Revision",
		metadata: {
			name,
			namespace,
			labels: {
				...metadata.labels,
				...serviceLabels(service),
				"serving.knative.dev/configuration": configuration.metadata.name,
				"serving.knative.dev/configurationUID": configuration.metadata.uid ?? "",
				"serving.knative.dev/configurationGeneration": generation,
				[routingState]: "pending",
			},
			annotations: { ...metadata.annotations, [routingStateModified]: toSeconds(world.serverEpochNs()) },
			ownerReferences: [controllerReference(configuration)],
		},
		spec,
	};
	return world.api.create(revision, { manager: knativeManager });
}

/** The revision that was the latest ready one so far, unless it is gone. */
function formerReady({ api }: World, service: KnativeService): string | undefined {
	const name = service.status?.latestReadyRevisionName;
	if (name === undefined) return undefined;
	return api.get(ids.revisions, { namespace: service.metadata.namespace, name }) === undefined ? undefined : name;
}
