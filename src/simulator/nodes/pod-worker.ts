import { keyOf, type Pod, uidOf } from "../api/objects.ts";
import type { Cancel, Process, SimulatedNs } from "../clock/clock.ts";
import { variantOf } from "../istio/injection.ts";
import type { Variant } from "../model/model.ts";
import { recordEvent } from "../world/events.ts";
import { type Machine, takeStep } from "../world/machine.ts";
import {
	containersOf,
	containersToStart,
	copyRuntime,
	emptyRuntime,
	fieldPathOf,
	isRunning,
	type RuntimePod,
} from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { NodeImages } from "./images.ts";
import { lastWords } from "./last-words.ts";
import { createPodEnd, type PodEnd } from "./pod-end.ts";
import { createPodSync, type PodSync } from "./pod-sync.ts";
import { createProbes, type Probes } from "./probes.ts";
import { createPrograms, type Programs } from "./programs.ts";
import { createSandbox } from "./sandbox.ts";
import { type StartContext, startContainer } from "./start-container.ts";
import { createStatusWriter, type StatusWriter } from "./status-writer.ts";

/** The kubelet's worker for one pod (`SyncPod`): it publishes a status, then blocks in the runtime, then waits for a relist. */
export interface PodWorker {
	/** The pod has changed in the API. */
	update(pod: Pod): void;
	/** The periodic look at the runtime: what has changed shows in the next status. */
	relist(): void;
	/** The pod is gone from the API. */
	stop(): void;
}

export interface PodWorkerOptions {
	world: World;
	node: string;
	machine: Machine;
	hostIp: string;
	pod: Pod;
	images: NodeImages;
	takeIp: () => string;
	/** Asks for the next relist. */
	requestRelist: () => void;
	/** The first relist after now. */
	nextRelist: () => SimulatedNs;
}

/** The exit code of a container that was ended by SIGKILL. */
const killed = 137;

/** The pod, its containers as they really run, and as the last relist saw them. */
interface PodState extends PodWorkerOptions {
	/** Names the pod in random draws. */
	key: string;
	variant: Variant;
	runtime: RuntimePod;
	observed: RuntimePod;
	/** Why a container waits, by its name. */
	waiting: Map<string, { reason: string; message: string }>;
	/** What goes on in its containers. */
	activities: Cancel[];
	/** Whether something has changed in the runtime since the last relist. */
	hasChanged: boolean;
	isStopped: boolean;
}

function stateOf(options: PodWorkerOptions): PodState {
	const runtime = emptyRuntime();
	return {
		...options,
		key: keyOf(options.pod.metadata),
		variant: variantOf(options.world.api, options.pod),
		runtime,
		observed: copyRuntime(runtime),
		waiting: new Map(),
		activities: [],
		hasChanged: false,
		isStopped: false,
	};
}

/** The parts of the worker; each reaches the others through this. */
interface Parts {
	state: PodState;
	writer: StatusWriter;
	probes: Probes;
	end: PodEnd;
	sync: PodSync;
	programs: Programs;
}

export function createPodWorker(options: PodWorkerOptions): PodWorker {
	const { world } = options;
	const state = stateOf(options);
	const parts = partsOf(state);
	world.running.set(uidOf(state.pod), state.runtime);
	parts.sync.request();
	return {
		update(next) {
			state.pod = next;
			if (next.metadata.deletionTimestamp !== undefined) parts.end.ask(next);
		},
		relist: () => relist(parts),
		stop() {
			state.isStopped = true;
			world.running.delete(uidOf(state.pod));
			parts.sync.cancel();
			parts.end.stop();
			parts.writer.stop();
			parts.probes.stop();
			parts.programs.kill();
			world.logs.drop(uidOf(state.pod));
			endActivities(state);
		},
	};
}

function partsOf(state: PodState): Parts {
	const { world } = state;
	const parts: Parts = {
		state,
		writer: createStatusWriter(world, state),
		probes: createProbes({
			world,
			pod: state.pod,
			key: state.key,
			runtime: state.runtime,
			onStarted(name) {
				world.truth.container(state.pod, name, "startupPassed");
				publish(parts);
				parts.sync.request();
			},
			onReady: () => publish(parts),
			onMet: () => parts.sync.request(),
		}),
		end: createPodEnd(world, {
			key: state.key,
			hasProgram: () => parts.programs.areRunning(),
			onBegin() {
				parts.sync.cancel();
				parts.programs.terminate();
				recordKilling(state);
				publish(parts);
			},
			onStopped: () => finish(parts),
		}),
		sync: createPodSync(world.clock, {
			mayRun: () => !parts.end.hasBegun() && !state.isStopped,
			pass: () => syncPod(parts, start),
			nextRelist: state.nextRelist,
			look: () => relist(parts),
			onPassed() {
				if (state.hasChanged) state.requestRelist();
			},
		}),
		programs: createPrograms(world, state, (name, code) => {
			exit(state, name, code);
			if (parts.end.hasBegun() && !parts.programs.areRunning()) parts.end.hurry();
		}),
	};
	const start = startContextOf(state, parts.programs, (name, reason) => {
		state.waiting.set(name, reason);
		if (!parts.end.hasBegun() && !parts.sync.isRunning()) publish(parts);
	});
	return parts;
}

