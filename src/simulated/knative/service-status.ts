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

/** Writes what is known of a service's revision and ingress into the service, its Configuration and its Route. */
export function writeServiceStatus(
	world: World,
	service: KnativeService,
	found: { revision: Revision; ready: string | undefined; url: string },
): void {
	const { api } = world;
	const { name, namespace = "" } = service.metadata;
	const time = toSeconds(world.serverEpochNs());
	const revisionReady = conditionOf(found.revision.status?.conditions, "Ready");
	const configurations = readyFrom(
		"ConfigurationsReady",
		revisionReady,
		`Configuration "${name}" is waiting for a Revision to become ready.`,
	);
	const isProgrammed = isReady(api.get<KubeObject>(ids.ingresses, { namespace, name }));
	const routes: Condition =
		found.ready !== undefined && isProgrammed
			? { type: "RoutesReady", status: "True" }
			: {
					type: "RoutesReady",
					status: "Unknown",
					reason: found.ready === undefined ? "RevisionMissing" : "IngressNotConfigured",
					message: "Ingress has not yet been reconciled.",
				};
	const worst =
		[configurations, routes].find((one) => one.status === "False") ??
		[configurations, routes].find((one) => one.status !== "True");
	const ready: Condition = { ...(worst ?? { status: "True" }), type: "Ready" };
	const edited = { manager: knativeManager, subresource: "status" as const };
	api.edit<KnativeService>(
		ids.services,
		{ name, namespace },
		{
			...edited,
			change: (draft) => {
				const conditions = withConditions(service.status?.conditions, [configurations, routes, ready], time);
				draft.status = {
					...draft.status,
					observedGeneration: service.metadata.generation ?? 1,
					conditions,
					latestCreatedRevisionName: found.revision.metadata.name,
					...(found.ready === undefined ? {} : { latestReadyRevisionName: found.ready }),
					url: found.url,
					address: { url: `http://${name}.${namespace}.svc.cluster.local` },
				};
			},
		},
	);
	for (const [id, own] of [
		[ids.configurations, configurations],
		[ids.routes, routes],
	] as const) {
		api.edit<KubeObject>(
			id,
			{ name, namespace },
			{
				...edited,
				change: (draft) => {
					const before = draft.status as KnativeStatus | undefined;
					const conditions = withConditions(before?.conditions, [{ ...own, type: "Ready" }], time);
					const latest =
						id === ids.configurations
							? {
									latestCreatedRevisionName: found.revision.metadata.name,
									...(found.ready === undefined ? {} : { latestReadyRevisionName: found.ready }),
								}
							: {};
					draft.status = { ...before, ...latest, observedGeneration: draft.metadata.generation ?? 1, conditions };
				},
			},
		);
	}
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
