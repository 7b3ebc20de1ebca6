import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { type Profile, profileSchema } from "../../src/profile/profile.ts";
import { type FakeCluster, fakeCluster } from "../support/fake-cluster.ts";

/** The least of each that an install must handle. */

export function definition(group: string, kind: string): KubeObject {
	const plural = `${kind.toLowerCase()}s`;
	return {
		apiVersion: "apiextensions.k8s.io/v1",
		kind: "CustomResourceDefinition",
		metadata: { name: `${plural}.${group}` },
		spec: {
			group,
			names: { kind, plural },
			versions: [
				{ name: "v1", served: true, storage: true },
				{ name: "v1beta1", served: true, storage: false },
			],
		},
	};
}

export function deployment(namespace: string, name: string, labels: Record<string, string> = {}): KubeObject {
	const container = { name: name === "istiod" ? "discovery" : name, image: `${name}:1.2.3` };
	const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name, namespace, labels },
		spec: { selector: { matchLabels: { app: name } }, template },
	};
}

export function configMap(namespace: string, name: string, data: Record<string, string>): KubeObject {
	return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

export function namespaceObject(name: string): KubeObject {
	return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

export function istioObjects(options: { cni?: boolean; mesh?: string } = {}): KubeObject[] {
	const daemonSet: KubeObject = {
		apiVersion: "apps/v1",
		kind: "DaemonSet",
		metadata: { name: "istio-cni-node", namespace: "istio-system" },
		spec: { selector: { matchLabels: { "k8s-app": "istio-cni-node" } } },
	};
	return [
		{
			apiVersion: "admissionregistration.k8s.io/v1",
			kind: "MutatingWebhookConfiguration",
			metadata: { name: "istio-sidecar-injector" },
			webhooks: [{ name: "a", clientConfig: { service: { name: "istiod", namespace: "istio-system" } } }],
		},
		deployment("istio-system", "istiod", { app: "istiod" }),
		deployment("istio-system", "istio-ingressgateway"),
		configMap("istio-system", "istio", { mesh: options.mesh ?? "plain" }),
		definition("security.istio.io", "PeerAuthentication"),
		definition("security.istio.io", "AuthorizationPolicy"),
		definition("networking.istio.io", "Gateway"),
		...(options.cni ? [daemonSet, configMap("istio-system", "istio-cni-config", {})] : []),
	];
}

export function knativeObjects(): KubeObject[] {
	const names = ["activator", "autoscaler", "controller", "webhook", "net-istio-controller", "net-istio-webhook"];
	return [
		namespaceObject("knative-serving"),
		definition("serving.knative.dev", "Service"),
		configMap("knative-serving", "config-network", {}),
		configMap("knative-serving", "config-domain", { _example: "example.com: |" }),
		...names.map((name) => deployment("knative-serving", name, { "app.kubernetes.io/version": "1.21.2" })),
		...["knative-ingress-gateway", "knative-local-gateway"].map((name) => ({
			apiVersion: "networking.istio.io/v1beta1",
			kind: "Gateway",
			metadata: { name, namespace: "knative-serving" },
		})),
	];
}

/** What keeps Knative's webhooks open to the API server where mutual TLS is required. */
export function webhookExceptions(): KubeObject[] {
	return ["webhook", "net-istio-webhook"].map((app) => ({
		apiVersion: "security.istio.io/v1beta1",
		kind: "PeerAuthentication",
		metadata: { name: app, namespace: "knative-serving" },
		spec: { selector: { matchLabels: { app } }, portLevelMtls: { "8443": { mode: "PERMISSIVE" } } },
	}));
}

/** A cluster on which somebody else installed Knative, labelled in their own way. */
export function clusterWithKnative(): FakeCluster {
	const cluster = fakeCluster();
	const definitions = [
		definition("networking.istio.io", "Gateway"),
		definition("security.istio.io", "PeerAuthentication"),
	];
	for (const object of [...definitions, ...knativeObjects(), ...webhookExceptions()]) cluster.put(object);
	cluster.put({ ...namespaceObject("default"), metadata: { name: "default", labels: { theirs: "yes" } } });
	return cluster;
}

const peerAuthentication = {
	apiVersion: "security.istio.io/v1",
	kind: "PeerAuthentication",
	metadata: { name: "default", namespace: "istio-system" },
};
const authorizationPolicy = {
	apiVersion: "security.istio.io/v1",
	kind: "AuthorizationPolicy",
	metadata: { name: "knistio-deny", namespace: "$NAMESPACE" },
};

export const minimal: Profile = profileSchema.parse({
	name: "minimal",
	istio: { components: {} },
	meshCompatibilityMode: "disabled",
	promises: { sidecar: "none" },
});

export const full: Profile = profileSchema.parse({
	name: "full",
	istio: { components: {} },
	namespaceLabels: { "istio-injection": "enabled" },
	meshCompatibilityMode: "enabled",
	security: [peerAuthentication],
	policy: [authorizationPolicy],
	externalAuthorizer: true,
	promises: { sidecar: "any" },
});
