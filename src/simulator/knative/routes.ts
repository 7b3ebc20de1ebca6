import { load } from "js-yaml";
import { type Condition, type ConfigMap, conditionOf, controllerReference, type KubeObject } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import type { World } from "../world/world.ts";
import type { Ingress, IngressRule } from "./ingresses.ts";
import {
	ids,
	type KnativeService,
	knativeManager,
	type Revision,
	routesOfRevision,
	routingState,
	routingStateModified,
	serviceLabels,
	type TrafficTarget,
} from "./objects.ts";
import { assignTraffic, type RoutedTarget, splitByHost } from "./traffic.ts";

/** What a service's route has come to. */
export interface RouteFindings {
	url: string;
	/** As the status shows it; undefined as long as no target of the traffic was ever ready. */
	traffic: TrafficTarget[] | undefined;
	/** AllTrafficAssigned and IngressReady. */
	conditions: Condition[];
}

/** Writes the Route and the Ingress of a service, and labels its revisions by whether requests can reach them. */
export function routeService(
	world: World,
	service: KnativeService,
	found: { latest: Revision; latestReady: string | undefined },
): RouteFindings {
	const { api } = world;
	const { name, namespace = "" } = service.metadata;
	const wanted = service.spec.traffic ?? [];
	const spec = wanted.map((target) =>
		target.revisionName === undefined ? { configurationName: name, ...target } : target,
	);
	const route = ensure(world, service, { id: ids.routes, spec: { traffic: spec } });
	const hasFailed = conditionOf(found.latest.status?.conditions, "Ready")?.status === "False";
	const assigned = assignTraffic(wanted, {
		configuration: { name, latestReady: found.latestReady, hasFailed },
		revisionOf: (revision) => api.get<Revision>(ids.revisions, { namespace, name: revision }),
	});
	const url = `http://${hostOf(world, service)}`;
	const former = (route.status as { traffic?: TrafficTarget[] } | undefined)?.traffic;
	const traffic = "trouble" in assigned ? former : assigned.targets.map((target) => shown(world, service, target));
	const named = [...wanted, ...(traffic ?? [])].flatMap(({ revisionName }) => revisionName ?? []);
	if (wanted.some(({ latestRevision }) => latestRevision === true)) named.push(found.latest.metadata.name);
	markRouted(world, service, new Set(named));
	if ("trouble" in assigned) return { url, traffic, conditions: [assigned.trouble] };
	const rules = rulesOf(world, service, assigned.targets);
	const ingress = ensure(world, service, { id: ids.ingresses, spec: { rules, httpOption: "Enabled" } }) as Ingress;
	return { url, traffic, conditions: [{ type: "AllTrafficAssigned", status: "True" }, ingressReady(ingress)] };
}

function shown(world: World, service: KnativeService, target: RoutedTarget): TrafficTarget {
	return target.tag === undefined ? target : { ...target, url: `http://${hostOf(world, service, target.tag)}` };
}

/**
 * `name.namespace.domain`, or `tag-name.namespace.domain`: of config-domain's domains the one whose selector matches with the most labels; one without
 * a selector matches all; with none a service is reachable inside the cluster only.
 */
export function hostOf({ api }: World, service: KubeObject, tag?: string): string {
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-domain" });
	let best = { domain: "svc.cluster.local", labels: -1 };
	for (const [domain, rule] of Object.entries(config?.data ?? {})) {
		if (domain.startsWith("_")) continue;
		const { selector = {} } = (load(rule) ?? {}) as { selector?: Record<string, string> };
		const labels = Object.entries(selector);
		const isMatched = labels.every(([name, value]) => service.metadata.labels?.[name] === value);
		if (isMatched && labels.length > best.labels) best = { domain, labels: labels.length };
	}
	return `${labelOf(service, tag)}.${service.metadata.namespace}.${best.domain}`;
}

function labelOf({ metadata }: KubeObject, tag: string | undefined): string {
	return tag === undefined ? metadata.name : `${tag}-${metadata.name}`;
}

/** Each host inside and, unless the service is reachable there only, outside of the cluster. */
function rulesOf(world: World, service: KnativeService, targets: readonly RoutedTarget[]): IngressRule[] {
	const { namespace = "" } = service.metadata;
	return splitByHost(targets).flatMap(({ tag, revisions }): IngressRule[] => {
		const splits = revisions.map(({ name, percent }) => ({
			serviceName: name,
			serviceNamespace: namespace,
			servicePort: 80,
			percent,
			appendHeaders: { "Knative-Serving-Namespace": namespace, "Knative-Serving-Revision": name },
		}));
		const http = { paths: [{ splits }] };
		const short = `${labelOf(service, tag)}.${namespace}`;
		const local = [short, `${short}.svc`, `${short}.svc.cluster.local`];
		const host = hostOf(world, service, tag);
		const inside: IngressRule = { hosts: local, visibility: "ClusterLocal", http };
		return local.includes(host) ? [inside] : [inside, { hosts: [host], visibility: "ExternalIP", http }];
	});
}

function ingressReady(ingress: Ingress): Condition {
	const type = "IngressReady";
	const ready = conditionOf(ingress.status?.conditions, "Ready");
	if (ready === undefined || ingress.status?.observedGeneration !== ingress.metadata.generation) {
		const message = "Ingress has not yet been reconciled.";
		return { type, status: "Unknown", reason: "IngressNotConfigured", message };
	}
	const { lastTransitionTime: _, ...rest } = ready;
	return { ...rest, type };
}

/** Keeps the routing states of the service's revisions (knative/serving pkg/reconciler/labeler). */
function markRouted(world: World, service: KnativeService, named: ReadonlySet<string>): void {
	const { name, namespace = "" } = service.metadata;
	const ofService = { "serving.knative.dev/configuration": name };
	for (const revision of world.api.labelled<Revision>(ids.revisions, namespace, ofService)) {
		const { labels = {}, annotations = {} } = revision.metadata;
		const isNamed = named.has(revision.metadata.name);
		const isUntouched = !isNamed && annotations[routesOfRevision] === undefined;
		const state = isNamed ? "active" : "reserve";
		if (isUntouched || labels[routingState] === state) continue;
		const { [routesOfRevision]: _, ...others } = annotations;
		world.api.edit<Revision>(ids.revisions, revision.metadata, {
			manager: knativeManager,
			change: ({ metadata }) => {
				metadata.labels = { ...labels, [routingState]: state };
				const modified = { [routingStateModified]: toSeconds(world.serverEpochNs()) };
				metadata.annotations = { ...others, ...modified, ...(isNamed ? { [routesOfRevision]: name } : {}) };
			},
		});
	}
}

const kinds = {
	[ids.routes]: { apiVersion: "serving.knative.dev/v1", kind: "Route" },
	[ids.ingresses]: { apiVersion: "networking.internal.knative.dev/v1alpha1", kind: "Ingress" },
};

function ensure(
	{ api }: World,
	service: KnativeService,
	{ id, spec }: { id: keyof typeof kinds; spec: unknown },
): KubeObject {
	const { name, namespace = "" } = service.metadata;
	const edited = api.set(id, { name, namespace }, { manager: knativeManager, fields: { spec } });
	if (edited !== undefined) return edited;
	const metadata = { name, namespace, labels: serviceLabels(service), ownerReferences: [controllerReference(service)] };
	return api.create({ ...kinds[id], metadata, spec }, { manager: knativeManager });
}
