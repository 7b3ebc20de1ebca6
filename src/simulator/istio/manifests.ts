import { dump } from "js-yaml";
import { definitionOf } from "../api/definition.ts";
import type { ConfigMap, Container, KubeObject, Service, Workload } from "../api/objects.ts";

/** Which parts of Istio, as a profile of knistio names them, and what of its values matters here. */
export interface IstioParts {
	base?: boolean;
	istiod?: boolean;
	ingressGateway?: boolean;
	cni?: boolean;
	ztunnel?: boolean;
	/** False renders the injector with `policy: disabled` (values.global.proxy.autoInject). */
	isAutoInjected?: boolean;
	/** Templates of injection by name (values.sidecarInjectorWebhook.templates). */
	templates?: Record<string, unknown>;
	/** Goes into the ConfigMap `istio` as it is. */
	meshConfig?: Record<string, unknown>;
	/** Image tag; the simulated cluster pulls nothing. */
	version: string;
}

const namespace = "istio-system";

/** `Kind plural group versions` of what knistio, Knative and the profiles use of Istio. */
const istioKinds = [
	"VirtualService virtualservices networking.istio.io v1,v1beta1 vs",
	"Gateway gateways networking.istio.io v1,v1beta1 gw",
	"DestinationRule destinationrules networking.istio.io v1,v1beta1 dr",
	"ServiceEntry serviceentries networking.istio.io v1,v1beta1 se",
	"Sidecar sidecars networking.istio.io v1,v1beta1 -",
	"EnvoyFilter envoyfilters networking.istio.io v1alpha3 -",
	"PeerAuthentication peerauthentications security.istio.io v1,v1beta1 pa",
	"AuthorizationPolicy authorizationpolicies security.istio.io v1,v1beta1 ap",
	"RequestAuthentication requestauthentications security.istio.io v1,v1beta1 ra",
	"Telemetry telemetries telemetry.istio.io v1,v1alpha1 telemetry",
];

/**
 * Small manifests that stand for what istioctl or Helm would render: names, kinds, labels and pods are Istio's, the rest
 * is left out. In the order in which they can be applied.
 */
export function istioManifests(parts: IstioParts): KubeObject[] {
	const { base = true, istiod = true, ingressGateway = true, cni = false, ztunnel = false } = parts;
	return [
		{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
		...(base ? istioKinds.map((line) => labelled(definitionOf(line), "istio-base")) : []),
		...(istiod ? istiodObjects(parts) : []),
		...(cni ? [serviceAccount("istio-cni"), daemonSet("istio-cni-node", "install-cni", parts)] : []),
		...(ztunnel ? [serviceAccount("ztunnel"), daemonSet("ztunnel", "ztunnel", parts)] : []),
		...(ingressGateway ? gatewayObjects(parts) : []),
	];
}

function labelled<T extends KubeObject>(object: T, chart: string): T {
	return {
		...object,
		metadata: {
			...object.metadata,
			labels: { ...object.metadata.labels, "app.kubernetes.io/part-of": "istio", chart },
		},
	};
}

function serviceAccount(name: string): KubeObject {
	return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
}

function deployment(name: string, labels: Record<string, string>, containers: Container[]): Workload {
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name, namespace, labels },
		spec: {
			replicas: 1,
			selector: { matchLabels: labels },
			template: {
				metadata: { labels: { ...labels, "sidecar.istio.io/inject": "false" } },
				spec: { serviceAccountName: name, containers },
			},
		},
	};
}

function istiodObjects(parts: IstioParts): KubeObject[] {
	const labels = { app: "istiod", istio: "pilot" };
	const httpGet = { path: "/ready", port: 8080 };
	const container: Container = {
		name: "discovery",
		image: `docker.io/istio/pilot:${parts.version}`,
		readinessProbe: { httpGet, initialDelaySeconds: 1, periodSeconds: 3 },
	};
	const ports = [
		{ name: "grpc-xds", port: 15010 },
		{ name: "https-dns", port: 15012 },
		{ name: "https-webhook", port: 443, targetPort: 15017 },
	];
	const service: Service = {
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "istiod", namespace, labels },
		spec: { selector: labels, ports },
	};
	return [
		serviceAccount("istiod"),
		...configMaps(parts),
		service,
		deployment("istiod", labels, [container]),
		...webhooks(),
	];
}

