import { conditionOf, type KubeObject, type Pod } from "../../src/simulator/api/objects.ts";
import { createManualClock, type ManualClock } from "../../src/simulator/clock/clock.ts";
import type { Faults } from "../../src/simulator/faults/registry.ts";
import { istioManifests } from "../../src/simulator/istio/manifests.ts";
import type { GatewayAnswer } from "../../src/simulator/knative/gateway-exchange.ts";
import { loadModel, type Model } from "../../src/simulator/model/model.ts";
import { createSimulation, type Simulation } from "../../src/simulator/start.ts";
import type { PodTruth, RequestTruth } from "../../src/simulator/world/truth.ts";

export type Shape = "none" | "classic" | "native" | "cni";

export interface Bench extends Simulation {
	clock: ManualClock;
	host: string;
	/** Sends a request and lets time pass until it is answered. */
	request(headers?: Record<string, string>): GatewayAnswer;
	waitForZero(): void;
	lastColdStart(): { request: RequestTruth; pod: PodTruth };
}

export interface BenchOptions {
	shape: Shape;
	model?: string;
	/** Parts of the model that are to be different. */
	changed?: Partial<Model>;
	seed?: number;
	nodes?: number;
	faults?: Faults;
	/** With an AuthorizationPolicy in the namespace. */
	policy?: boolean;
	meshMode?: string;
	/** Whether Knative's own pods get sidecars where the workload does. */
	injectsKnative?: boolean;
	annotations?: Record<string, string>;
	/** Templates of injection, by name. */
	templates?: Record<string, unknown>;
	container?: Record<string, unknown>;
}

const by = { manager: "test" };

/** A cluster without sockets whose time only passes when told, with Istio installed and helloworld ready. */
export function openBench(options: BenchOptions): Bench {
	const { shape, model = "today", seed = 1, faults = {} } = options;
	const clock = createManualClock();
	const simulation = createSimulation(clock, {
		model: { ...loadModel(model), ...options.changed },
		seed,
		faults,
		nodes: options.nodes ?? 1,
	});
	const { world, gateway } = simulation;
	const { api } = world;

	function until(what: string, isSo: () => boolean): void {
		for (let passedMs = 0; passedMs < 400_000; passedMs += 5) {
			if (isSo()) return;
			clock.advance(5);
		}
		throw new Error(`never: ${what}`);
	}

	const readyReplicas = (namespace: string, name: string) =>
		(api.get<KubeObject>("deployments.apps", { namespace, name })?.status as { readyReplicas?: number } | undefined)
			?.readyReplicas;
	const isSidecar = shape !== "none";
	const labels = isSidecar ? { "istio-injection": "enabled" } : {};
	const { templates = {} } = options;
	for (const object of istioManifests({ version: "1.31.0", cni: shape === "cni", templates })) {
		// net-istio needs two of Istio's definitions, which are there already.
		const isThere =
			object.kind === "CustomResourceDefinition" &&
			world.api.get("customresourcedefinitions.apiextensions.k8s.io", object.metadata) !== undefined;
		if (isThere) continue;
		api.create(object, by);
	}
	until(
		"istio ready",
		() => readyReplicas("istio-system", "istiod") === 1 && readyReplicas("istio-system", "istio-ingressgateway") === 1,
	);
	api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "bench", labels } }, by);
	const edit = (id: string, name: string, change: (draft: KubeObject) => void) =>
		api.edit<KubeObject>(id, id === "namespaces" ? { name } : { namespace: "knative-serving", name }, {
			...by,
			change,
		});
	if (options.injectsKnative !== false)
		edit("namespaces", "knative-serving", (draft) => Object.assign(draft.metadata.labels ?? {}, labels));
	edit("configmaps", "config-autoscaler", (draft) =>
		Object.assign(draft, { data: { "allow-zero-initial-scale": "true" } }),
	);
	edit("configmaps", "config-domain", (draft) => Object.assign(draft, { data: { "example.com": "" } }));
	edit("configmaps", "config-network", (draft) =>
		Object.assign(draft, {
			data: { "mesh-compatibility-mode": options.meshMode ?? (isSidecar ? "enabled" : "disabled") },
		}),
	);
	const activators = () =>
		api.list<Pod>("pods", "knative-serving").filter((pod) => pod.metadata.labels?.app === "activator");
	const old = activators().map((pod) => pod.metadata.uid);
	edit("deployments.apps", "activator", (draft) => {
		const { template } = draft.spec as { template: { metadata: { annotations?: Record<string, string> } } };
		template.metadata.annotations = { restarted: "yes" };
	});
	until(
		"activator restarted",
		() =>
			activators().length === 1 &&
			!old.includes(activators()[0]?.metadata.uid) &&
			readyReplicas("knative-serving", "activator") === 1,
	);
	if (options.policy === true) {
		const spec = { action: "DENY", rules: [{ when: [{ key: "request.headers[x-knistio-deny]", values: ["*"] }] }] };
		api.create(
			{
				apiVersion: "security.istio.io/v1",
				kind: "AuthorizationPolicy",
				metadata: { name: "deny", namespace: "bench" },
				spec,
			},
			by,
		);
	}
	const annotations = {
		"autoscaling.knative.dev/window": "6s",
		...(shape === "classic" ? { "sidecar.istio.io/nativeSidecar": "false" } : {}),
		...options.annotations,
	};
	const containers = [
		{ image: "dev.local/helloworld-go:1", env: [{ name: "TARGET", value: "knistio" }], ...options.container },
	];
	const template = { metadata: { annotations }, spec: { containers } };
	api.create(
		{
			apiVersion: "serving.knative.dev/v1",
			kind: "Service",
			metadata: { name: "hello", namespace: "bench" },
			spec: { template },
		},
		by,
	);
	const service = () => api.get<KubeObject>("services.serving.knative.dev", { namespace: "bench", name: "hello" });
	const status = () =>
		service()?.status as { url?: string; conditions?: Parameters<typeof conditionOf>[0] } | undefined;
	until("service ready", () => conditionOf(status()?.conditions, "Ready")?.status === "True");
	const host = (status()?.url ?? "").replace("http://", "");
	const revisionPods = () =>
		api.list<Pod>("pods", "bench").filter((pod) => pod.metadata.labels?.["serving.knative.dev/revision"] !== undefined);

	return {
		...simulation,
		clock,
		host,
		request(headers = {}) {
			let answer: GatewayAnswer | undefined;
			gateway.handle({ host, path: "/", headers }, (given) => {
				answer = given;
			});
			until("answer", () => answer !== undefined);
			return answer as GatewayAnswer;
		},
		waitForZero() {
			until("zero", () => revisionPods().length === 0);
			clock.advance(137 + 1000 * world.random.unit("dither"));
		},
		lastColdStart() {
			const truth = world.truth.read();
			const request = truth.requests.at(-1);
			const pod = truth.pods.find((one) => one.uid === request?.podUid);
			if (request === undefined || pod === undefined) throw new Error("no cold start");
			return { request, pod };
		},
	};
}

/** Milliseconds from one true time to another. */
export function betweenMs(from: bigint | undefined, to: bigint | undefined): number {
	if (from === undefined || to === undefined) throw new Error("an instant is missing");
	return Number(to - from) / 1e6;
}
