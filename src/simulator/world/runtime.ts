import type { Container, Pod } from "../api/objects.ts";
import type { SimulatedNs } from "../clock/clock.ts";

/** A container as the container runtime has it. */
export interface RuntimeContainer {
	name: string;
	id: string;
	startedAt: SimulatedNs;
	/** When its process could serve; infinity as long as it cannot. */
	ableAt: SimulatedNs;
	/** When its own probe passes; never before it can serve. */
	passesAt: SimulatedNs;
	/** With the last that it has written, where the pod asks for that. */
	exit?: { code: number; at: SimulatedNs; message?: string };
}

/** What the runtime has of a pod. */
export interface RuntimePod {
	podIp: string | undefined;
	containers: Map<string, RuntimeContainer>;
	/** Called when a container has become able to serve. */
	onAble: Set<() => void>;
}

export function emptyRuntime(): RuntimePod {
	return { podIp: undefined, containers: new Map(), onAble: new Set() };
}

export function copyRuntime(runtime: RuntimePod): RuntimePod {
	const containers = new Map([...runtime.containers].map(([name, container]) => [name, { ...container }]));
	return { podIp: runtime.podIp, containers, onAble: new Set() };
}

export function isRunning(container: RuntimeContainer | undefined): boolean {
	return container !== undefined && container.exit === undefined;
}

/** A native sidecar: an init container that keeps running (KEP-753). */
export function isSidecar(container: Container): boolean {
	return container.restartPolicy === "Always";
}

/** All containers of a pod, init containers first, in the order of its spec. */
export function containersOf(pod: Pod): Container[] {
	return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

/** `spec.initContainers{name}` or `spec.containers{name}`, as events say which container they are about. */
export function fieldPathOf(pod: Pod, name: string): string {
	const isInit = pod.spec.initContainers?.some((container) => container.name === name) === true;
	return `spec.${isInit ? "initContainers" : "containers"}{${name}}`;
}

/** What the probes have found so far; a container without such a probe passes by running. */
export interface ProbeResults {
	started: Set<string>;
	ready: Set<string>;
}

/** Whether the container has started in the sense of its startup probe. */
export function hasStarted(container: Container, observed: RuntimePod, probes: ProbeResults): boolean {
	if (!isRunning(observed.containers.get(container.name))) return false;
	return container.startupProbe === undefined || probes.started.has(container.name);
}

/**
 * The next containers to start: one init container after the other, a native sidecar only holding up the rest until it
 * has started, then all others at once (kuberuntime `computePodActions`).
 */
export function containersToStart(pod: Pod, observed: RuntimePod, probes: ProbeResults): Container[] {
	for (const container of pod.spec.initContainers ?? []) {
		const known = observed.containers.get(container.name);
		if (known === undefined) return [container];
		if (isSidecar(container)) {
			if (known.exit !== undefined) return [container];
			if (!hasStarted(container, observed, probes)) return [];
		} else if (known.exit === undefined || known.exit.code !== 0) return [];
	}
	return pod.spec.containers.filter((container) => observed.containers.get(container.name) === undefined);
}

/**
 * When a container passes its probe: its own process must be up; queue-proxy asks the application, every 50 ms; and
 * with a sidecar the probe goes through the sidecar's agent (Istio's rewriteAppHTTPProbe).
 */
export function ableAt(pod: Pod, container: Container, runtime: RuntimePod): SimulatedNs {
	const names = [container.name];
	if (container.name === "queue-proxy") names.push(...pod.spec.containers.map((other) => other.name));
	const hasProxy = containersOf(pod).some((other) => other.name === "istio-proxy");
	if (hasProxy && container.name !== "istio-proxy") names.push("istio-proxy");
	return Math.max(...names.map((name) => runtime.containers.get(name)?.ableAt ?? Number.POSITIVE_INFINITY));
}
