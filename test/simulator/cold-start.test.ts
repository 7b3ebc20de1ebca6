import { describe, expect, it } from "vitest";
import type { KubeObject, Pod, PodStatus, Workload } from "../../src/simulator/api/objects.ts";
import { createManualClock } from "../../src/simulator/clock/clock.ts";
import type { EndpointSlice } from "../../src/simulator/controllers/endpoints.ts";
import { hostOf } from "../../src/simulator/knative/routes.ts";
import { loadModel } from "../../src/simulator/model/model.ts";
import { createSimulation } from "../../src/simulator/start.ts";
import type { ContainerInstant } from "../../src/simulator/world/truth.ts";
import { parseTime } from "../../src/text/timestamp.ts";
import { type Bench, type BenchOptions, betweenMs, openBench, type Shape } from "./in-memory.ts";

interface Told extends KubeObject {
	reason: string;
	firstTimestamp: string | null;
	eventTime: string | null;
	involvedObject: { uid: string; fieldPath?: string };
}

/** One cold start with all that watches would have shown of its pod. */
function coldStart(options: BenchOptions) {
	const bench = openBench(options);
	bench.waitForZero();
	const versions: Pod[] = [];
	bench.world.api.store.subscribe("pods", ({ object }) => versions.push(object as Pod));
	const answer = bench.request();
	bench.clock.advance(6_000);
	const { request, pod: truth } = bench.lastColdStart();
	const own = versions.filter((version) => version.metadata.uid === truth.uid);
	const events = bench.world.api
		.list<Told>("events", "bench")
		.filter((event) => event.involvedObject.uid === truth.uid);
	return { bench, answer, request, truth, versions: own, events, pod: own.at(-1) as Pod };
}

