import type { Container, Pod, Probe } from "../api/objects.ts";
import type { Cancel, Clock, Process, SimulatedNs } from "../clock/clock.ts";
import {
	ableAt,
	containersOf,
	emptyRuntime,
	hasStarted,
	isRunning,
	type ProbeResults,
	type RuntimePod,
} from "../world/runtime.ts";
import type { World } from "../world/world.ts";

/** The probe workers of one pod: each ticks by itself, from when the kubelet took the pod on. */
export interface Probes {
	results: ProbeResults;
	/** Plans the probes that make sense with what is observed, each at its worker's next tick. */
	consider(observed: RuntimePod): void;
	/**
	 * Probes at once what runs and is not ready, as each pass over the pod asks for; a worker's ticks begin anew then
	 * (kubelet `prober_manager.go`, `UpdatePodStatus`; `worker.go`, `run`). Startup probes are never asked for so.
	 */
	trigger(): void;
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
	/** A worker has met its container for the first time; its first result asks for a pass over the pod. */
	onMet(): void;
}

type Kind = "startup" | "readiness";

/** What probes one container for one thing. */
interface Worker {
	kind: Kind;
	container: Container;
	probe: Probe;
	/** Its ticks are whole periods after this. */
	ticksFrom: SimulatedNs;
	/** Gives up the tick that is planned. */
	cancelTick: Cancel | undefined;
	isCalling: boolean;
	/** It was triggered during a call; one call follows, however often that was. */
	isTriggered: boolean;
	hasMet: boolean;
}

/** What is known of the probes of one pod. */
interface ProbesState extends ProbesOptions {
	results: ProbeResults;
	workers: Worker[];
	observed: RuntimePod;
	isStopped: boolean;
}

export function createProbes(options: ProbesOptions): Probes {
	const state: ProbesState = {
		...options,
		results: { started: new Set(), ready: new Set() },
		workers: containersOf(options.pod).flatMap((container) => workersOf(container, options.world.clock.now())),
		observed: emptyRuntime(),
		isStopped: false,
	};
	return {
		results: state.results,
		consider(observed) {
			state.observed = observed;
			for (const worker of state.workers) if (isIdle(worker) && isDue(state, worker)) planTick(state, worker);
		},
		trigger() {
			for (const worker of state.workers)
				if (worker.kind === "readiness" && isDue(state, worker)) trigger(state, worker);
		},
		stop() {
			state.isStopped = true;
		},
	};
}

function workersOf(container: Container, ticksFrom: SimulatedNs): Worker[] {
	const { startupProbe, readinessProbe } = container;
	const idle = { container, ticksFrom, cancelTick: undefined, isCalling: false, isTriggered: false, hasMet: false };
	return [
		...(startupProbe === undefined ? [] : [{ ...idle, kind: "startup" as const, probe: startupProbe }]),
		...(readinessProbe === undefined ? [] : [{ ...idle, kind: "readiness" as const, probe: readinessProbe }]),
	];
}

function isIdle({ cancelTick, isCalling }: Worker): boolean {
	return cancelTick === undefined && !isCalling;
}

function isDue({ observed, results }: ProbesState, { container, kind }: Worker): boolean {
	if (!isRunning(observed.containers.get(container.name))) return false;
	if (kind === "startup") return !results.started.has(container.name);
	return hasStarted(container, observed, results) && !results.ready.has(container.name);
}

function planTick(state: ProbesState, worker: Worker): void {
	const { clock, model } = state.world;
	const periodNs = (worker.probe.periodSeconds ?? 10) * model.kubelet.probeSecondMs * 1e6;
	const at = worker.ticksFrom + Math.ceil((clock.now() - worker.ticksFrom + 1) / periodNs) * periodNs;
	worker.cancelTick = clock.at(at, () => {
		worker.cancelTick = undefined;
		if (!state.isStopped) look(state, worker);
	});
}

