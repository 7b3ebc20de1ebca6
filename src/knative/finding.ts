import { ClusterError } from "../errors.ts";
import { type Cluster, describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { isOurs } from "../kube/objects/ownership.ts";
import { objectOf, textMapOf } from "../kube/untrusted.ts";
import type { Task } from "../kube/wait/task.ts";

export const knativeNamespace = "knative-serving";
const istioIngressClass = "istio.ingress.networking.knative.dev";

/** The Knative Serving of a cluster. */
export interface Knative {
	/** Of the label app.kubernetes.io/version, without a leading v; undefined if there is none. */
	version?: string;
	ingressVersion?: string;
	/** Whether knistio installed it. */
	isOurs: boolean;
}

export const configMapRef = (name: string): ObjectRef => ({
	apiVersion: "v1",
	kind: "ConfigMap",
	namespace: knativeNamespace,
	name,
});

/** Finds Knative Serving; undefined if it is not installed. */
export async function findKnative(task: Task): Promise<Knative | undefined> {
	const [definition, controller, ingress] = await Promise.all([
		task.cluster.get(
			{
				apiVersion: "apiextensions.k8s.io/v1",
				kind: "CustomResourceDefinition",
				name: "services.serving.knative.dev",
			},
			task.signal,
		),
		task.cluster.get(deploymentRef("controller"), task.signal),
		task.cluster.get(deploymentRef("net-istio-controller"), task.signal),
	]);
	if (definition === undefined || controller === undefined) return undefined;
	const version = versionOf(controller);
	const ingressVersion = ingress && versionOf(ingress);
	return {
		isOurs: isOurs(controller),
		...(version === undefined ? {} : { version }),
		...(ingressVersion === undefined ? {} : { ingressVersion }),
	};
}

const deploymentRef = (name: string): ObjectRef => ({
	apiVersion: "apps/v1",
	kind: "Deployment",
	namespace: knativeNamespace,
	name,
});

function versionOf(object: KubeObject): string | undefined {
	return object.metadata.labels?.["app.kubernetes.io/version"]?.replace(/^v/, "");
}

/** Knative's version, by the label of its controller; undefined where there is none. */
export async function knativeVersion(cluster: Pick<Cluster, "get">, signal: AbortSignal): Promise<string | undefined> {
	const controller = await cluster.get(deploymentRef("controller"), signal);
	return controller && versionOf(controller);
}

/** @throws ClusterError when there is no Knative, and none to install */
export function noKnative(): ClusterError {
	return new ClusterError(
		`this cluster has no Knative Serving: ${describeRef(deploymentRef("controller"))} is missing`,
		{
			hint: "install it, or let knistio do so with --knative-manifests DIR (serving-crds, serving-core and net-istio)",
		},
	);
}

/** @throws ClusterError unless Knative's ingress is Istio's, through net-istio */
export async function requireIstioIngress(task: Task): Promise<void> {
	const [network, controller] = await Promise.all([
		task.cluster.get(configMapRef("config-network"), task.signal),
		task.cluster.get(deploymentRef("net-istio-controller"), task.signal),
	]);
	const data = textMapOf(network?.data);
	// `ingress.class` is the key's name before Knative 1.2.
	const ingressClass = data["ingress-class"] ?? data["ingress.class"] ?? istioIngressClass;
	if (ingressClass !== istioIngressClass) {
		throw new ClusterError(`Knative's ingress is ${ingressClass}, not Istio's (ConfigMap config-network)`, {
			hint: `knistio measures Istio: set ingress-class to ${istioIngressClass}, and install net-istio`,
		});
	}
	if (controller === undefined) {
		throw new ClusterError(`${describeRef(deploymentRef("net-istio-controller"))} is missing`, {
			hint: "install net-istio, Knative's ingress by Istio",
		});
	}
}

/** Knative's own Deployments. */
export async function knativeDeployments(task: Task): Promise<KubeObject[]> {
	return task.cluster.list({ apiVersion: "apps/v1", kind: "Deployment", namespace: knativeNamespace }, task.signal);
}

/** Those that a change of the namespace's injection concerns: all whose pods do not opt out. */
export async function meshedDeployments(task: Task): Promise<ObjectRef[]> {
	const all = await knativeDeployments(task);
	return all.filter((deployment) => !optsOut(deployment)).map(refOf);
}

function optsOut(deployment: KubeObject): boolean {
	const template = objectOf(objectOf(objectOf(deployment.spec).template).metadata);
	const key = "sidecar.istio.io/inject";
	return (textMapOf(template.labels)[key] ?? textMapOf(template.annotations)[key]) === "false";
}

/** Those that read mesh-compatibility-mode when they start (serving `cmd/activator`, `cmd/autoscaler`). */
export async function meshModeReaders(task: Task): Promise<ObjectRef[]> {
	const all = await knativeDeployments(task);
	return all.filter(({ metadata }) => ["activator", "autoscaler"].includes(metadata.name)).map(refOf);
}
