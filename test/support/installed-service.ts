import { onTestFinished } from "vitest";
import type { ClientClock } from "../../src/clock/client-clock.ts";
import { pause } from "../../src/clock/pause.ts";
import { scaledClock } from "../../src/clock/scaled-clock.ts";
import type { Target } from "../../src/commands/bench/target.ts";
import { openKube } from "../../src/kube/api/client.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import type { Faults } from "../../src/simulator/faults/registry.ts";
import { type Client, openClient } from "../simulator/client.ts";
import { condition, get, installIstio } from "../simulator/installed.ts";
import { type ApiGate, openApiGate } from "./api-gate.ts";

/** A simulated cluster on which somebody else has installed Istio and services. */
export interface UsedCluster {
	client: Client;
	/** Between knistio and the API server. */
	gate: ApiGate;
	/** The gateway's address. */
	gatewayUrl: string;
	/** Opens it for a command; each may close it. */
	open(): Promise<Target>;
	/** Deploys a Knative Service into the namespace `bench`, and waits until its first revision is Ready. */
	deploy(name: string, service?: Deployed): Promise<void>;
	/** A request of somebody else's. */
	ask(name: string): Promise<number>;
}

/** What is not as usual about a service: it goes to zero 6 s after a request. */
export interface Deployed {
	annotations?: Record<string, string>;
	labels?: Record<string, string>;
	traffic?: unknown[];
	env?: Record<string, string>;
	/** Not to be waited for. */
	isBroken?: boolean;
}

/** Opens one, with the given shape of Istio; closed with the test. */
export async function openUsedCluster(
	shape = "none",
	{ speed = 20, faults = {} as Faults } = {},
): Promise<UsedCluster> {
	const client = await openClient({ speed, faults });
	onTestFinished(() => client.close());
	const port = await installIstio(client, shape);
	const { kubeconfig, timeScale } = client.cluster;
	const gate = await openApiGate(kubeconfig);
	onTestFinished(() => gate.close());
	const clock: ClientClock = { ...timeScale, speed };
	const open = async (): Promise<Target> => {
		const signal = new AbortController().signal;
		const cluster = await openKube({ text: gate.kubeconfig, env: {}, terminal: { isInputTerminal: false }, signal });
		return {
			cluster,
			clock,
			installClock: scaledClock(clock),
			render: async () => {
				throw new Error("nothing may be installed");
			},
			simulated: { model: "today", seed: 1, speed },
			close: async () => cluster.close(),
		};
	};
	return {
		client,
		gate,
		gatewayUrl: `http://127.0.0.1:${port}`,
		open,
		deploy: (name, service) => deploy(client, name, service),
		ask: async (name) => (await get(port, { host: `${name}.bench.example.com` })).status,
	};
}

async function deploy(client: Client, name: string, service: Deployed = {}): Promise<void> {
	const { annotations = {}, labels = {}, traffic, env = {}, isBroken = false } = service;
	const path = `/apis/serving.knative.dev/v1/namespaces/bench/services/${name}`;
	const container = {
		name: "web",
		image: "simulated/shop:1",
		ports: [{ containerPort: 8080 }],
		env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
	};
	await client.apply(path, {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: { name, namespace: "bench", labels },
		spec: {
			template: {
				metadata: { annotations: { "autoscaling.knative.dev/window": "6s", ...annotations } },
				spec: { timeoutSeconds: 10, containers: [container] },
			},
			...(traffic === undefined ? {} : { traffic }),
		},
	});
	if (isBroken) return;
	const limit = Date.now() + 60_000;
	for (;;) {
		const { json } = await client.call("GET", path);
		const object = json as unknown as KubeObject & { metadata: { generation?: number } };
		const { observedGeneration } = (json.status ?? {}) as { observedGeneration?: number };
		if (condition(object as never, "Ready") === "True" && observedGeneration === object.metadata.generation) return;
		if (Date.now() > limit) throw new Error(`${name} does not become Ready: ${JSON.stringify(json.status)}`);
		await pause(20);
	}
}