const names = (pod: Pod) => ({
	init: (pod.spec.initContainers ?? []).map((one) => one.name),
	main: pod.spec.containers.map((one) => one.name),
});
const added = (pod: Pod) =>
	[...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(
		(one) => (one.securityContext?.capabilities as { add?: string[] })?.add ?? [],
	);

describe("the shape of the pod", () => {
	it.each<[Shape, string[], string[], string[]]>([
		["none", [], ["user-container", "queue-proxy"], []],
		["classic", ["istio-init"], ["user-container", "queue-proxy", "istio-proxy"], ["NET_ADMIN", "NET_RAW"]],
		["native", ["istio-init", "istio-proxy"], ["user-container", "queue-proxy"], ["NET_ADMIN", "NET_RAW"]],
		["cni", ["istio-validation", "istio-proxy"], ["user-container", "queue-proxy"], []],
	])("%s", (shape, init, main, capabilities) => {
		const { pod, answer, request } = coldStart({ shape });
		expect(names(pod)).toEqual({ init, main });
		expect(added(pod)).toEqual(capabilities);
		expect([answer.status, answer.body, request.isCold]).toEqual([200, "Hello knistio!\n", true]);
		expect(answer.headers.server).toBe("istio-envoy");
	});
});

it("lets the first request of a service that began without a pod wait for the autoscaler's next look", () => {
	const idle = { "autoscaling.knative.dev/initial-scale": "0" };
	const waitsMs = [1, 2, 3, 4].map((seed) => {
		const bench = openBench({ shape: "none", seed, annotations: idle });
		return [1, 2].map(() => {
			bench.waitForZero();
			bench.request();
			const { request, pod } = bench.lastColdStart();
			expect(request.isCold).toBe(true);
			return betweenMs(request.instants.received, pod.instants.requested);
		});
	});
	const [first, later] = [waitsMs.map(([ms]) => ms ?? 0), waitsMs.map(([, ms]) => ms ?? 0)];
	expect(Math.max(...later)).toBeLessThan(300);
	expect(Math.max(...first)).toBeGreaterThan(500);
	expect(Math.max(...first)).toBeLessThan(2_300);
});

describe("the order of things", () => {
	it("shows all containers waiting before any is started, and the containers of one pass together", () => {
		const { versions, truth } = coldStart({ shape: "none" });
		const first = versions.find((version) => version.status?.containerStatuses !== undefined) as Pod;
		expect(first.status?.containerStatuses?.map((one) => one.state.waiting?.reason)).toEqual([
			"ContainerCreating",
			"ContainerCreating",
		]);
		expect(first.status?.podIP).toBeUndefined();
		const running = (status: PodStatus | undefined) =>
			(status?.containerStatuses ?? []).filter((one) => one.state.running !== undefined).length;
		expect(new Set(versions.map((version) => running(version.status)))).toEqual(new Set([0, 2]));
		const [user, queue] = [truth.containers["user-container"], truth.containers["queue-proxy"]];
		expect(betweenMs(user?.started, queue?.created)).toBeGreaterThan(0);
	});

	it.each<Shape>(["none", "classic", "native", "cni"])("is that of causes: %s", (shape) => {
		// A kubelet of today may find the pod Ready only when it has gone to zero.
		const { truth, request, pod } = coldStart({ shape, model: "kubernetes-1.34" });
		const { instants } = truth;
		const chain = [
			request.instants.received,
			request.instants.atActivator,
			request.instants.scaled,
			instants.created,
			instants.scheduled,
			instants.kubeletSaw,
			instants.sandboxReady,
		];
		for (const [index, instant] of chain.slice(1).entries())
			expect(betweenMs(chain[index], instant)).toBeGreaterThan(0);
		const steps: ContainerInstant[] = ["pulled", "created", "started"];
		let last = instants.sandboxReady;
		for (const { name } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
			for (const step of steps) {
				expect(betweenMs(last, truth.containers[name]?.[step])).toBeGreaterThanOrEqual(0);
				last = truth.containers[name]?.[step];
			}
		}
		expect(betweenMs(instants.ready, instants.shownReady)).toBeGreaterThan(0);
	});

	it("starts the application only after a native sidecar has started, and beside a classic one", () => {
		const native = coldStart({ shape: "native" }).truth.containers;
		expect(betweenMs(native["istio-proxy"]?.started, native["user-container"]?.pulled)).toBeGreaterThan(620);
		const classic = coldStart({ shape: "classic" }).truth.containers;
		expect(betweenMs(classic["user-container"]?.started, classic["istio-proxy"]?.created)).toBeGreaterThan(0);
		expect(betweenMs(classic["istio-init"]?.exited, classic["user-container"]?.pulled)).toBeLessThan(1_100);
	});

	it("holds the application by a postStart hook where the classic sidecar is told to", () => {
		const annotations = { "proxy.istio.io/config": "{holdApplicationUntilProxyStarts: true}" };
		const faults = { slowContainers: { "istio-proxy": 2_000 } };
		for (const seed of [1, 2, 3]) {
			const { truth, pod } = coldStart({ shape: "classic", seed, annotations, faults });
			expect(names(pod).main).toEqual(["istio-proxy", "user-container", "queue-proxy"]);
			const { started, hookEnded, startupPassed } = truth.containers["istio-proxy"] ?? {};
			const heldMs = betweenMs(started, hookEnded);
			expect(heldMs).toBeGreaterThan(2_000);
			expect(heldMs % 500).toBeGreaterThan(20);
			expect(heldMs % 500).toBeLessThan(300);
			expect(betweenMs(hookEnded, truth.containers["user-container"]?.pulled)).toBe(0);
			expect(betweenMs(truth.containers["queue-proxy"]?.started, startupPassed)).toBeGreaterThan(0);
		}
	});

	it("has no hook where nothing is to be held, or the sidecar is native", () => {
		const held = { "proxy.istio.io/config": "{holdApplicationUntilProxyStarts: true}" };
		const own = coldStart({ shape: "classic", annotations: { "proxy.istio.io/config": "{concurrency: 2}" } });
		expect(names(own.pod).main).toEqual(["user-container", "queue-proxy", "istio-proxy"]);
		for (const { pod, truth } of [own, coldStart({ shape: "native", annotations: held })]) {
			const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
			expect(all.find(({ name }) => name === "istio-proxy")?.lifecycle).toBeUndefined();
			expect(truth.containers["istio-proxy"]).not.toHaveProperty("hookEnded");
		}
	});

	it("waits for a relist before it shows what runs, unless the kubelet relists on demand", () => {
		const lagOf = (relistsOnDemand: boolean, seed: number) => {
			const kubelet = { relistMs: 1000, relistsOnDemand, probeSecondMs: 1000 };
			const { truth } = coldStart({ shape: "none", seed, changed: { kubelet } });
			return betweenMs(truth.containers["queue-proxy"]?.started, truth.containers["user-container"]?.shownReady);
		};
		const seeds = [1, 2, 3, 4, 5, 6];
		const periodic = seeds.map((seed) => lagOf(false, seed));
		expect(Math.max(...periodic)).toBeGreaterThan(500);
		expect(Math.max(...periodic)).toBeLessThan(1_100);
		for (const seed of seeds) expect(lagOf(true, seed)).toBeLessThan(100);
	});

	it("begins each pass of a pod only after a relist, even where a probe has passed in between", () => {
		for (const seed of [1, 2, 3]) {
			const { truth } = coldStart({ shape: "native", seed });
			const passes = ["istio-proxy", "user-container"].map((name) => truth.containers[name]?.pulled);
			expect(betweenMs(passes[0], passes[1]) % 1000).toBeCloseTo(0, 3);
		}
	});

	it("probes a slow readiness on the grid of its period", () => {
		const readinessProbe = { httpGet: { path: "/" }, initialDelaySeconds: 3, periodSeconds: 2 };
		const { truth } = coldStart({ shape: "none", container: { readinessProbe } });
		expect(betweenMs(truth.containers["queue-proxy"]?.started, truth.instants.ready)).toBeGreaterThan(3_000);
	});
});

describe("what the API tells of time", () => {
	it("names the kubelet's events by their nanoseconds, whose second is firstTimestamp", () => {
		const { events, truth } = coldStart({ shape: "native" });
		const ofKubelet = events.filter((event) => event.reason !== "Scheduled");
		expect(ofKubelet.map((event) => event.reason).sort()).toEqual(
			[..."abcd"].flatMap(() => ["Created", "Pulled", "Started"]).sort(),
		);
		for (const event of ofKubelet) {
			const name = /\{(.+)\}/.exec(event.involvedObject.fieldPath ?? "")?.[1] ?? "";
			const told = BigInt(`0x${event.metadata.name.split(".").at(-1)}`);
			const lateMs = betweenMs(truth.containers[name]?.[event.reason.toLowerCase() as "started"], told);
			expect(lateMs).toBeGreaterThan(0);
			expect(lateMs).toBeLessThan(10);
			expect(Date.parse(event.firstTimestamp ?? "") / 1000).toBe(Number(told / 1_000_000_000n));
			expect(event.eventTime).toBeNull();
		}
	});

	it("gives the scheduler's event microseconds and no firstTimestamp", () => {
		const { events, truth } = coldStart({ shape: "none" });
		const [scheduled] = events.filter((event) => event.reason === "Scheduled");
		expect(scheduled).toMatchObject({
			firstTimestamp: null,
			eventTime: expect.stringMatching(/\.\d{6}Z$/),
			reportingComponent: "default-scheduler",
		});
		const micros =
			BigInt(Date.parse(scheduled?.eventTime?.replace(/\.\d+Z/, "Z") ?? "")) * 1000n +
			BigInt(/\.(\d{6})Z/.exec(scheduled?.eventTime ?? "")?.[1] ?? 0);
		expect(micros).toBe((truth.instants.scheduled ?? 0n) / 1000n);
	});

	it("cuts status times to seconds", () => {
		const { pod, truth } = coldStart({ shape: "none" });
		const startedAt =
			pod.status?.containerStatuses?.find((one) => one.name === "user-container")?.state.running?.startedAt ?? "";
		expect(BigInt(Date.parse(startedAt)) / 1000n).toBe(
			(truth.containers["user-container"]?.started ?? 0n) / 1_000_000_000n,
		);
	});

	it("shows the clocks of nodes that are off, while the truth is not", () => {
		const faults = { nodeClockOffsetsMs: { "node-1": 300_000 } };
		const { events, truth } = coldStart({ shape: "native", faults });
		const started = events.find((event) => event.reason === "Started") as Told;
		const told = BigInt(`0x${started.metadata.name.split(".").at(-1)}`);
		expect(betweenMs(truth.instants.created, told)).toBeGreaterThan(300_000);
		expect(betweenMs(truth.instants.created, truth.instants.ready)).toBeLessThan(10_000);
	});

	it("renews each node's lease every 10 s, with a time of the node's clock from before it writes", () => {
		const clock = createManualClock(1_700_000_000_000_000_000n);
		const faults = { nodeClockOffsetsMs: { "node-2": -5_000 } };
		const { world } = createSimulation(clock, { model: loadModel("today"), seed: 1, nodes: 2, faults });
		const renewed: { name: string; at: bigint; stamp: bigint }[] = [];
		world.api.watch("leases.coordination.k8s.io", ({ object: { metadata, spec } }) => {
			const { renewTime } = spec as { renewTime: string };
			renewed.push({ name: metadata.name, at: clock.epochNs(), stamp: parseTime(renewTime) ?? 0n });
		});
		clock.advance(60_000);
		for (const [name, aheadMs] of [
			["node-1", 0],
			["node-2", -5_000],
		] as const) {
			const own = renewed.filter((each) => each.name === name);
			expect(own).toHaveLength(6);
			for (const [index, { at, stamp }] of own.entries()) {
				const lateMs = betweenMs(stamp, at) + aheadMs;
				expect(lateMs).toBeGreaterThan(0);
				expect(lateMs).toBeLessThan(200);
				const before = own[index - 1];
				if (before === undefined) continue;
				expect(betweenMs(before.stamp, stamp)).toBeGreaterThanOrEqual(10_000);
				expect(betweenMs(before.stamp, stamp)).toBeLessThanOrEqual(10_400.001);
			}
		}
	});

	it("loses events when told to, and nothing else", () => {
		const { events, answer } = coldStart({ shape: "native", faults: { lostEvents: 1 } });
		expect(events).toEqual([]);
		expect(answer.status).toBe(200);
	});
});

describe("images", () => {
	it("are pulled once per node where the node lacks them", () => {
		const { events, truth, bench } = coldStart({ shape: "none", faults: { pullsImages: true } });
		// The pod that made the service ready has pulled it already.
		expect(events.filter((event) => event.reason === "Pulling")).toEqual([]);
		const [first] = bench.world.truth.read().pods.filter((pod) => pod.namespace === "bench");
		expect(first?.uid).not.toBe(truth.uid);
		expect(
			betweenMs(first?.containers["user-container"]?.pulling, first?.containers["user-container"]?.pulled),
		).toBeGreaterThan(1_000);
	});

	it("that are nowhere leave the pod waiting with the kubelet's reason", () => {
		const bench = openBench({ shape: "none" });
		const container = { name: "c", image: "registry.invalid/nothing:1" };
		const pod = {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "p", namespace: "bench" },
			spec: { containers: [container] },
		};
		bench.world.api.create(pod, { manager: "test" });
		bench.clock.advance(20_000);
		const status = bench.world.api.get<Pod>("pods", { namespace: "bench", name: "p" })?.status;
		expect(status?.containerStatuses?.[0]?.state.waiting?.reason).toBe("ImagePullBackOff");
	});
});

