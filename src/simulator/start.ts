import { createCertificate } from "../certificate.ts";
import { createApi } from "./api/api.ts";
import { createResources } from "./api/resources.ts";
import { createStore } from "./api/store.ts";
import { type Clock, createRealClock, type TimeScale } from "./clock/clock.ts";
import { createRandom } from "./clock/random.ts";
import { startDefinitions } from "./controllers/definitions.ts";
import { startDeployments } from "./controllers/deployments.ts";
import { startEndpoints } from "./controllers/endpoints.ts";
import { startGarbageCollection } from "./controllers/garbage.ts";
import { startJobs } from "./controllers/jobs.ts";
import { startPodSecurity } from "./controllers/pod-security.ts";
import { startDaemonSets, startReplicaSets } from "./controllers/pod-sets.ts";
import { startScheduler } from "./controllers/scheduler.ts";
import { createFaultEffects } from "./faults/effects.ts";
import type { FaultEffects } from "./faults/fault.ts";
import type { FaultRegistry, Faults } from "./faults/registry.ts";
import { openNodePorts } from "./http/node-ports.ts";
import { createProxyHandler } from "./http/proxy.ts";
import { startServer } from "./http/server.ts";
import { startInjection } from "./istio/injection.ts";
import { startIstiod } from "./istio/istiod.ts";
import { waitProgram } from "./istio/wait-program.ts";
import { startActivator } from "./knative/activator.ts";
import { startAutoscaler } from "./knative/autoscaler.ts";
import { type Gateway, startGateway } from "./knative/gateway.ts";
import { startIngresses } from "./knative/ingresses.ts";
import { createNamespaces, defineKnative, installKnative } from "./knative/preinstalled.ts";
import { startRevisions } from "./knative/revisions.ts";
import { startKnativeServices } from "./knative/services.ts";
import { createDelays, loadModel, type Model } from "./model/model.ts";
import { startKubelet } from "./nodes/kubelet.ts";
import { startTraceBackend } from "./traces/server.ts";
import { createContainerLogs } from "./world/logs.ts";
import { createMachine } from "./world/machine.ts";
import type { Program } from "./world/programs.ts";
import { type ClusterTruth, createTruthRecorder } from "./world/truth.ts";
import type { World } from "./world/world.ts";

/** What kind of cluster is wanted. */
export interface SimulationOptions {
	/** `today`, `kubernetes-1.34` or `talk-2019`. */
	model: string;
	/** The same seed gives the same delays. */
	seed: number;
	/** Simulated seconds in a real second. */
	speed: number;
	faults?: Faults;
	/** How many nodes; one by default. */
	nodes?: number;
	/** Whether kubelet, runtime and API server send traces, to a backend of their own. */
	traces?: boolean;
	/** When simulated time begins, ns since 1970; the machine's own time by default. */
	epochNs?: bigint;
	/** What runs in containers in earnest; nothing by default. Only for a cluster in this thread. */
	program?: Program;
}

/** A running simulated cluster. */
export interface SimulatedCluster {
	/** YAML of a kubeconfig with the one context `simulated`; written nowhere. */
	kubeconfig: string;
	/** Maps `process.hrtime.bigint()` to simulated time, with `simulatedEpochNs`. */
	timeScale: TimeScale;
	/** Where the traces can be asked for, by Jaeger's query API; undefined where none are sent. */
	tracesUrl?: string;
	/** Everything that really happened so far. */
	truth(): Promise<ClusterTruth>;
	close(): Promise<void>;
}

/** The cluster's insides without any socket: what HTTP adds to it is the way in. */
export interface Simulation {
	world: World;
	gateway: Gateway;
}

/** What a simulation is made of, besides its clock. */
export interface SimulationParts {
	model: Model;
	seed: number;
	/** Parameters by the names of faults. */
	faults?: Readonly<Record<string, unknown>>;
	nodes?: number;
	/** Which faults there are; knistio's own by default. */
	registry?: FaultRegistry;
	program?: Program;
}

/** How many changes of a resource a watch can resume after; a burst of a hundred cold starts makes some 1,500 of pods. */
const historyLength = 4_000;

