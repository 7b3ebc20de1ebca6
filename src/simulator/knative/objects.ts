import { type Condition, type Container, conditionOf, type KubeObject, type PodSpec } from "../api/objects.ts";
import { imageId } from "../nodes/pod-status.ts";

/** The manager under which Knative's controller writes. */
export const knativeManager = "controller";

/** Ids of Knative's resources. */
export const ids = {
	services: "services.serving.knative.dev",
	configurations: "configurations.serving.knative.dev",
	revisions: "revisions.serving.knative.dev",
	routes: "routes.serving.knative.dev",
	autoscalers: "podautoscalers.autoscaling.internal.knative.dev",
	serverless: "serverlessservices.networking.internal.knative.dev",
	ingresses: "ingresses.networking.internal.knative.dev",
} as const;

export interface RevisionTemplate {
	metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
	spec: PodSpec & { timeoutSeconds?: number; containerConcurrency?: number };
}

/** A part of a service's requests and the revision that it goes to; with a tag, a host of its own as well. */
export interface TrafficTarget {
	revisionName?: string;
	latestRevision?: boolean;
	percent?: number;
	tag?: string;
	/** In a status only: of the tag. */
	url?: string;
}

export interface KnativeService extends KubeObject {
	spec: { template: RevisionTemplate; traffic?: TrafficTarget[] };
	status?: KnativeStatus & {
		url?: string;
		address?: { url: string };
		latestReadyRevisionName?: string;
		latestCreatedRevisionName?: string;
		traffic?: TrafficTarget[];
	};
}

/** The labels of everything that is made for a service. */
export function serviceLabels(service: KnativeService): Record<string, string> {
	return {
		"serving.knative.dev/service": service.metadata.name,
		"serving.knative.dev/serviceUID": service.metadata.uid ?? "",
	};
}

export interface KnativeStatus {
	observedGeneration?: number;
	conditions?: Condition[];
	[field: string]: unknown;
}

export interface Revision extends KubeObject {
	spec: RevisionTemplate["spec"];
	status?: KnativeStatus;
}

/** A condition list as Knative keeps it: sorted, with times of the last change. */
export function withConditions(before: Condition[] | undefined, next: Condition[], time: string): Condition[] {
	return next
		.map((condition) => {
			const old = conditionOf(before, condition.type);
			const isSame =
				old?.status === condition.status && old.reason === condition.reason && old.message === condition.message;
			return isSame ? old : { ...condition, lastTransitionTime: time };
		})
		.sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** Whether requests can come to a revision: `pending` until a route first named it, `reserve` once none does any more. */
export const routingState = "serving.knative.dev/routingState";
/** The routes that name a revision. */
export const routesOfRevision = "serving.knative.dev/routes";
/** When a revision's routing state last changed. */
export const routingStateModified = "serving.knative.dev/routingStateModified";

/** The labels that say which service, configuration and revision something belongs to. */
export function revisionLabels(revision: Revision): Record<string, string> {
	const { [routingState]: _, ...labels } = revision.metadata.labels ?? {};
	return {
		...labels,
		"serving.knative.dev/revision": revision.metadata.name,
		"serving.knative.dev/revisionUID": revision.metadata.uid ?? "",
	};
}

/** What the objects of a revision get of its annotations. */
export function revisionAnnotations(revision: Revision): Record<string, string> {
	const { [routesOfRevision]: _, [routingStateModified]: __, ...annotations } = revision.metadata.annotations ?? {};
	return annotations;
}

/** Knative asks the registry for the digest of a tag, except of local images (config-deployment `registries-skipping-tag-resolving`). */
export function resolvedImage(image: string): string {
	return /^(dev|ko|kind)\.local\/|@|\.invalid\//.test(image) ? image : imageId(image);
}

interface Limits {
	responseStartTimeoutSeconds?: number;
	idleTimeoutSeconds?: number;
}

/** The container that gets the requests: the one with a port. */
export function servingContainer(containers: readonly Container[]): Container | undefined {
	return containers.find(({ ports = [] }) => ports.length > 0) ?? containers[0];
}

/** The Deployment's pod of a revision: the user's containers as Knative sets them up, and queue-proxy. */
export function revisionPodSpec(revision: Revision, queueImage: string): PodSpec {
	const { timeoutSeconds = 300, containerConcurrency: _, containers, ...given } = revision.spec;
	const { responseStartTimeoutSeconds: __, idleTimeoutSeconds: ___, ...spec } = given as typeof given & Limits;
	const serving = servingContainer(containers);
	const users = containers.map((container, index): Container => {
		const { readinessProbe, ports: ____, ...rest } = container;
		const userPort = container.ports?.[0]?.containerPort ?? 8080;
		const isExec = readinessProbe !== undefined && "exec" in readinessProbe;
		return {
			...rest,
			// queue-proxy asks in the kubelet's place, as far as it can: it cannot run a command in another container.
			...(isExec ? { readinessProbe } : {}),
			image: resolvedImage(container.image),
			name: container.name ?? (containers.length === 1 ? "user-container" : `user-container-${index}`),
			...(container === serving ? { ports: [{ name: "user-port", containerPort: userPort, protocol: "TCP" }] } : {}),
			lifecycle: { preStop: { httpGet: { path: "/wait-for-drain", port: 8022 } } },
		};
	});
	const { httpGet: _____, tcpSocket: ______, ...timing } = serving?.readinessProbe ?? {};
	const queueProxy: Container = {
		name: "queue-proxy",
		image: queueImage,
		ports: [
			{ name: "http-queueadm", containerPort: 8022, protocol: "TCP" },
			{ name: "queue-port", containerPort: 8012, protocol: "TCP" },
		],
		readinessProbe: {
			...timing,
			httpGet: { path: "/", port: 8012, httpHeaders: [{ name: "K-Network-Probe", value: "queue" }] },
		},
		env: [{ name: "SERVING_REVISION", value: revision.metadata.name }],
	};
	return {
		...spec,
		containers: [...users, queueProxy],
		enableServiceLinks: false,
		terminationGracePeriodSeconds: timeoutSeconds,
	};
}
