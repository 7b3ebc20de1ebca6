import {
	type Condition,
	type ConfigMap,
	conditionOf,
	controllerReference,
	isLive,
	isPodReady,
	type KubeObject,
	keyOf,
	type Pod,
	type Service,
	type Workload,
} from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { type Endpoint, writeEndpoints } from "../controllers/endpoints.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";
import { initialScale } from "./initial-scale.ts";
import {
	ids,
	knativeManager,
	type Revision,
	resolvedImage,
	revisionAnnotations,
	revisionLabels,
	revisionPodSpec,
	routingState,
	withConditions,
} from "./objects.ts";

/** Makes Deployments, Services and PodAutoscalers of Revisions, and records whether they were ready once. */
export function startRevisions(world: World): void {
	const { api } = world;
	const enqueue = createQueue(world, "revisions", (key) => {
		const revision = api.get<Revision>(ids.revisions, refOfKey(key));
		if (revision !== undefined && revision.metadata.deletionTimestamp === undefined) reconcile(world, revision);
	});
	api.watch(ids.revisions, ({ type, object }) => type !== "DELETED" && enqueue(keyOf(object.metadata)));
	for (const id of ["deployments.apps", "pods", ids.autoscalers]) {
		api.watch(id, ({ object }) => {
			const name = object.metadata.labels?.["serving.knative.dev/revision"];
			if (name !== undefined) enqueue(`${object.metadata.namespace}/${name}`);
		});
	}
}

function reconcile(world: World, revision: Revision): void {
	const { metadata } = revision;
	const createOnce = (id: string, name: string, make: () => KubeObject) => {
		if (world.api.get(id, { ...metadata, name }) === undefined) world.api.create(make(), { manager: knativeManager });
	};
	const privateName = `${metadata.name}-private`;
	createOnce("deployments.apps", `${metadata.name}-deployment`, () => deploymentOf(world, revision));
	createOnce("services", metadata.name, () => serviceOf(revision, { name: metadata.name, isPrivate: false }));
	createOnce("services", privateName, () => serviceOf(revision, { name: privateName, isPrivate: true }));
	writeAutoscaler(world, revision);
	createOnce(ids.serverless, metadata.name, () => serverlessServiceOf(revision));
	writeActivatorEndpoints(world, revision);
	writeServerlessStatus(world, revision);
	writeStatus(world, revision);
}

function metadataOf(revision: Revision, name: string): KubeObject["metadata"] {
	const { namespace = "" } = revision.metadata;
	return {
		name,
		namespace,
		labels: revisionLabels(revision),
		annotations: revisionAnnotations(revision),
		ownerReferences: [controllerReference(revision)],
	};
}

function deploymentOf({ api, model }: World, revision: Revision): Workload {
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-deployment" });
	const queueImage = config?.data?.["queue-sidecar-image"] ?? `simulated/knative/queue:${model.versions.knative}`;
	const labels = { ...revisionLabels(revision), app: revision.metadata.labels?.app ?? revision.metadata.name };
	const annotations = Object.entries(revisionAnnotations(revision)).filter(([key]) => !key.startsWith("autoscaling."));
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: metadataOf(revision, `${revision.metadata.name}-deployment`),
		spec: {
			replicas: initialScale(revision.metadata.annotations),
			selector: { matchLabels: { "serving.knative.dev/revisionUID": revision.metadata.uid ?? "" } },
			template: {
				metadata: { labels, annotations: Object.fromEntries(annotations) },
				spec: revisionPodSpec(revision, queueImage),
			},
		},
	};
}

function serviceOf(revision: Revision, { name, isPrivate }: { name: string; isPrivate: boolean }): Service {
	const metadata = metadataOf(revision, name);
	metadata.labels = {
		...metadata.labels,
		"networking.internal.knative.dev/serviceType": isPrivate ? "Private" : "Public",
	};
	const ports = [{ name: "http", port: 80, targetPort: 8012, protocol: "TCP" }];
	const selector = { "serving.knative.dev/revisionUID": revision.metadata.uid ?? "" };
	return { apiVersion: "v1", kind: "Service", metadata, spec: { ports, ...(isPrivate ? { selector } : {}) } };
}

function writeAutoscaler({ api }: World, revision: Revision): void {
	const { name } = revision.metadata;
	const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: `${name}-deployment` };
	const reachability = { active: "Reachable", reserve: "Unreachable" }[revision.metadata.labels?.[routingState] ?? ""];
	const spec = { scaleTargetRef, protocolType: "http1", reachability: reachability ?? "Unknown" };
	const fields = { spec };
	if (api.set(ids.autoscalers, revision.metadata, { manager: knativeManager, fields }) !== undefined) return;
	const apiVersion = "autoscaling.internal.knative.dev/v1alpha1";
	api.create(
		{ apiVersion, kind: "PodAutoscaler", metadata: metadataOf(revision, name), spec },
		{ manager: knativeManager },
	);
}

