import http from "node:http";
import { expect } from "vitest";
import { type Condition, conditionOf, type KubeObject, type Service } from "../../src/simulator/api/objects.ts";
import { istioManifests } from "../../src/simulator/istio/manifests.ts";
import type { Client, WatchEvent } from "./client.ts";

const plurals: Record<string, string> = {
	Namespace: "namespaces",
	CustomResourceDefinition: "customresourcedefinitions",
	ServiceAccount: "serviceaccounts",
	ConfigMap: "configmaps",
	Service: "services",
	Deployment: "deployments",
	DaemonSet: "daemonsets",
	MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
	ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
};

async function applyAll(client: Client, objects: KubeObject[]): Promise<void> {
	for (const { apiVersion, kind, metadata, ...rest } of objects) {
		const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
		const space = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
		const answer = await client.apply(`${root}${space}/${plurals[kind]}/${metadata.name}`, {
			apiVersion,
			kind,
			metadata,
			...rest,
		});
		expect([200, 201], answer.text).toContain(answer.status);
	}
}

export const condition = (object: KubeObject | undefined, type: string) =>
	conditionOf((object?.status as { conditions?: Condition[] } | undefined)?.conditions, type)?.status;
export const last = (events: WatchEvent[]) => events.at(-1)?.object;

/** By API calls alone, as knistio does it: Istio, the mesh mode, a namespace `bench`. Gives the gateway's node port. */
export async function installIstio(client: Client, shape: string): Promise<number> {
	const merge = { "content-type": "application/merge-patch+json" };
	const isSidecar = shape !== "none";
	const labels = isSidecar ? { "istio-injection": "enabled" } : {};
	await applyAll(client, istioManifests({ version: "1.31.0", cni: shape === "cni" }));
	const gateway = client.watch(
		"/apis/apps/v1/namespaces/istio-system/deployments?fieldSelector=metadata.name%3Distio-ingressgateway",
	);
	const istiod = client.watch("/apis/apps/v1/namespaces/istio-system/deployments?fieldSelector=metadata.name%3Distiod");
	const webhook = client.watch("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");
	for (const watched of [gateway, istiod])
		await watched.until((events) => condition(last(events), "Available") === "True");
	await webhook.until((events) => JSON.stringify(last(events)).includes("caBundle"));
	await client.apply("/api/v1/namespaces/bench", {
		apiVersion: "v1",
		kind: "Namespace",
		metadata: { name: "bench", labels },
	});
	await client.call("PATCH", "/api/v1/namespaces/knative-serving", { metadata: { labels } }, merge);
	const config = "/api/v1/namespaces/knative-serving/configmaps";
	await client.call("PATCH", `${config}/config-domain`, { data: { "example.com": "" } }, merge);
	await client.call(
		"PATCH",
		`${config}/config-network`,
		{ data: { "mesh-compatibility-mode": isSidecar ? "enabled" : "disabled" } },
		merge,
	);
	const restart = { spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } } } };
	const restarted = await client.call(
		"PATCH",
		"/apis/apps/v1/namespaces/knative-serving/deployments/activator",
		restart,
		merge,
	);
	const generation = (restarted.json as unknown as KubeObject).metadata.generation;
	const activator = client.watch(
		"/apis/apps/v1/namespaces/knative-serving/deployments?fieldSelector=metadata.name%3Dactivator",
	);
	await activator.until((events) => {
		const status = last(events)?.status as Record<string, number> | undefined;
		return (
			status?.observedGeneration === generation &&
			status?.updatedReplicas === 1 &&
			status.replicas === 1 &&
			status.availableReplicas === 1
		);
	});
	for (const open of [gateway, istiod, webhook, activator]) open.close();
	const service = (await client.call("GET", "/api/v1/namespaces/istio-system/services/istio-ingressgateway"))
		.json as unknown as Service;
	return service.spec.ports?.find((one) => one.port === 80)?.nodePort ?? 0;
}

/** A request through a node port. */
export function get(
	port: number,
	headers: Record<string, string>,
): Promise<{ status: number; text: string; doneAt: bigint }> {
	return new Promise((resolve, reject) => {
		const request = http.get({ host: "127.0.0.1", port, headers, agent: false }, async (response) => {
			let text = "";
			for await (const chunk of response) text += chunk;
			resolve({ status: response.statusCode ?? 0, text, doneAt: process.hrtime.bigint() });
		});
		request.on("error", reject);
	});
}
