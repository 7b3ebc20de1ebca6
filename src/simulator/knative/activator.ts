import { type Container, type Pod, uidOf } from "../api/objects.ts";
import type { EndpointSlice } from "../controllers/endpoints.ts";
import { sliceName } from "../controllers/endpoints.ts";
import { ableAt } from "../world/runtime.ts";
import { refOfKey, type World } from "../world/world.ts";
import type { Autoscaler } from "./autoscaler.ts";
import { type EndpointPushes, followEndpoints } from "./endpoint-pushes.ts";
import { type MeshMode, type MeshModes, needsMutualTls, readyActivators, watchMeshModes } from "./mesh-mode.ts";

/** What a request that waits at the activator is waiting for. */
export interface HoldSteps {
	/** The autoscaler has scaled the revision. */
	onScaled(): void;
	/** The activator has found a pod that it can reach. */
	onReachable(pod: Pod): void;
}

/** Holds requests until there is a pod to send them to. */
export interface Activator {
	/** Holds a request until a pod can be reached; the result takes the request back. */
	hold(revisionKey: string, steps: HoldSteps): () => void;
	/** Whether a pod could answer at once. */
	isWarm(revisionKey: string): boolean;
	/** Whether an activator runs at all. */
	isThere(): boolean;
}

/** What the activator knows of the pods of one revision. */
interface Backend {
	/** The revision, as `namespace/name`. */
	key: string;
	/** The pod that requests are sent to. */
	pod: Pod | undefined;
	waiters: Set<(pod: Pod) => void>;
	/** The uid of the pod that is being probed, so that it is not probed twice at a time. */
	probing: string | undefined;
	/** In mode auto: a mesh refused a probe, so pod IPs are not used again until another activator starts. */
	isMesh: boolean;
}

interface ActivatorState {
	world: World;
	backends: Map<string, Backend>;
	modes: MeshModes;
	pushes: EndpointPushes;
}

export function startActivator(world: World, autoscaler: Autoscaler): Activator {
	const backends = new Map<string, Backend>();
	const modes = watchMeshModes(world, () => {
		for (const backend of backends.values()) backend.isMesh = false;
	});
	const state: ActivatorState = { world, backends, modes, pushes: followEndpoints(world) };
	watchEndpoints(state);
	return {
		isThere: () => runningActivator(world) !== undefined,
		isWarm: (key) => backendOf(state, key).pod !== undefined,
		hold: (key, steps) => hold(state, autoscaler, { key, steps }),
	};
}

function runningActivator(world: World): Pod | undefined {
	return readyActivators(world).find((pod) => pod.metadata.deletionTimestamp === undefined);
}

function backendOf({ backends }: ActivatorState, key: string): Backend {
	let backend = backends.get(key);
	if (backend === undefined) {
		backend = { key, pod: undefined, waiters: new Set(), probing: undefined, isMesh: false };
		backends.set(key, backend);
	}
	return backend;
}

function hold(
	state: ActivatorState,
	autoscaler: Autoscaler,
	{ key, steps: { onScaled, onReachable } }: { key: string; steps: HoldSteps },
): () => void {
	const { clock, delays } = state.world;
	const backend = backendOf(state, key);
	if (backend.pod !== undefined) {
		onReachable(backend.pod);
		return () => {};
	}
	backend.waiters.add(onReachable);
	clock.after(delays.of("activatorToAutoscaler", key), () => autoscaler.poke(key, onScaled));
	findPod(state, backend);
	return () => backend.waiters.delete(onReachable);
}

/** Looks for a pod again whenever the private endpoints of a revision have changed. */
function watchEndpoints(state: ActivatorState): void {
	const { api, clock, delays } = state.world;
	api.watch("endpointslices.discovery.k8s.io", ({ object }) => {
		const revision = object.metadata.labels?.["serving.knative.dev/revision"];
		if (revision === undefined || object.metadata.labels?.["networking.internal.knative.dev/serviceType"] !== "Private")
			return;
		const key = `${object.metadata.namespace}/${revision}`;
		clock.after(delays.of("activatorSees", key), () => findPod(state, backendOf(state, key)));
	});
}

/** Forgets a pod that has left the private endpoints, and looks there for one that can be reached. */
function findPod(state: ActivatorState, backend: Backend): void {
	const { world, modes } = state;
	const endpoints = livingEndpoints(world, backend.key);
	const isKnown = endpoints.some((endpoint) => endpoint.targetRef?.uid === (backend.pod && uidOf(backend.pod)));
	if (backend.pod !== undefined && !isKnown) backend.pod = undefined;
	if (backend.pod !== undefined) return;
	const mode = modes.of(runningActivator(world));
	for (const { targetRef, conditions } of endpoints) {
		const pod = targetRef && world.api.get<Pod>("pods", targetRef);
		if (pod === undefined) continue;
		if (mode !== "enabled" && !backend.isMesh) startProbing(state, backend, { pod, mode });
		else if (conditions.ready) {
			const usualMs = world.delays.of("endpointPush", backend.key);
			state.pushes.onArrived(sliceOf(backend.key), usualMs, () => usePod(world, backend, pod));
		}
	}
}

function livingEndpoints({ api }: World, key: string): NonNullable<EndpointSlice["endpoints"]> {
	const slice = api.get<EndpointSlice>("endpointslices.discovery.k8s.io", refOfKey(sliceOf(key)));
	return (slice?.endpoints ?? []).filter((endpoint) => !endpoint.conditions.terminating);
}

/** The slice of a revision's private service. */
function sliceOf(key: string): string {
	const { namespace, name } = refOfKey(key);
	return `${namespace}/${sliceName(`${name}-private`)}`;
}

interface Probing {
	pod: Pod;
	mode: MeshMode;
}

/** Probes the pod's own address again and again; whether the kubelet calls the pod ready does not matter. */
function startProbing(state: ActivatorState, backend: Backend, { pod, mode }: Probing): void {
	const queueProxy = pod.spec.containers.find((container) => container.name === "queue-proxy");
	if (backend.probing === uidOf(pod) || queueProxy === undefined) return;
	backend.probing = uidOf(pod);
	probe(state, backend, { pod, mode, queueProxy });
}

function probe(state: ActivatorState, backend: Backend, probing: Probing & { queueProxy: Container }): void {
	const { world } = state;
	const { pod, mode, queueProxy } = probing;
	const runtime = world.running.get(uidOf(pod));
	if (runtime === undefined || backend.pod !== undefined) {
		backend.probing = undefined;
		return;
	}
	const isUp = ableAt(pod, queueProxy, runtime) <= world.clock.now();
	const isRefused = isUp && needsMutualTls(world, pod);
	if (isUp && !isRefused) world.clock.after(0, () => usePod(world, backend, pod));
	else if (isRefused && mode === "auto") {
		backend.isMesh = true;
		backend.probing = undefined;
		findPod(state, backend);
	} else world.clock.after(world.model.knative.activatorProbeMs, () => probe(state, backend, probing));
}

/** Sends the revision's requests to this pod from now on, unless another one was found before. */
function usePod(world: World, backend: Backend, pod: Pod): void {
	const current = world.api.get<Pod>("pods", pod.metadata);
	if (backend.pod !== undefined || current === undefined || current.metadata.deletionTimestamp !== undefined) return;
	backend.pod = current;
	backend.probing = undefined;
	for (const waiter of [...backend.waiters]) waiter(current);
	backend.waiters.clear();
}
