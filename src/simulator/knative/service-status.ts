import { type Condition, conditionOf, type KubeObject } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import type { World } from "../world/world.ts";
import {
	ids,
	type KnativeService,
	type KnativeStatus,
	knativeManager,
	type Revision,
	withConditions,
} from "./objects.ts";
import type { RouteFindings } from "./routes.ts";

/** Whether an object of Knative has the condition Ready. */
export function isReady(object: { status?: unknown } | undefined): boolean {
	return conditionOf((object?.status as KnativeStatus | undefined)?.conditions, "Ready")?.status === "True";
}

/** What is known of a service's newest revision and of its way to the gateway. */
export interface ServiceFindings {
	revision: Revision;
	/** The newest revision that was ready; undefined while there is none. */
	latestReady: string | undefined;
	route: RouteFindings;
}

/** Writes what is known into the service, its Configuration and its Route. */
export function writeServiceStatus(world: World, service: KnativeService, found: ServiceFindings): void {
	const { name, namespace = "" } = service.metadata;
	const { url, traffic } = found.route;
	const configuration = readyFrom(
		conditionOf(found.revision.status?.conditions, "Ready"),
		`Configuration "${name}" is waiting for a Revision to become ready.`,
	);
	const latest = {
		latestCreatedRevisionName: found.revision.metadata.name,
		...(found.latestReady === undefined ? {} : { latestReadyRevisionName: found.latestReady }),
	};
	const route = summaryOf(found.route.conditions);
	const parts = [
		{ ...configuration, type: "ConfigurationsReady" },
		{ ...route, type: "RoutesReady" },
	];
	const address = { url: `http://${name}.${namespace}.svc.cluster.local` };
	const where = { url, address, ...(traffic === undefined ? {} : { traffic }) };
	writeStatus(world, service, {
		id: ids.services,
		conditions: [...parts, summaryOf(parts)],
		more: { ...latest, ...where },
	});
	writeStatus(world, service, { id: ids.configurations, conditions: [configuration], more: latest });
	writeStatus(world, service, { id: ids.routes, conditions: [...found.route.conditions, route], more: where });
}

/**
 * Says that the template's name belongs to another revision; the route stays as it was (knative/serving
 * pkg/reconciler/service and pkg/apis/serving/v1, `MarkRevisionCreationFailed` and `MarkRevisionNameTaken`).
 */
export function writeNameTaken(world: World, service: KnativeService, revision: string): void {
	const why = `revisions.serving.knative.dev "${revision}" already exists`;
	const failed: Condition = {
		type: "ConfigurationsReady",
		status: "False",
		reason: "RevisionFailed",
		message: `Revision creation failed with message: ${why}.`,
	};
	const taken: Condition = {
		type: "RoutesReady",
		status: "False",
		reason: "RevisionNameTaken",
		message: `The revision name "${revision}" is taken by a conflicting Revision, so traffic will not be migrated`,
	};
	const conditions = [failed, taken, summaryOf([failed, taken])];
	writeStatus(world, service, { id: ids.services, conditions, more: {} });
	writeStatus(world, service, { id: ids.configurations, conditions: [{ ...failed, type: "Ready" }], more: {} });
}

function writeStatus(
	world: World,
	{ metadata }: KnativeService,
	{ id, conditions, more }: { id: string; conditions: Condition[]; more: Record<string, unknown> },
): void {
	const time = toSeconds(world.serverEpochNs());
	world.api.edit<KubeObject>(
		id,
		{ name: metadata.name, namespace: metadata.namespace },
		{
			manager: knativeManager,
			subresource: "status",
			change: (draft) => {
				const before = draft.status as KnativeStatus | undefined;
				draft.status = {
					...before,
					...more,
					observedGeneration: draft.metadata.generation ?? 1,
					conditions: withConditions(before?.conditions, conditions, time),
				};
			},
		},
	);
}

/** Ready if all parts are; else why not: a failure before a wait, and of two the later. */
function summaryOf(parts: readonly Condition[]): Condition {
	const worst = parts.findLast(({ status }) => status === "False") ?? parts.findLast(({ status }) => status !== "True");
	return { ...(worst ?? { status: "True" }), type: "Ready" };
}

function readyFrom(condition: Condition | undefined, otherwise: string): Condition {
	const type = "Ready";
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
