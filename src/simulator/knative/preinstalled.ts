import { definitionOf } from "../api/definition.ts";
import type { ConfigMap, Service, Workload } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { establishedStatus } from "../controllers/definitions.ts";
import type { World } from "../world/world.ts";

const manager = "knative";
const namespace = "knative-serving";

/** `Kind plural group version short-names` of what Knative Serving defines. */
const knativeKinds = [
	"Service services serving.knative.dev v1 kservice,ksvc",
	"Configuration configurations serving.knative.dev v1 config,cfg",
	"Revision revisions serving.knative.dev v1 rev",
	"Route routes serving.knative.dev v1 rt",
	"DomainMapping domainmappings serving.knative.dev v1beta1 dm",
	"PodAutoscaler podautoscalers autoscaling.internal.knative.dev v1alpha1 kpa,pa",
	"Metric metrics autoscaling.internal.knative.dev v1alpha1 -",
	"Ingress ingresses networking.internal.knative.dev v1alpha1 kingress,king",
	"ServerlessService serverlessservices networking.internal.knative.dev v1alpha1 sks",
	"Certificate certificates networking.internal.knative.dev v1alpha1 kcert",
	"Image images caching.internal.knative.dev v1alpha1 -",
];

/** The namespaces that every cluster has, also the one of the nodes' leases. */
export function createNamespaces({ api }: World): void {
	for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
		api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { manager: "kube-apiserver" });
	}
}

/** Serves Knative's kinds; before the controllers that use them start. */
export function defineKnative(world: World): void {
	const time = toSeconds(world.serverEpochNs());
	for (const line of knativeKinds) {
		const definition = definitionOf(line);
		definition.status = establishedStatus(definition, time);
		world.api.create(definition, { manager, keepsStatus: true });
	}
}

/** Knative Serving as its release has it, as far as knistio looks at it or changes it. */
export function installKnative(world: World): void {
	const { api } = world;
	const version = {
		"app.kubernetes.io/name": "knative-serving",
		"app.kubernetes.io/version": world.model.versions.knative,
	};
	api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: version } }, { manager });
	const configs: Record<string, Record<string, string>> = {
		"config-network": { "ingress-class": "istio.ingress.networking.knative.dev" },
		"config-autoscaler": {},
		"config-domain": {},
		"config-deployment": { "queue-sidecar-image": `simulated/knative/queue:${world.model.versions.knative}` },
		"config-features": {},
		"config-defaults": {},
		"config-istio": {},
		"config-gc": {},
		"config-observability": {},
	};
	for (const [name, data] of Object.entries(configs)) {
		const config: ConfigMap = {
			apiVersion: "v1",
			kind: "ConfigMap",
			metadata: { name, namespace, labels: version },
			data,
		};
		api.create(config, { manager });
	}
	for (const name of [
		"activator",
		"autoscaler",
		"controller",
		"webhook",
		"net-istio-controller",
		"net-istio-webhook",
	]) {
		const deployment = deploymentOf({
			name,
			image: `simulated/knative/${name}:${world.model.versions.knative}`,
			labels: version,
		});
		api.create(deployment, { manager });
	}
	const service: Service = {
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "activator-service", namespace, labels: version },
		spec: { selector: { app: "activator" }, ports: [{ name: "http", port: 80, targetPort: 8012 }] },
	};
	api.create(service, { manager });
	installNetIstio(world);
}

/** What net-istio has of Istio's kinds; their definitions were there before it. */
function installNetIstio(world: World): void {
	const { api } = world;
	for (const line of [
		"Gateway gateways networking.istio.io v1,v1beta1 gw",
		"PeerAuthentication peerauthentications security.istio.io v1,v1beta1 pa",
	]) {
		const definition = definitionOf(line);
		definition.status = establishedStatus(definition, toSeconds(world.serverEpochNs()));
		api.create(definition, { manager, keepsStatus: true });
	}
	for (const name of ["knative-ingress-gateway", "knative-local-gateway"]) {
		const spec = { selector: { istio: "ingressgateway" } };
		api.create(
			{ apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: { name, namespace }, spec },
			{ manager },
		);
	}
	for (const app of ["webhook", "net-istio-webhook"]) {
		const spec = { selector: { matchLabels: { app } }, portLevelMtls: { 8443: { mode: "PERMISSIVE" } } };
		const metadata = { name: app, namespace };
		api.create({ apiVersion: "security.istio.io/v1", kind: "PeerAuthentication", metadata, spec }, { manager });
	}
}

function deploymentOf({
	name,
	image,
	labels,
}: {
	name: string;
	image: string;
	labels: Record<string, string>;
}): Workload {
	const readinessProbe = { httpGet: { path: "/", port: 8080 }, periodSeconds: 5 };
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name, namespace, labels: { ...labels, "app.kubernetes.io/component": name } },
		spec: {
			selector: { matchLabels: { app: name } },
			template: {
				metadata: { labels: { ...labels, app: name } },
				spec: { containers: [{ name, image, readinessProbe }] },
			},
		},
	};
}
