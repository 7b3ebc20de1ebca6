import { load } from "js-yaml";
import { type ConfigMap, controllerReference, type KubeObject, keyOf } from "../objects.ts";
import { createQueue, refOfKey, type World } from "../world.ts";
import { ids, type KnativeService, knativeManager, type Revision } from "./objects.ts";
import { isReady, writeServiceStatus } from "./service-status.ts";

/** Knative Services to Configurations, Revisions and Routes, and the states of those back to the service. */
export function startKnativeServices(world: World): void {
	const { api } = world;
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
}

function reconcile(world: World, service: KnativeService): void {
	const configuration = ensureConfiguration(world, service);
	const generation = configuration.metadata.generation ?? 1;
	const name =
		service.spec.template.metadata?.name ?? `${service.metadata.name}-${String(generation).padStart(5, "0")}`;
	const revision = ensureRevision(world, { service, configuration, name });
	const url = `http://${hostOf(world, service)}`;
	const ready = latestReady(world, service, revision);
	if (ready !== undefined) ensureRoute(world, service, { url, revision: ready });
	writeServiceStatus(world, service, { revision, ready, url });
}

/**
 * `name.namespace.domain`: of config-domain's domains the one whose selector matches with the most labels; one without
 * a selector matches all; with none a service is reachable inside the cluster only.
 */
export function hostOf({ api }: World, service: KubeObject): string {
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-domain" });
	let best = { domain: "svc.cluster.local", labels: -1 };
	for (const [domain, rule] of Object.entries(config?.data ?? {})) {
		if (domain.startsWith("_")) continue;
		const { selector = {} } = (load(rule) ?? {}) as { selector?: Record<string, string> };
		const labels = Object.entries(selector);
		const isMatched = labels.every(([name, value]) => service.metadata.labels?.[name] === value);
		if (isMatched && labels.length > best.labels) best = { domain, labels: labels.length };
	}
	return `${service.metadata.name}.${service.metadata.namespace}.${best.domain}`;
}

function serviceLabels(service: KnativeService): Record<string, string> {
	return {
		"serving.knative.dev/service": service.metadata.name,
		"serving.knative.dev/serviceUID": service.metadata.uid ?? "",
	};
}

function ensureConfiguration({ api }: World, service: KnativeService): KubeObject {
	const { name, namespace = "" } = service.metadata;
	const spec = { template: service.spec.template };
	const edited = api.edit<KubeObject>(
		ids.configurations,
		{ name, namespace },
		{
			manager: knativeManager,
			change: (draft) => {
				draft.spec = spec;
			},
		},
	);
	if (edited !== undefined) return edited;
	const metadata = { name, namespace, labels: serviceLabels(service), ownerReferences: [controllerReference(service)] };
	return api.create(
		{ apiVersion: "serving.knative.dev/v1", kind: "Configuration", metadata, spec },
		{ manager: knativeManager },
	);
}

function ensureRevision(
	world: World,
	wanted: { service: KnativeService; configuration: KubeObject; name: string },
): Revision {
	const { service, configuration, name } = wanted;
	const { namespace = "" } = service.metadata;
	const known = world.api.get<Revision>(ids.revisions, { namespace, name });
	if (known !== undefined) return known;
	const { metadata = {}, spec } = service.spec.template;
	const generation = String(configuration.metadata.generation ?? 1);
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
			},
			...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
			ownerReferences: [controllerReference(configuration)],
		},
		spec: { timeoutSeconds: 300, containerConcurrency: 0, ...spec },
	};
	return world.api.create(revision, { manager: knativeManager });
}

function latestReady({ api }: World, service: KnativeService, latest: Revision): string | undefined {
	if (isReady(latest)) return latest.metadata.name;
	const before = service.status?.latestReadyRevisionName;
	const known =
		before === undefined ? undefined : api.get(ids.revisions, { namespace: service.metadata.namespace, name: before });
	return known === undefined ? undefined : before;
}

/** The Route and its Ingress, which the ingress controller turns into VirtualServices. */
function ensureRoute({ api }: World, service: KnativeService, target: { url: string; revision: string }): void {
	const { name, namespace = "" } = service.metadata;
	const host = target.url.replace("http://", "");
	const traffic = [{ revisionName: target.revision, latestRevision: true, percent: 100 }];
	ensure(api, "Route", "serving.knative.dev/v1", {
		service,
		spec: { traffic: [{ configurationName: name, latestRevision: true, percent: 100 }] },
	});
	api.edit<KubeObject>(
		ids.routes,
		{ name, namespace },
		{
			manager: knativeManager,
			subresource: "status",
			change: (draft) => {
				draft.status = { ...(draft.status as object), url: target.url, traffic };
			},
		},
	);
	const split = { serviceName: target.revision, serviceNamespace: namespace, servicePort: 80, percent: 100 };
	const local = [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
	const rule = (hosts: string[], visibility: string) => ({ hosts, visibility, http: { paths: [{ splits: [split] }] } });
	const rules = [rule(local.slice(1), "ClusterLocal")];
	if (!local.includes(host)) rules.push(rule([host], "ExternalIP"));
	ensure(api, "Ingress", "networking.internal.knative.dev/v1alpha1", {
		service,
		spec: { rules, httpOption: "Enabled" },
	});
}

function ensure(
	api: World["api"],
	kind: string,
	apiVersion: string,
	{ service, spec }: { service: KnativeService; spec: unknown },
): void {
	const { name, namespace = "" } = service.metadata;
	const id = kind === "Route" ? ids.routes : ids.ingresses;
	const edited = api.edit<KubeObject>(
		id,
		{ name, namespace },
		{
			manager: knativeManager,
			change: (draft) => {
				draft.spec = spec;
			},
		},
	);
	if (edited !== undefined) return;
	const metadata = { name, namespace, labels: serviceLabels(service), ownerReferences: [controllerReference(service)] };
	api.create({ apiVersion, kind, metadata, spec }, { manager: knativeManager });
}