describe("mesh and policy", () => {
	const strict = (bench: Bench) =>
		bench.world.api.create(
			{
				apiVersion: "security.istio.io/v1",
				kind: "PeerAuthentication",
				metadata: { name: "default", namespace: "istio-system" },
				spec: { mtls: { mode: "STRICT" } },
			},
			{ manager: "test" },
		);

	it("denies by header only where a sidecar can", () => {
		const header = { "x-knistio-deny": "1" };
		const denied = openBench({ shape: "native", policy: true }).request(header);
		expect([denied.status, denied.body]).toEqual([403, "RBAC: access denied"]);
		expect(openBench({ shape: "native", policy: true }).request().status).toBe(200);
		expect(openBench({ shape: "none", policy: true }).request(header).status).toBe(200);
	});

	it("refuses an activator without a sidecar where mutual TLS is required", () => {
		const bench = openBench({ shape: "native", injectsKnative: false });
		strict(bench);
		expect(bench.request().status).toBe(503);
	});

	it("answers before Ready by pod IP, and after it by cluster IP", () => {
		const ahead = (options: BenchOptions) => {
			const { request, truth } = coldStart(options);
			return betweenMs(request.instants.reachable, truth.instants.ready);
		};
		const slow = { readinessProbe: { httpGet: { path: "/" }, initialDelaySeconds: 3, periodSeconds: 1 } };
		expect(ahead({ shape: "none", container: slow })).toBeGreaterThan(1_000);
		expect(ahead({ shape: "none", container: slow, meshMode: "enabled" })).toBeLessThan(0);
	});

	it("falls back to the cluster IP in mode auto when a mesh refuses probes", () => {
		const bench = openBench({ shape: "native", meshMode: "auto" });
		strict(bench);
		bench.waitForZero();
		expect(bench.request().status).toBe(200);
	});

	it("gives a service the domain whose selector fits best", () => {
		const { world } = openBench({ shape: "none" });
		const service = { apiVersion: "", kind: "", metadata: { name: "s", namespace: "n", labels: { team: "a" } } };
		const hostWith = (data: Record<string, string>) => {
			world.api.edit<KubeObject>(
				"configmaps",
				{ namespace: "knative-serving", name: "config-domain" },
				{ manager: "test", change: (draft) => Object.assign(draft, { data }) },
			);
			return hostOf(world, service);
		};
		const [fitting, other] = ["selector:\n  team: a\n", "selector:\n  team: b\n"];
		expect(hostWith({})).toBe("s.n.svc.cluster.local");
		expect(hostWith({ "a.example": fitting, "b.example": other })).toBe("s.n.a.example");
		expect(hostWith({ "all.example": "", "a.example": fitting })).toBe("s.n.a.example");
		expect(hostWith({ "all.example": "", "b.example": other })).toBe("s.n.all.example");
	});

	it("knows no other host", () => {
		const bench = openBench({ shape: "none" });
		const { host: _, ...rest } = bench;
		let status = 0;
		rest.gateway.handle({ host: "other.example.com", path: "/", headers: {} }, (answer) => {
			status = answer.status;
		});
		bench.clock.advance(1_000);
		expect(status).toBe(404);
	});
});

