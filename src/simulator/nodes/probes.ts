import type { Container, Pod, Probe } from "../api/objects.ts";
import type { SimulatedNs } from "../clock/clock.ts";
import { containersOf, hasStarted, isRunning, type ProbeResults, type RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";

/** The probe workers of one pod: each ticks on its own grid, which began when the kubelet took the pod on. */
export interface Probes {
	results: ProbeResults;
	/** Plans the probes that make sense with what is observed; a container that is not ready is probed at once as well. */
	consider(observed: RuntimePod): void;
	stop(): void;
}

interface ProbesOptions {
	world: World;
	pod: Pod;
	/** Names the pod in random draws. */
	key: string;
	/** What really runs, which the kubelet asks by probing. */
	runtime: RuntimePod;
	onStarted(container: string): void;
	onReady(container: string): void;
}

type Kind = "startup" | "readiness";

export function createProbes(options: ProbesOptions): Probes {
	const { world, pod, runtime } = options;
	const { clock } = world;
	const results: ProbeResults = { started: new Set(), ready: new Set() };
	const beganAt = clock.now();
	const planned = new Set<string>();
	let observed: RuntimePod = { podIp: undefined, containers: new Map() };
	let isStopped = false;

	function nextTick(probe: Probe): SimulatedNs {
		const periodNs = (probe.periodSeconds ?? 10) * world.model.kubelet.probeSecondMs * 1e6;
		return beganAt + Math.ceil((clock.now() - beganAt + 1) / periodNs) * periodNs;
	}

	function plan(container: Container, kind: Kind, isAtOnce: boolean): void {
		const probe = kind === "startup" ? container.startupProbe : container.readinessProbe;
		const mark = `${kind}/${container.name}`;
		if (probe === undefined || planned.has(mark) || !isDue(container, kind)) return;
		planned.add(mark);
		clock.at(isAtOnce ? clock.now() : nextTick(probe), () => {
			planned.delete(mark);
			if (!isStopped) call(container, kind, probe);
		});
	}

	function isDue(container: Container, kind: Kind): boolean {
		if (!isRunning(observed.containers.get(container.name))) return false;
		if (kind === "startup") return !results.started.has(container.name);
		return hasStarted(container, observed, results) && !results.ready.has(container.name);
	}

	function call(container: Container, kind: Kind, probe: Probe): void {
		const known = observed.containers.get(container.name);
		const initialDelayNs = (probe.initialDelaySeconds ?? 0) * world.model.kubelet.probeSecondMs * 1e6;
		if (known === undefined || clock.now() < known.startedAt + initialDelayNs) {
			plan(container, kind, false);
			return;
		}
		const tookMs = world.delays.of("probeCall", `${options.key}/${container.name}`);
		const patienceMs = container.name === "queue-proxy" ? (probe.timeoutSeconds ?? 1) * 1000 : tookMs;
		const ownNs = runtime.containers.get(container.name)?.passesAt ?? Number.POSITIVE_INFINITY;
		const passesAt = Math.max(ownNs, ableAt(pod, container, runtime), clock.now() + tookMs * 1e6);
		const endsAt = Math.min(passesAt, clock.now() + Math.max(tookMs, patienceMs) * 1e6);
		planned.add(`${kind}/${container.name}`);
		clock.at(endsAt, () => {
			planned.delete(`${kind}/${container.name}`);
			if (isStopped) return;
			if (passesAt > endsAt) plan(container, kind, false);
			else pass(container, kind);
		});
	}

	function pass({ name }: Container, kind: Kind): void {
		(kind === "startup" ? results.started : results.ready).add(name);
		(kind === "startup" ? options.onStarted : options.onReady)(name);
	}

	return {
		results,
		consider(seen) {
			observed = seen;
			for (const container of containersOf(pod)) {
				plan(container, "startup", false);
				plan(container, "readiness", true);
			}
		},
		stop() {
			isStopped = true;
		},
	};
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
