import { type ConfigMap, isPodReady, type KubeObject, type Pod, uidOf } from "../api/objects.ts";
import type { EndpointSlice } from "../controllers/endpoints.ts";
import { sliceName } from "../controllers/endpoints.ts";
import { hasSidecar } from "../istio/injection.ts";
import { ableAt } from "../world/runtime.ts";
import { refOfKey, type World } from "../world/world.ts";
import type { Autoscaler } from "./autoscaler.ts";

/** Knative's mesh-compatibility-mode: how the activator reaches pods. */
export type MeshMode = "auto" | "enabled" | "disabled";

/** Holds requests until there is a pod to send them to. */
export interface Activator {
	/** Calls back with the pod, once there is a way to it; what it returns takes the request back. */
	hold(revisionKey: string, steps: { onScaled: () => void; onReachable: (pod: Pod) => void }): () => void;
	/** Whether a pod could answer at once. */
	isWarm(revisionKey: string): boolean;
	/** Whether an activator runs at all. */
	isThere(): boolean;
}

interface Backend {
	pod: Pod | undefined;
	waiters: Set<(pod: Pod) => void>;
	/** The pod being probed, so that it is probed once. */
	probing: string | undefined;
	/** In mode auto: a probe was refused by a mesh, so pod IPs are given up for as long as the activator lives. */
	isMesh: boolean;
}

export function startActivator(world: World, autoscaler: Autoscaler): Activator {
	const { api, clock, delays } = world;
	const backends = new Map<string, Backend>();
	/** Read by each activator when it starts, so by the pod's uid. */
	const modes = new Map<string, MeshMode>();

	function activatorPod(): Pod | undefined {
		const pods = api.list<Pod>("pods", "knative-serving");
		return pods.find(
			(pod) =>
				pod.metadata.labels?.app === "activator" && isPodReady(pod) && pod.metadata.deletionTimestamp === undefined,
		);
	}

	api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (pod.metadata.labels?.app !== "activator" || pod.metadata.namespace !== "knative-serving") return;
		const hasStarted = pod.status?.containerStatuses?.some((status) => status.state.running !== undefined) === true;
		if (type === "DELETED") modes.delete(uidOf(pod));
		else if (hasStarted && !modes.has(uidOf(pod))) {
			modes.set(uidOf(pod), configuredMode(world));
			for (const backend of backends.values()) backend.isMesh = false;
		}
	});

	function backendOf(key: string): Backend {
		let backend = backends.get(key);
		if (backend === undefined) {
			backend = { pod: undefined, waiters: new Set(), probing: undefined, isMesh: false };
			backends.set(key, backend);
		}
		return backend;
	}

	/** Looks at the revision's private endpoints and finds a way, or none. */
	function look(key: string): void {
		const backend = backendOf(key);
		const ref = refOfKey(key);
		const name = sliceName(`${ref.name}-private`);
		const slice = api.get<EndpointSlice>("endpointslices.discovery.k8s.io", { namespace: ref.namespace, name });
		const living = (slice?.endpoints ?? []).filter((endpoint) => !endpoint.conditions.terminating);
		const isKnown = living.some((endpoint) => endpoint.targetRef?.uid === (backend.pod && uidOf(backend.pod)));
		if (backend.pod !== undefined && !isKnown) backend.pod = undefined;
		if (backend.pod !== undefined) return;
		const activator = activatorPod();
		const mode = (activator && modes.get(uidOf(activator))) ?? "auto";
		for (const { targetRef, conditions } of living) {
			const pod = targetRef && api.get<Pod>("pods", targetRef);
			if (pod === undefined) continue;
			if (mode !== "enabled" && !backend.isMesh) probe(key, pod, mode);
			else if (conditions.ready) settle(key, pod, delays.of("endpointPush", key));
		}
	}

	/** Probes the pod's own address again and again; kubelet's opinion does not matter. */
	function probe(key: string, pod: Pod, mode: MeshMode): void {
		const backend = backendOf(key);
		const uid = uidOf(pod);
		const queueProxy = pod.spec.containers.find((container) => container.name === "queue-proxy");
		if (backend.probing === uid || queueProxy === undefined) return;
		backend.probing = uid;
		const attempt = () => {
			const runtime = world.running.get(uid);
			if (runtime === undefined || backend.pod !== undefined) {
				backend.probing = undefined;
				return;
			}
			const isUp = ableAt(pod, queueProxy, runtime) <= clock.now();
			const isRefused = isUp && needsMutualTls(world, pod);
			if (isUp && !isRefused) settle(key, pod, 0);
			else if (isRefused && mode === "auto") {
				backend.isMesh = true;
				backend.probing = undefined;
				look(key);
			} else clock.after(world.model.knative.activatorProbeMs, attempt);
		};
		attempt();
	}

	function settle(key: string, pod: Pod, delayMs: number): void {
		clock.after(delayMs, () => {
			const backend = backendOf(key);
			const current = api.get<Pod>("pods", pod.metadata);
			if (backend.pod !== undefined || current === undefined || current.metadata.deletionTimestamp !== undefined)
				return;
			backend.pod = current;
			backend.probing = undefined;
			for (const waiter of [...backend.waiters]) waiter(current);
			backend.waiters.clear();
		});
	}

	api.watch("endpointslices.discovery.k8s.io", ({ object }) => {
		const revision = object.metadata.labels?.["serving.knative.dev/revision"];
		if (revision === undefined || object.metadata.labels?.["networking.internal.knative.dev/serviceType"] !== "Private")
			return;
		const key = `${object.metadata.namespace}/${revision}`;
		clock.after(delays.of("activatorSees", key), () => look(key));
	});

	return {
		isThere: () => activatorPod() !== undefined,
		isWarm: (key) => backendOf(key).pod !== undefined,
		hold(key, { onScaled, onReachable }) {
			const backend = backendOf(key);
			if (backend.pod !== undefined) {
				onReachable(backend.pod);
				return () => {};
			}
			backend.waiters.add(onReachable);
			clock.after(delays.of("activatorToAutoscaler", key), () => autoscaler.poke(key, onScaled));
			look(key);
			return () => backend.waiters.delete(onReachable);
		},
	};
}

function configuredMode({ api }: World): MeshMode {
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-network" });
	const mode = config?.data?.["mesh-compatibility-mode"];
	return mode === "enabled" || mode === "disabled" ? mode : "auto";
}

/** Whether a sidecar refuses plain HTTP: a PeerAuthentication of the namespace, or else of the mesh, is STRICT. */
export function needsMutualTls({ api }: World, pod: Pod): boolean {
	if (!hasSidecar(pod)) return false;
	for (const namespace of [pod.metadata.namespace ?? "", "istio-system"]) {
		for (const policy of api.list<KubeObject>("peerauthentications.security.istio.io", namespace)) {
			const spec = policy.spec as { mtls?: { mode?: string }; selector?: unknown } | undefined;
			if (spec?.selector === undefined && spec?.mtls?.mode !== undefined) return spec.mtls.mode === "STRICT";
		}
	}
	return false;
}
