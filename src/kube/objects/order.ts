import { groupOf, type KubeObject } from "../api/cluster.ts";

/**
 * The stages in which objects are applied; each may need what the stages before it made. The reverse is the order in
 * which they are deleted.
 */
export const stages = [
	"namespaces",
	"definitions",
	"settings",
	"workloads",
	"webhooks",
	"injected-workloads",
	"custom-resources",
] as const;
export type Stage = (typeof stages)[number];

const stageOfKind: Record<string, Stage> = {
	Namespace: "namespaces",
	CustomResourceDefinition: "definitions",
	Deployment: "workloads",
	DaemonSet: "workloads",
	StatefulSet: "workloads",
	ReplicaSet: "workloads",
	Job: "workloads",
	CronJob: "workloads",
	Pod: "workloads",
	HorizontalPodAutoscaler: "workloads",
	MutatingWebhookConfiguration: "webhooks",
	ValidatingWebhookConfiguration: "webhooks",
	ValidatingAdmissionPolicy: "webhooks",
	ValidatingAdmissionPolicyBinding: "webhooks",
	APIService: "webhooks",
};

/** Groups of Kubernetes itself that have no `.k8s.io`. */
const plainGroups = new Set(["", "apps", "batch", "autoscaling", "policy", "extensions"]);

/** Without a spec, as in an inventory, a workload that the injector fills in counts as any other. */
export function stageOf(object: { apiVersion: string; kind: string; spec?: unknown }): Stage {
	if (isCustomResource(object)) return "custom-resources";
	if (isFilledInByInjector(object)) return "injected-workloads";
	return stageOfKind[object.kind] ?? "settings";
}

/** Whether its kind comes from a CRD: its webhooks may need workloads that run. */
export function isCustomResource(object: { apiVersion: string }): boolean {
	const group = groupOf(object.apiVersion);
	if (group === "gateway.networking.k8s.io") return true;
	return !plainGroups.has(group) && !group.endsWith(".k8s.io");
}

/**
 * Whether Istio's injector must fill in the pod: the gateway chart writes the image `auto`, which can be pulled from
 * nowhere, so such a Deployment must not be made before the injector answers.
 */
function isFilledInByInjector(object: { spec?: unknown }): boolean {
	const template = (object.spec as { template?: PodTemplate } | undefined)?.template;
	return (
		template?.metadata?.annotations?.["inject.istio.io/templates"] !== undefined ||
		(template?.spec?.containers ?? []).some((container) => container.image === "auto")
	);
}

interface PodTemplate {
	metadata?: { annotations?: Record<string, string> };
	spec?: { containers?: { image?: string }[] };
}

/** The objects by stage; within a stage in the order they had. */
export function byStage(objects: readonly KubeObject[]): Map<Stage, KubeObject[]> {
	const ordered = new Map<Stage, KubeObject[]>(stages.map((stage) => [stage, []]));
	for (const object of objects) ordered.get(stageOf(object))?.push(object);
	return ordered;
}

/** The objects in the order of their stages; within a stage in the order they had. */
export function inOrder(objects: readonly KubeObject[]): KubeObject[] {
	return [...byStage(objects).values()].flat();
}

const clusterWideKinds = new Set([
	"Namespace",
	"CustomResourceDefinition",
	"ClusterRole",
	"ClusterRoleBinding",
	"MutatingWebhookConfiguration",
	"ValidatingWebhookConfiguration",
	"ValidatingAdmissionPolicy",
	"ValidatingAdmissionPolicyBinding",
	"APIService",
	"PriorityClass",
	"StorageClass",
	"GatewayClass",
]);

/** The object with the namespace that it really has: none for cluster-wide kinds, `default` where none is written. */
export function placed(object: KubeObject): KubeObject {
	const { namespace, ...metadata } = object.metadata;
	if (clusterWideKinds.has(object.kind)) return { ...object, metadata };
	return { ...object, metadata: { ...metadata, namespace: namespace ?? "default" } };
}
