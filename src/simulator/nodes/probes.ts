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

/** What is known of the probes of one pod. */
interface ProbesState extends ProbesOptions {
	results: ProbeResults;
	beganAt: SimulatedNs;
	/** `kind/container` of the probes that are planned or running. */
	planned: Set<string>;
	observed: RuntimePod;
	isStopped: boolean;
}

export function createProbes(options: ProbesOptions): Probes {
	const state: ProbesState = {
		...options,
		results: { started: new Set(), ready: new Set() },
		beganAt: options.world.clock.now(),
		planned: new Set(),
		observed: emptyRuntime(),
		isStopped: false,
	};
	return {
		results: state.results,
		consider(observed) {
			state.observed = observed;
			for (const container of containersOf(state.pod)) {
				plan(state, container, { kind: "startup", isAtOnce: false });
				plan(state, container, { kind: "readiness", isAtOnce: true });
			}
		},
		stop() {
			state.isStopped = true;
		},
	};
}

function plan(state: ProbesState, container: Container, { kind, isAtOnce }: { kind: Kind; isAtOnce: boolean }): void {
	const { clock } = state.world;
	const probe = kind === "startup" ? container.startupProbe : container.readinessProbe;
	const mark = `${kind}/${container.name}`;
	if (probe === undefined || state.planned.has(mark) || !isDue(state, container, kind)) return;
	state.planned.add(mark);
	clock.at(isAtOnce ? clock.now() : nextTick(state, probe), () => {
		state.planned.delete(mark);
		if (!state.isStopped) call(state, container, { kind, probe });
	});
}

function isDue({ observed, results }: ProbesState, container: Container, kind: Kind): boolean {
	if (!isRunning(observed.containers.get(container.name))) return false;
	if (kind === "startup") return !results.started.has(container.name);
	return hasStarted(container, observed, results) && !results.ready.has(container.name);
}

function nextTick({ world, beganAt }: ProbesState, probe: Probe): SimulatedNs {
	const periodNs = (probe.periodSeconds ?? 10) * world.model.kubelet.probeSecondMs * 1e6;
	return beganAt + Math.ceil((world.clock.now() - beganAt + 1) / periodNs) * periodNs;
}

function call(state: ProbesState, container: Container, { kind, probe }: { kind: Kind; probe: Probe }): void {
	const { world, pod, runtime, planned } = state;
	const { clock } = world;
	const known = state.observed.containers.get(container.name);
	const initialDelayNs = (probe.initialDelaySeconds ?? 0) * world.model.kubelet.probeSecondMs * 1e6;
	if (known === undefined || clock.now() < known.startedAt + initialDelayNs) {
		plan(state, container, { kind, isAtOnce: false });
		return;
	}
	const isCommand = probe.exec !== undefined;
	const tookMs = world.delays.of(isCommand ? "hookExec" : "probeCall", `${state.key}/${container.name}`);
	const isPatient = isCommand || container.name === "queue-proxy";
	const patienceMs = isPatient ? (probe.timeoutSeconds ?? 1) * 1000 : tookMs;
	const earliestAt = clock.now() + tookMs * 1e6;
	const endsAt = clock.now() + Math.max(tookMs, patienceMs) * 1e6;
	const passesAt = () => {
		const ownAt = runtime.containers.get(container.name)?.passesAt ?? never;
		const servesAt = Math.max(ownAt, ableAt(pod, container, runtime));
		return isCommand ? nextLook(probe, servesAt, earliestAt) : Math.max(servesAt, earliestAt);
	};
	planned.add(`${kind}/${container.name}`);
	clock.run(answer());

	function* answer(): Process {
		// What will be able to serve calls when it is.
		while (passesAt() > clock.now() && clock.now() < endsAt) {
			const when = Math.min(passesAt(), endsAt);
			yield (resume) => waitUntil(clock, runtime, { when, resume });
		}
		planned.delete(`${kind}/${container.name}`);
		if (state.isStopped) return;
		if (passesAt() > clock.now()) plan(state, container, { kind, isAtOnce: false });
		else pass(state, container, kind);
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