describe("scale to zero", () => {
	it("comes a window and a tick after the last request, and the pod drains until its grace is cut", () => {
		const bench = openBench({ shape: "none" });
		const idleFrom = bench.clock.now();
		const deployment = () =>
			bench.world.api.get<Workload>("deployments.apps", { namespace: "bench", name: "hello-00001-deployment" });
		const replicas = () => deployment()?.spec.replicas ?? Number.NaN;
		while (replicas() > 0) bench.clock.advance(50);
		expect((bench.clock.now() - idleFrom) / 1e9).toBeLessThan(8.5);
		bench.clock.advance(5_000);
		const [pod] = bench.world.api.list<Pod>("pods", "bench");
		expect(pod?.metadata.deletionTimestamp).toEqual(expect.any(String));
		const slices = bench.world.api.list<EndpointSlice>("endpointslices.discovery.k8s.io", "bench");
		const own = slices
			.flatMap((slice) => slice.endpoints ?? [])
			.filter(({ targetRef }) => targetRef?.uid === pod?.metadata.uid);
		expect(own.map(({ conditions }) => conditions)).toEqual([{ ready: false, serving: true, terminating: true }]);
		const versions: Pod[] = [];
		bench.world.api.store.subscribe("pods", ({ object }) => versions.push(object as Pod));
		const resource = bench.world.api.resources.byId("pods");
		if (resource !== undefined && pod !== undefined)
			bench.world.api.remove(resource, pod.metadata, { gracePeriodSeconds: 1 });
		bench.clock.advance(3_000);
		expect(bench.world.api.list("pods", "bench")).toEqual([]);
		const phases = versions.map((version) => [version.status?.phase, version.metadata.deletionGracePeriodSeconds]);
		expect(phases).toEqual([
			["Running", 1],
			["Failed", 1],
			["Failed", 0],
			["Failed", 0],
		]);
	});
});

describe("determinism", () => {
	const story = (seed: number) => {
		const bench = openBench({ shape: "native", seed, nodes: 3 });
		for (let round = 0; round < 2; round++) {
			bench.waitForZero();
			bench.request();
		}
		return bench.world.truth.read();
	};

	it("gives the same truth for the same seed, and another for another", () => {
		expect(story(7)).toEqual(story(7));
		expect(story(8).requests).not.toEqual(story(7).requests);
	});
});