function configMaps({ meshConfig = {}, isAutoInjected = true, templates = {} }: IstioParts): ConfigMap[] {
	const mesh = {
		apiVersion: "v1",
		kind: "ConfigMap",
		metadata: { name: "istio", namespace },
		data: { mesh: JSON.stringify(meshConfig) },
	};
	const config = dump({ policy: isAutoInjected ? "enabled" : "disabled", templates });
	const metadata = { name: "istio-sidecar-injector", namespace };
	return [mesh, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { config } }];
}

function webhooks(): KubeObject[] {
	const service = { name: "istiod", namespace, port: 443 };
	const common = { sideEffects: "None", admissionReviewVersions: ["v1"] };
	const pods = [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }];
	const istio = [
		{
			operations: ["CREATE", "UPDATE"],
			apiGroups: ["security.istio.io", "networking.istio.io"],
			apiVersions: ["*"],
			resources: ["*"],
		},
	];
	const isLabelled = { matchExpressions: [{ key: "istio-injection", operator: "In", values: ["enabled"] }] };
	return [
		{
			apiVersion: "admissionregistration.k8s.io/v1",
			kind: "MutatingWebhookConfiguration",
			metadata: { name: "istio-sidecar-injector", labels: { app: "sidecar-injector" } },
			webhooks: [
				{
					...common,
					name: "namespace.sidecar-injector.istio.io",
					failurePolicy: "Fail",
					clientConfig: { service: { ...service, path: "/inject" } },
					namespaceSelector: isLabelled,
					rules: pods,
				},
			],
		},
		{
			apiVersion: "admissionregistration.k8s.io/v1",
			kind: "ValidatingWebhookConfiguration",
			metadata: { name: "istio-validator-istio-system", labels: { app: "istiod" } },
			webhooks: [
				{
					...common,
					name: "rev.validation.istio.io",
					failurePolicy: "Ignore",
					clientConfig: { service: { ...service, path: "/validate" } },
					rules: istio,
				},
			],
		},
	];
}

function gatewayObjects(parts: IstioParts): KubeObject[] {
	const labels = { app: "istio-ingressgateway", istio: "ingressgateway" };
	const httpGet = { path: "/healthz/ready", port: 15021 };
	const container: Container = {
		name: "istio-proxy",
		image: `docker.io/istio/proxyv2:${parts.version}`,
		args: ["proxy", "router"],
		readinessProbe: { httpGet, initialDelaySeconds: 1, periodSeconds: 2 },
	};
	const service: Service = {
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "istio-ingressgateway", namespace, labels },
		spec: {
			type: "NodePort",
			selector: labels,
			ports: [
				{ name: "status-port", port: 15021, targetPort: 15021 },
				{ name: "http2", port: 80, targetPort: 8080 },
				{ name: "https", port: 443, targetPort: 8443 },
			],
		},
	};
	return [serviceAccount("istio-ingressgateway"), service, deployment("istio-ingressgateway", labels, [container])];
}

function daemonSet(name: string, container: string, parts: IstioParts): Workload {
	const labels = { "k8s-app": name };
	const image = `docker.io/istio/${name === "ztunnel" ? "ztunnel" : "install-cni"}:${parts.version}`;
	const readinessProbe = { httpGet: { path: "/readyz", port: 8000 }, periodSeconds: 10 };
	const capabilities = { add: ["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "SYS_ADMIN", "DAC_OVERRIDE"], drop: ["ALL"] };
	const containers: Container[] = [{ name: container, image, readinessProbe, securityContext: { capabilities } }];
	return {
		apiVersion: "apps/v1",
		kind: "DaemonSet",
		metadata: { name, namespace, labels },
		spec: {
			selector: { matchLabels: labels },
			template: {
				metadata: { labels: { ...labels, "sidecar.istio.io/inject": "false" } },
				spec: { containers, serviceAccountName: name },
			},
		},
	};
}
