import { toSeconds } from "../clock.ts";
import { type Condition, conditionOf, type KubeObject } from "../objects.ts";
import type { World } from "../world.ts";
import {
	ids,
	type KnativeService,
	type KnativeStatus,
	knativeManager,
	type Revision,
	withConditions,
} from "./objects.ts";

/** Whether an object of Knative has the condition Ready. */
export function isReady(object: { status?: unknown } | undefined): boolean {
	return conditionOf((object?.status as KnativeStatus | undefined)?.conditions, "Ready")?.status === "True";
}

/** What is known of a service's newest revision and of its way to the gateway. */
export interface ServiceFindings {
	revision: Revision;
	/** The revision that requests go to; undefined while there is none that was ready. */
	ready: string | undefined;
	url: string;
}

/** Writes what is known into the service, its Configuration and its Route. */
export function writeServiceStatus(world: World, service: KnativeService, found: ServiceFindings): void {
	const { name, namespace = "" } = service.metadata;
	const time = toSeconds(world.serverEpochNs());
	const configurations = readyFrom(
		"ConfigurationsReady",
		conditionOf(found.revision.status?.conditions, "Ready"),
		`Configuration "${name}" is waiting for a Revision to become ready.`,
	);
	const routes = routesReady(world, service, found.ready);
	const parts = [configurations, routes];
	const worst = parts.find(({ status }) => status === "False") ?? parts.find(({ status }) => status !== "True");
	const conditions = [...parts, { ...(worst ?? { status: "True" as const }), type: "Ready" }];
	const latest = {
		latestCreatedRevisionName: found.revision.metadata.name,
		...(found.ready === undefined ? {} : { latestReadyRevisionName: found.ready }),
	};
	const write = (id: string, own: Condition[], more: Record<string, unknown>) =>
		world.api.edit<KubeObject>(
			id,
			{ name, namespace },
			{
				manager: knativeManager,
				subresource: "status",
				change: (draft) => {
					const before = draft.status as KnativeStatus | undefined;
					draft.status = {
						...before,
						...more,
						observedGeneration: draft.metadata.generation ?? 1,
						conditions: withConditions(before?.conditions, own, time),
					};
				},
			},
		);
	const address = { url: `http://${name}.${namespace}.svc.cluster.local` };
	write(ids.services, conditions, { ...latest, url: found.url, address });
	write(ids.configurations, [{ ...configurations, type: "Ready" }], latest);
	write(ids.routes, [{ ...routes, type: "Ready" }], {});
}

function routesReady({ api }: World, service: KnativeService, readyRevision: string | undefined): Condition {
	const { name, namespace = "" } = service.metadata;
	const isProgrammed = isReady(api.get<KubeObject>(ids.ingresses, { namespace, name }));
	if (readyRevision !== undefined && isProgrammed) return { type: "RoutesReady", status: "True" };
	const reason = readyRevision === undefined ? "RevisionMissing" : "IngressNotConfigured";
	return { type: "RoutesReady", status: "Unknown", reason, message: "Ingress has not yet been reconciled." };
}

function readyFrom(type: string, condition: Condition | undefined, otherwise: string): Condition {
	if (condition === undefined || condition.status === "Unknown")
		return {
			type,
			status: "Unknown",
			reason: condition?.reason ?? "Deploying",
			message: condition?.message ?? otherwise,
		};
	if (condition.status === "True") return { type, status: "True" };
	return {
		type,
		status: "False",
		reason: condition.reason ?? "RevisionFailed",
		message: condition.message ?? otherwise,
	};
}