/** Builds the cluster on a clock: objects, controllers, nodes and Knative, but no Istio. */
export function createSimulation(clock: Clock, options: SimulationParts): Simulation {
	const { model, seed } = options;
	const random = createRandom(seed);
	const store = createStore(historyLength);
	const faults = createFaultEffects(options.faults ?? {}, random, options.registry);
	const nodes = Array.from({ length: options.nodes ?? 1 }, (_, index) => `node-${index + 1}`);
	const offsetNs = (ms: number) => BigInt(Math.round(ms * 1e6));
	const serverEpochNs = () => clock.epochNs() + offsetNs(faults.serverClockAheadMs());
	const world: World = {
		api: createApi({ resources: createResources(), store, random, serverEpochNs }),
		clock,
		model,
		delays: createDelays(model, random),
		random,
		faults,
		truth: createTruthRecorder(clock, store, clocksAheadMs(faults, nodes)),
		machines: new Map(nodes.map((node) => [node, createMachine(clock, model)])),
		running: new Map(),
		program: (pod, container, io) => options.program?.(pod, container, io) ?? waitProgram(world)(pod, container, io),
		logs: createContainerLogs(),
		serverEpochNs,
		nodeEpochNs: (node) => clock.epochNs() + offsetNs(faults.nodeClockAheadMs(node)),
	};
	startDefinitions(world);
	createNamespaces(world);
	startCore(world, nodes);
	defineKnative(world);
	const gateway = startKnative(world);
	installKnative(world);
	return { world, gateway };
}

function clocksAheadMs(faults: FaultEffects, nodes: readonly string[]): ClusterTruth["clocksAheadMs"] {
	const ofNodes = nodes.map((node) => [node, faults.nodeClockAheadMs(node)] as const);
	return {
		server: faults.serverClockAheadMs(),
		nodes: Object.fromEntries(ofNodes.filter(([, aheadMs]) => aheadMs !== 0)),
	};
}

function startCore(world: World, nodes: readonly string[]): void {
	startGarbageCollection(world);
	startInjection(world);
	startPodSecurity(world);
	startDeployments(world);
	startReplicaSets(world);
	startDaemonSets(world, nodes);
	startJobs(world);
	startEndpoints(world);
	startScheduler(world, nodes);
	startIstiod(world);
	for (const [index, name] of nodes.entries()) startKubelet(world, { name, index });
}

function startKnative(world: World): Gateway {
	startKnativeServices(world);
	startRevisions(world);
	const rules = startIngresses(world);
	const autoscaler = startAutoscaler(world);
	return startGateway(world, { activator: startActivator(world, autoscaler), autoscaler, rules });
}

const ownNames = { commonName: "simulated Kubernetes", hosts: ["localhost"], addresses: ["127.0.0.1"] };

/** Starts a cluster in this thread, with its API server and node ports on 127.0.0.1. */
export async function startSimulatedCluster(options: SimulationOptions): Promise<SimulatedCluster> {
	const epochNsAtStart = options.epochNs ?? BigInt(Date.now()) * 1_000_000n;
	const timeScale: TimeScale = { hrtimeAtStart: process.hrtime.bigint(), epochNsAtStart, speed: options.speed };
	const clock = createRealClock(timeScale);
	const { world, gateway } = createSimulation(clock, { ...options, model: loadModel(options.model) });
	const token = createRandom(Date.now()).suffix("token", 32);
	const certificate = createCertificate(ownNames);
	const nodePorts = await openNodePorts({ api: world.api, clock, gateway });
	const server = await startServer({
		api: world.api,
		clock,
		faults: world.faults,
		token,
		certificate,
		kubernetesVersion: world.model.versions.kubernetes,
		serverEpochNs: world.serverEpochNs,
		proxy: createProxyHandler(world, gateway),
		logs: world.logs,
	});
	world.faults.onServerStarted({
		dropWatches: server.dropWatches,
		compact: server.compact,
		every: (periodMs, act) => repeat(clock, periodMs, act),
	});
	const truth = () => {
		clock.catchUp();
		return world.truth.read();
	};
	const backend = options.traces === true ? await startTraceBackend(truth) : undefined;
	return {
		kubeconfig: kubeconfigOf(server.origin, token, certificate.certificate),
		timeScale,
		...(backend === undefined ? {} : { tracesUrl: backend.url }),
		truth: async () => truth(),
		async close() {
			clock.close();
			await Promise.all([server.close(), nodePorts.close(), backend?.close()]);
		},
	};
}

function repeat(clock: Clock, periodMs: number, act: () => void): void {
	clock.after(periodMs, () => {
		act();
		repeat(clock, periodMs, act);
	});
}

function kubeconfigOf(server: string, token: string, certificate: string): string {
	return `apiVersion: v1
kind: Config
current-context: simulated
clusters:
- name: simulated
  cluster:
    server: ${server}
    certificate-authority-data: ${Buffer.from(certificate).toString("base64")}
users:
- name: simulated
  user:
    token: ${token}
contexts:
- name: simulated
  context:
    cluster: simulated
    user: simulated
`;
}
