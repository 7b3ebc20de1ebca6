import { describe, expect, it } from "vitest";
import { isPodReady, type Pod, type Service } from "../../src/simulator/api/objects.ts";
import { simulatedEpochNs } from "../../src/simulator/clock/clock.ts";
import { type Client, openClient } from "./client.ts";
import { condition, get, installIstio, last } from "./installed.ts";

/** Istio and a service that is ready. */
async function installAll(client: Client, shape: string): Promise<{ host: string; port: number }> {
	const port = await installIstio(client, shape);
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
	watched.close();
	const { url } = (last(ready)?.status ?? {}) as { url: string };
	return { host: new URL(url).host, port };
}

/** Waits for zero and hurries a terminating pod, as knistio does. */
async function waitForZero(client: Client): Promise<void> {
	const path = "/api/v1/namespaces/bench/pods";
	const { items, metadata } = (await client.call("GET", path)).json as {
		items: Pod[];
		metadata: { resourceVersion: string };
	};
	const [pod] = items;
	// A slow machine may come too late to see it.
	if (pod === undefined) return;
	const pods = client.watch(`${path}?resourceVersion=${metadata.resourceVersion}`);
	if (pod.metadata.deletionTimestamp === undefined)
		await pods.until((events) => last(events)?.metadata.deletionTimestamp !== undefined);
	await client.call("DELETE", `${path}/${pod.metadata.name}`, { gracePeriodSeconds: 1 });
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