function serverlessServiceOf(revision: Revision): KubeObject {
	const { name } = revision.metadata;
	const objectRef = { apiVersion: "apps/v1", kind: "Deployment", name: `${name}-deployment` };
	return {
		apiVersion: "networking.internal.knative.dev/v1alpha1",
		kind: "ServerlessService",
		metadata: metadataOf(revision, name),
		spec: { mode: "Proxy", objectRef, protocolType: "http1" },
	};
}

/** The public service has no selector: with the default burst capacity the activator is always behind it. */
function writeActivatorEndpoints(world: World, revision: Revision): void {
	const { api } = world;
	const service = api.get<Service>("services", revision.metadata);
	if (service === undefined) return;
	const activators = api
		.labelled<Pod>("pods", "knative-serving", { app: "activator" })
		.filter((pod) => isLive(pod) && isPodReady(pod));
	const endpoints = activators.map((pod): Endpoint => {
		const { name, uid = "" } = pod.metadata;
		return {
			addresses: [pod.status?.podIP ?? ""],
			conditions: { ready: true, serving: true, terminating: false },
			nodeName: pod.spec.nodeName ?? "",
			targetRef: { kind: "Pod", namespace: "knative-serving", name, uid },
		};
	});
	writeEndpoints(world, service, endpoints);
}

function writeServerlessStatus(world: World, revision: Revision): void {
	const { name } = revision.metadata;
	const time = toSeconds(world.serverEpochNs());
	world.api.edit<KubeObject>(ids.serverless, revision.metadata, {
		manager: knativeManager,
		subresource: "status",
		change: (draft) => {
			const before = (draft.status as { conditions?: Condition[] } | undefined)?.conditions;
			const conditions = ["ActivatorEndpointsPopulated", "EndpointsPopulated", "Ready"].map((type) => ({
				type,
				status: "True" as const,
			}));
			const names = { serviceName: name, privateServiceName: `${name}-private` };
			draft.status = { ...names, observedGeneration: 1, conditions: withConditions(before, conditions, time) };
		},
	});
}

/** Ready once the first pod was; a pod that cannot start says why. */
function writeStatus(world: World, revision: Revision): void {
	const { api } = world;
	const { namespace, name } = revision.metadata;
	const time = toSeconds(world.serverEpochNs());
	const deployment = api.get<Workload>("deployments.apps", { namespace, name: `${name}-deployment` });
	const autoscaler = api.get<KubeObject>(ids.autoscalers, { namespace, name });
	const active = conditionOf((autoscaler?.status as { conditions?: Condition[] } | undefined)?.conditions, "Active");
	const wasReady = conditionOf(revision.status?.conditions, "ResourcesAvailable")?.status === "True";
	const isAvailable =
		wasReady || initialScale(revision.metadata.annotations) === 0 || (deployment?.status?.readyReplicas ?? 0) > 0;
	const trouble = isAvailable ? undefined : podTrouble(world, revision);
	const own = (type: string): Condition => {
		if (isAvailable) return { type, status: "True" };
		if (trouble !== undefined) return { type, status: "False", ...trouble };
		return { type, status: "Unknown", reason: "Deploying" };
	};
	const conditions = [own("ResourcesAvailable"), own("ContainerHealthy"), own("Ready")];
	if (active !== undefined)
		conditions.push({
			type: "Active",
			status: active.status,
			...(active.reason === undefined ? {} : { reason: active.reason }),
		});
	api.edit<Revision>(ids.revisions, revision.metadata, {
		manager: knativeManager,
		subresource: "status",
		change: (draft) => {
			const users = revision.spec.containers.map((container) => ({
				name: container.name ?? "user-container",
				imageDigest: resolvedImage(container.image),
			}));
			draft.status = {
				observedGeneration: draft.metadata.generation ?? 1,
				conditions: withConditions(revision.status?.conditions, conditions, time),
				actualReplicas: deployment?.status?.readyReplicas ?? 0,
				desiredReplicas: deployment?.spec.replicas ?? 0,
				containerStatuses: users,
			};
		},
	});
}

function podTrouble({ api }: World, revision: Revision): { reason: string; message: string } | undefined {
	const { namespace = "", name } = revision.metadata;
	for (const pod of api.labelled<Pod>("pods", namespace, { "serving.knative.dev/revision": name })) {
		for (const status of pod.status?.containerStatuses ?? []) {
			const { waiting } = status.state;
			if (waiting !== undefined && /Err|BackOff/.test(waiting.reason))
				return { reason: waiting.reason, message: waiting.message ?? "" };
		}
	}
	return undefined;
}