function trigger(state: ProbesState, worker: Worker): void {
	if (worker.isCalling) {
		worker.isTriggered = true;
		return;
	}
	worker.cancelTick?.();
	worker.cancelTick = undefined;
	worker.ticksFrom = state.world.clock.now();
	look(state, worker);
}

/** One turn of a worker: a call, unless there is nothing to call yet. */
function look(state: ProbesState, worker: Worker): void {
	const { world, observed } = state;
	const { clock, model } = world;
	if (!isDue(state, worker)) return;
	const known = observed.containers.get(worker.container.name);
	const initialDelayNs = (worker.probe.initialDelaySeconds ?? 0) * model.kubelet.probeSecondMs * 1e6;
	if (!worker.hasMet) {
		worker.hasMet = true;
		state.onMet();
	}
	if (known === undefined || clock.now() < known.startedAt + initialDelayNs) planTick(state, worker);
	else call(state, worker);
}

function call(state: ProbesState, worker: Worker): void {
	const { world, pod, runtime } = state;
	const { clock } = world;
	const { container, probe, kind } = worker;
	const isCommand = probe.exec !== undefined;
	const tookMs = world.delays.of(isCommand ? "hookExec" : "probeCall", `${state.key}/${container.name}`);
	const earliestAt = clock.now() + tookMs * 1e6;
	// Nobody answers at a port on which nothing listens yet; queue-proxy, once it listens, asks the application for long.
	const own = () => runtime.containers.get(container.name);
	const isPatient = isCommand || (container.name === "queue-proxy" && (own()?.ableAt ?? never) <= earliestAt);
	const patienceMs = isPatient ? (probe.timeoutSeconds ?? 1) * 1000 : tookMs;
	const endsAt = clock.now() + Math.max(tookMs, patienceMs) * 1e6;
	const passesAt = () => {
		const servesAt = Math.max(own()?.passesAt ?? never, ableAt(pod, container, runtime));
		return isCommand ? nextLook(probe, servesAt, earliestAt) : Math.max(servesAt, earliestAt);
	};
	worker.isCalling = true;
	clock.run(answer());

	function* answer(): Process {
		// What will be able to serve calls when it is.
		while (passesAt() > clock.now() && clock.now() < endsAt) {
			const when = Math.min(passesAt(), endsAt);
			yield (resume) => waitUntil(clock, runtime, { when, resume });
		}
		worker.isCalling = false;
		if (state.isStopped) return;
		const wasTriggered = worker.isTriggered;
		worker.isTriggered = false;
		if (passesAt() <= clock.now()) pass(state, container, kind);
		else if (wasTriggered) trigger(state, worker);
		else planTick(state, worker);
	}
}

const never = Number.POSITIVE_INFINITY;

/** Resumes at a time, or earlier when a container has become able to serve. */
function waitUntil(
	clock: Clock,
	{ onAble }: RuntimePod,
	{ when, resume }: { when: SimulatedNs; resume: () => void },
): Cancel {
	const end = () => {
		onAble.delete(wake);
		cancel();
	};
	const wake = () => {
		end();
		resume();
	};
	const cancel = clock.at(when, wake);
	onAble.add(wake);
	return end;
}

/**
 * The first time that `pilot-agent wait`, the one command that is simulated, looks and finds what it waits for; it looks
 * after each of its periods, the first of which begins when it has started.
 */
function nextLook({ exec }: Probe, servesAt: SimulatedNs, startedAt: SimulatedNs): SimulatedNs {
	const command = exec?.command ?? [];
	const given = Number(command[command.indexOf("--periodMillis") + 1]);
	const periodNs = (given > 0 ? given : 500) * 1e6;
	return startedAt + Math.max(1, Math.ceil((servesAt - startedAt) / periodNs)) * periodNs;
}

function pass({ results, onStarted, onReady }: ProbesState, { name }: Container, kind: Kind): void {
	(kind === "startup" ? results.started : results.ready).add(name);
	(kind === "startup" ? onStarted : onReady)(name);
}