function publish({ state, writer, probes }: Parts, hasEnded = false): void {
	const { pod, observed, waiting } = state;
	writer.publish({ pod, observed, probes: probes.results, waiting, hasEnded });
	probes.consider(observed);
}

/**
 * One pass of `SyncPod`; returns in how many ms the kubelet looks at what it did, where it does not wait for the next
 * second (`PLEGOnDemandRelist`): only a pass that did something in the runtime is followed by such a look.
 */
function* syncPod(parts: Parts, start: StartContext): Process<number | undefined> {
	const { state, probes } = parts;
	const { world, key } = state;
	const end = world.truth.pass(state.pod);
	publish(parts);
	probes.trigger();
	if (state.runtime.podIp === undefined) yield* createSandbox(state);
	const toStart = containersToStart(state.pod, state.observed, probes.results);
	for (const container of toStart) yield* startContainer(start, container);
	end();
	return world.model.kubelet.relistsOnDemand && toStart.length > 0 ? world.delays.of("ownLook", key) : undefined;
}

/** A pass is asked for by each container, and by the sandbox, that is not as it was: the first makes the next ones wait. */
function relist({ state, sync, end }: Parts): void {
	if (sync.isRunning() || !state.hasChanged || end.hasBegun() || state.isStopped) return;
	const { observed, runtime } = state;
	state.hasChanged = false;
	state.observed = copyRuntime(runtime);
	if (observed.podIp !== runtime.podIp) sync.request();
	for (const [name, { exit }] of runtime.containers) {
		const before = observed.containers.get(name);
		if (before === undefined || before.exit !== exit) sync.request();
	}
}

/** Kills the containers that still run, and publishes the last status. */
function finish(parts: Parts): void {
	const { state, probes, programs } = parts;
	probes.stop();
	programs.kill();
	endActivities(state);
	for (const name of state.runtime.containers.keys()) exit(state, name, killed);
	state.observed = copyRuntime(state.runtime);
	publish(parts, true);
}

function startContextOf(state: PodState, programs: Programs, onWaiting: StartContext["onWaiting"]): StartContext {
	const { world, machine, pod, key, variant, images, runtime } = state;
	const alongside = (process: Process) => void state.activities.push(world.clock.run(process));
	return {
		world,
		machine,
		pod,
		key,
		variant,
		images,
		runtime,
		record: (reason, message, container, type) => record(state, { reason, message, container, type }),
		onStarted(name) {
			noteChange(state);
			const container = containersOf(pod).find((each) => each.name === name);
			if (container !== undefined) programs.start(container);
			const runMs = world.delays.ofContainer(name, "run", key, variant);
			if (runMs !== undefined) alongside(run(state, name, runMs));
		},
		alongside,
		onWaiting,
	};
}

function record(
	{ world, node, pod }: PodState,
	event: { reason: string; message: string; container: string; type?: "Normal" | "Warning" | undefined },
): void {
	const { reason, message, container, type = "Normal" } = event;
	const fieldPath = fieldPathOf(pod, container);
	recordEvent(world, { about: pod, reason, message, type, component: "kubelet", node, fieldPath });
}

function recordKilling(state: PodState): void {
	for (const { name } of [...state.runtime.containers.values()].filter(isRunning)) {
		record(state, { reason: "Killing", message: `Stopping container ${name}`, container: name });
	}
}

/** An init container's run, until it ends by itself. */
function* run(state: PodState, name: string, runMs: number): Process {
	yield* takeStep(state.machine, runMs, state.world.model.limits.computing.run);
	exit(state, name, 0);
}

function endActivities({ activities }: PodState): void {
	for (const cancel of activities.splice(0)) cancel();
}

function noteChange(state: PodState): void {
	state.hasChanged = true;
	state.requestRelist();
}

function exit(state: PodState, name: string, code: number): void {
	const container = state.runtime.containers.get(name);
	if (container === undefined || !isRunning(container)) return;
	const message = lastWords(state.world.logs, { pod: state.pod, name, code });
	container.exit = { code, at: state.world.clock.now(), ...(message === undefined ? {} : { message }) };
	state.world.truth.container(state.pod, name, "exited");
	noteChange(state);
}
