import { load } from "js-yaml";
import type { Api } from "../api/api.ts";
import { isRecord } from "../api/fields.ts";
import type { ConfigMap, Container, KubeObject, Pod, Workload } from "../api/objects.ts";
import { StatusError } from "../api/status-error.ts";
import type { Variant } from "../model/model.ts";
import { containersOf } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import { applyTemplates } from "./templates.ts";

const istioSystem = "istio-system";
const injector = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const policies = "authorizationpolicies.security.istio.io";

/** Lets pods pass through Istio's webhook on their creation, if there is one. */
export function startInjection(world: World): void {
	world.api.onCreate((resource, object) => {
		if (resource.id !== "pods") return;
		const pod = object as Pod;
		if (isInjected(world.api, pod)) inject(world, pod);
	});
}

/**
 * Whether Istio's webhook changes the pod. It is asked about pods of a labelled namespace unless their label says no, and
 * elsewhere only about those whose label says yes; the older annotation counts where it is asked and there is no label.
 */
export function isInjected(api: Api, pod: Pod): boolean {
	const webhook = api
		.list<KubeObject>(injector)
		.some(({ metadata }) => metadata.name.startsWith("istio-sidecar-injector"));
	if (!webhook || pod.spec.hostNetwork === true) return false;
	const label = pod.metadata.labels?.["sidecar.istio.io/inject"];
	const namespace = api.get("namespaces", { name: pod.metadata.namespace ?? "" });
	const ofNamespace = namespace?.metadata.labels?.["istio-injection"];
	if (ofNamespace !== "enabled") return ofNamespace === undefined && label === "true";
	const asked = label ?? pod.metadata.annotations?.["sidecar.istio.io/inject"];
	if (asked === "true" || asked === "false") return asked === "true";
	return !isAutoInjectOff(api);
}

function isAutoInjectOff(api: Api): boolean {
	return /^\s*policy:\s*disabled/m.test(injectorConfig(api));
}

/** The injector's configuration, as text. */
function injectorConfig(api: Api): string {
	const config = api.get<ConfigMap>("configmaps", { namespace: istioSystem, name: "istio-sidecar-injector" });
	return config?.data?.config ?? "";
}

function inject(world: World, pod: Pod): void {
	const { api } = world;
	const istiod = api.get<Workload>("deployments.apps", { namespace: istioSystem, name: "istiod" });
	if ((istiod?.status?.readyReplicas ?? 0) === 0) {
		const call = `Post "https://istiod.istio-system.svc:443/inject?timeout=10s"`;
		throw new StatusError(
			`Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": failed to call webhook: ${call}: no endpoints available for service "istiod"`,
			{ code: 500, reason: "InternalError" },
		);
	}
	const image = proxyImage(world);
	const annotations = { ...pod.metadata.annotations };
	pod.metadata.annotations = annotations;
	if (annotations["inject.istio.io/templates"] === "gateway") {
		for (const container of pod.spec.containers) if (container.image === "auto") container.image = image;
		return;
	}
	if (containersOf(pod).some((container) => container.name === "istio-proxy")) return;
	addSidecar(world, pod, image);
	applyTemplates(pod, injectorConfig(api));
}

function proxyImage({ api, model }: World): string {
	const ref = { namespace: istioSystem, name: "istio-ingressgateway" };
	const gateway = api.get<Workload>("deployments.apps", ref)?.spec.template.spec.containers[0]?.image;
	return gateway !== undefined && gateway !== "auto" ? gateway : `docker.io/istio/proxyv2:${model.versions.istio}`;
}

function addSidecar({ api, model }: World, pod: Pod, image: string): void {
	const { annotations = {} } = pod.metadata;
	const hasCni = api.get("daemonsets.apps", { namespace: istioSystem, name: "istio-cni-node" }) !== undefined;
	const asked = annotations["sidecar.istio.io/nativeSidecar"];
	const isNative = asked === undefined ? model.sidecar.shape === "native" : asked === "true";
	const isHeld = !isNative && proxyConfig(api, annotations).holdApplicationUntilProxyStarts === true;
	const proxy = proxyContainer(image, { isNative, isHeld });
	const first = hasCni ? (model.sidecar.validatesCni ? [validationContainer(image)] : []) : [initContainer(image)];
	const inits = pod.spec.initContainers ?? [];
	for (const container of pod.spec.containers) rewriteProbe(container);
	if (isNative) pod.spec.initContainers = [...first, proxy, ...inits];
	else {
		pod.spec.initContainers = [...inits, ...first];
		pod.spec.containers = isHeld ? [proxy, ...pod.spec.containers] : [...pod.spec.containers, proxy];
	}
	if (pod.spec.initContainers.length === 0) delete pod.spec.initContainers;
	const injected = {
		initContainers: first.map((container) => container.name),
		containers: ["istio-proxy"],
		revision: "default",
	};
	annotations["sidecar.istio.io/status"] = JSON.stringify(injected);
	pod.metadata.labels = { ...pod.metadata.labels, "security.istio.io/tlsMode": "istio" };
}

