import http from "node:http";
import { describe, expect, it } from "vitest";
import { simulatedEpochNs } from "../../src/simulated/clock.ts";
import { istioManifests } from "../../src/simulated/istio-manifests.ts";
import {
	type Condition,
	conditionOf,
	isPodReady,
	type KubeObject,
	type Pod,
	type Service,
} from "../../src/simulated/objects.ts";
import { type Client, openClient, type WatchEvent } from "./client.ts";

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

const condition = (object: KubeObject | undefined, type: string) =>
	conditionOf((object?.status as { conditions?: Condition[] } | undefined)?.conditions, type)?.status;
const last = (events: WatchEvent[]) => events.at(-1)?.object;

/** Everything by API calls alone, as knistio does it: Istio, the mesh mode, the service. */
async function installAll(client: Client, shape: string): Promise<{ host: string; port: number }> {
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
	const annotations = {
		"autoscaling.knative.dev/window": "6s",
		...(shape === "classic" ? { "sidecar.istio.io/nativeSidecar": "false" } : {}),
	};
	const containers = [{ image: "dev.local/helloworld-go:1", env: [{ name: "TARGET", value: "you" }] }];
	const ksvc = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: { name: "hello", namespace: "bench" },
		spec: { template: { metadata: { annotations }, spec: { containers } } },
	};
	const services = "/apis/serving.knative.dev/v1/namespaces/bench/services";
	await client.apply(`${services}/hello`, ksvc);
	const watched = client.watch(services);
	const ready = await watched.until((events) => condition(last(events), "Ready") === "True");
	for (const open of [gateway, istiod, webhook, activator, watched]) open.close();
	const { url } = (last(ready)?.status ?? {}) as { url: string };
	const host = new URL(url).host;
	const service = (await client.call("GET", "/api/v1/namespaces/istio-system/services/istio-ingressgateway"))
		.json as unknown as Service;
	return { host, port: service.spec.ports?.find((one) => one.port === 80)?.nodePort ?? 0 };
}

function get(port: number, headers: Record<string, string>): Promise<{ status: number; text: string; doneAt: bigint }> {
	return new Promise((resolve, reject) => {
		const request = http.get({ host: "127.0.0.1", port, headers, agent: false }, async (response) => {
			let text = "";
			for await (const chunk of response) text += chunk;
			resolve({ status: response.statusCode ?? 0, text, doneAt: process.hrtime.bigint() });
		});
		request.on("error", reject);
	});
}

/** Waits for zero and hurries a terminating pod, as knistio does. */
async function waitForZero(client: Client): Promise<void> {
	const pods = client.watch("/api/v1/namespaces/bench/pods");
	const hurried = pods.until((events) => last(events)?.metadata.deletionTimestamp !== undefined);
	const name = last(await hurried)?.metadata.name;
	await client.call("DELETE", `/api/v1/namespaces/bench/pods/${name}`, { gracePeriodSeconds: 1 });
	await pods.until((events) => events.at(-1)?.type === "DELETED");
	pods.close();
}

describe("a cold start through the node port", () => {
	it.each(["none", "classic", "native", "cni"])("%s", async (shape) => {
		const client = await openClient({ speed: 60 });
		const { host, port } = await installAll(client, shape);
		await waitForZero(client);
		const pods = client.watch("/api/v1/namespaces/bench/pods?resourceVersion=0");
		const events = client.watch("/api/v1/namespaces/bench/events");
		const { status, text, doneAt } = await get(port, { host });
		expect([status, text]).toEqual([200, "Hello you!\n"]);
		const seen = await pods.until((all) => isPodReady(last(all) as Pod));
		expect(seen[0]?.type).toBe("ADDED");
		expect(new Set(seen.map((event) => event.object.metadata.uid)).size).toBe(1);
		const uid = seen[0]?.object.metadata.uid;
		const containers = shape === "none" ? 2 : 4;
		await events.until(
			(all) =>
				all.filter(
					({ object }) => object.reason === "Started" && (object.involvedObject as { uid: string }).uid === uid,
				).length === containers,
		);
		const request = (await client.cluster.truth()).requests.at(-1);
		expect(request).toMatchObject({ isCold: true, podUid: uid, status: 200 });
		const lateMs =
			Number(simulatedEpochNs(client.cluster.timeScale, doneAt) - (request?.instants.answered ?? 0n)) / 1e6;
		expect(lateMs).toBeGreaterThan(0);
		await client.close();
	});
});

it("answers through the API server's proxies too", async () => {
	const client = await openClient({ speed: 60, faults: { nodeClockOffsetsMs: { "node-1": 86_400_000 } } });
	const { host } = await installAll(client, "none");
	const path = "/api/v1/namespaces/istio-system/services/http:istio-ingressgateway:80/proxy/";
	expect((await client.call("GET", path, undefined, { host })).text).toBe("Hello you!\n");
	expect((await client.call("GET", path, undefined, { host: "other.example.com" })).status).toBe(404);
	expect((await client.call("GET", "/api/v1/namespaces/bench/services/none:80/proxy/")).json).toMatchObject({
		code: 404,
		message: 'services "none" not found',
	});
	const node = await client.call("GET", "/api/v1/nodes/node-1/proxy/healthz");
	const server = await client.call("GET", "/version");
	expect(Date.parse(node.headers.date ?? "") - Date.parse(server.headers.date ?? "")).toBeGreaterThan(86_000_000);
	await client.close();
});

it("accepts no connection on a node port without a gateway behind it", async () => {
	const client = await openClient();
	const spec = { type: "NodePort", selector: { app: "none" }, ports: [{ name: "http", port: 80 }] };
	const { json } = await client.call("POST", "/api/v1/namespaces/default/services", {
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "lonely" },
		spec,
	});
	const port = (json as unknown as Service).spec.ports?.[0]?.nodePort ?? 0;
	expect(port).toBeGreaterThanOrEqual(30_000);
	await expect(get(port, {})).rejects.toThrow(/hang up|ECONNRESET/);
	await client.close();
});