/** The mesh's defaultConfig, and what the pod has of its own. */
function proxyConfig(api: Api, annotations: Record<string, string>): Record<string, unknown> {
	const config = api.get<ConfigMap>("configmaps", { namespace: istioSystem, name: "istio" });
	const mesh = load(config?.data?.mesh ?? "");
	const own = load(annotations["proxy.istio.io/config"] ?? "");
	const ofMesh = isRecord(mesh) && isRecord(mesh.defaultConfig) ? mesh.defaultConfig : {};
	return { ...ofMesh, ...(isRecord(own) ? own : {}) };
}

function proxyContainer(image: string, { isNative, isHeld }: { isNative: boolean; isHeld: boolean }): Container {
	const httpGet = { path: "/healthz/ready", port: 15021 };
	return {
		name: "istio-proxy",
		image,
		args: ["proxy", "sidecar"],
		ports: [{ name: "http-envoy-prom", containerPort: 15090, protocol: "TCP" }],
		startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 },
		readinessProbe: { httpGet, periodSeconds: 15, timeoutSeconds: 3, failureThreshold: 4 },
		securityContext: {
			allowPrivilegeEscalation: false,
			capabilities: { drop: ["ALL"] },
			runAsNonRoot: true,
			runAsUser: 1337,
		},
		...(isNative ? { restartPolicy: "Always" as const } : {}),
		...(isHeld ? { lifecycle: { postStart: { exec: { command: ["pilot-agent", "wait"] } } } } : {}),
	};
}

function initContainer(image: string): Container {
	const capabilities = { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] };
	const securityContext = { capabilities, runAsGroup: 0, runAsNonRoot: false, runAsUser: 0 };
	return { name: "istio-init", image, args: ["istio-iptables"], securityContext };
}

function validationContainer(image: string): Container {
	const securityContext = { capabilities: { drop: ["ALL"] }, runAsNonRoot: true, runAsUser: 1337 };
	return {
		name: "istio-validation",
		image,
		args: ["istio-iptables", "--run-validation", "--skip-rule-apply"],
		securityContext,
	};
}

/** HTTP probes of the pod's own containers go to the sidecar's agent. */
function rewriteProbe(container: Container): void {
	for (const kind of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
		const probe = container[kind];
		if (probe?.httpGet === undefined) continue;
		const suffix = { startupProbe: "startupz", readinessProbe: "readyz", livenessProbe: "livez" }[kind];
		probe.httpGet = { path: `/app-health/${container.name}/${suffix}`, port: 15020 };
	}
}

/** Whether the pod has a sidecar, and not the gateway's proxy alone. */
export function hasSidecar(pod: Pod): boolean {
	const names = containersOf(pod).map((container) => container.name);
	return names.includes("istio-proxy") && names.length > 1;
}

/** Whether Istio's CNI plugin works on the pod's sandbox: for a sidecar without istio-init, or for ambient mesh. */
export function usesIstioCni(api: Api, pod: Pod): boolean {
	return variantOf(api, pod).startsWith("cni") || joinsAmbient(api, pod);
}

/** Whether the node agent leads the pod's traffic to ztunnel: it is of an ambient namespace, and both are there. */
export function joinsAmbient(api: Api, pod: Pod): boolean {
	const namespace = api.get("namespaces", { name: pod.metadata.namespace ?? "" });
	if (namespace?.metadata.labels?.["istio.io/dataplane-mode"] !== "ambient" || hasSidecar(pod)) return false;
	const isThere = (name: string) => api.get("daemonsets.apps", { namespace: istioSystem, name }) !== undefined;
	return isThere("ztunnel") && isThere("istio-cni-node");
}

const redirection = "ambient.istio.io/redirection";

/** The node agent's mark on a pod whose traffic goes through ztunnel. */
export function markRedirected(api: Api, pod: Pod): void {
	api.edit<Pod>("pods", pod.metadata, {
		manager: "istio-cni",
		change: (draft) => {
			draft.metadata.annotations = { ...draft.metadata.annotations, [redirection]: "enabled" };
		},
	});
}

export function isRedirected(pod: Pod): boolean {
	return pod.metadata.annotations?.[redirection] === "enabled";
}

/** Which of the model's variants a pod is. */
export function variantOf(api: Api, pod: Pod): Variant {
	if (!hasSidecar(pod)) return "none";
	const hasPolicy = [pod.metadata.namespace ?? "", istioSystem].some(
		(namespace) => api.list(policies, namespace).length > 0,
	);
	const hasInit = pod.spec.initContainers?.some((container) => container.name === "istio-init") === true;
	if (hasInit) return hasPolicy ? "sidecar-policy" : "sidecar";
	return hasPolicy ? "cni-policy" : "cni";
}
