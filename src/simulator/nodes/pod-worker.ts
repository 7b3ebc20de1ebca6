import { keyOf, type Pod, uidOf } from "../api/objects.ts";
import type { Process, SimulatedNs } from "../clock/clock.ts";
import { usesIstioCni, variantOf } from "../istio/injection.ts";
import type { Variant } from "../model/model.ts";
import { tellEvent } from "../world/events.ts";
import { containersToStart, copyRuntime, fieldPathOf, isRunning, type RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { NodeImages } from "./images.ts";
import { createPodEnd } from "./pod-end.ts";
import { createPodSync } from "./pod-sync.ts";
import { createProbes } from "./probes.ts";
import { type StartContext, startContainer } from "./start-container.ts";
import { createStatusWriter } from "./status-writer.ts";

/** The kubelet's care for one pod (`SyncPod`): it publishes a status, then blocks in the runtime, then waits for a relist. */
export interface PodWorker {
	/** The pod has changed in the API. */
	update(pod: Pod): void;
	/** The periodic look at the runtime: what happened since shows in the next status. */
	relist(): void;
	/** The pod is gone from the API. */
	stop(): void;
}

export interface PodWorkerOptions {
	world: World;
	node: string;
	hostIp: string;
	pod: Pod;
	images: NodeImages;
	takeIp: () => string;
	/** Asks for the next relist. */
	onNews: () => void;
	/** The first relist after now. */
	nextRelist: () => SimulatedNs;
}

/** The exit code of a container that was ended by SIGKILL. */
const killed = 137;

/** The pod, what really runs of it, and what the last relist has seen. */
interface PodState extends PodWorkerOptions {
	/** Names the pod in random draws. */
	key: string;
	variant: Variant;
	runtime: RuntimePod;
	observed: RuntimePod;
	/** Why a container waits, by its name. */
	waiting: Map<string, { reason: string; message: string }>;
	/** Whether something happened in the runtime since the last relist. */
	hasNews: boolean;
	isStopped: boolean;
}

function stateOf(options: PodWorkerOptions): PodState {
	const runtime: RuntimePod = { podIp: undefined, containers: new Map() };
	return {
		...options,
		key: keyOf(options.pod.metadata),
		variant: variantOf(options.world.api, options.pod),
		runtime,
		observed: copyRuntime(runtime),
		waiting: new Map(),
		hasNews: false,
		isStopped: false,
	};
}

/** One function: its parts call each other, so they are made together. */
export function createPodWorker(options: PodWorkerOptions): PodWorker {
	const { world } = options;
	const state = stateOf(options);
	const { key, runtime } = state;
	const writer = createStatusWriter(world, state);
	const publish = (hasEnded = false) => {
		const { pod, observed, waiting } = state;
		writer.publish({ pod, observed, probes: probes.results, waiting, hasEnded });
		probes.consider(observed);
	};
	const probes = createProbes({
		world,
		pod: options.pod,
		key,
		runtime,
		onStarted(name) {
			world.truth.container(state.pod, name, "startupPassed");
			publish();
			sync.request();
		},
		onReady: () => publish(),
	});
	const end = createPodEnd(world, {
		key,
		onBegin() {
			sync.cancel();
			tellKilling(state);
			publish();
		},
		onStopped() {
			probes.stop();
			for (const name of runtime.containers.keys()) exit(state, name, killed);
			state.observed = copyRuntime(runtime);
			publish(true);
		},
	});
	const start = startContextOf(state, (name, reason) => {
		state.waiting.set(name, reason);
		if (!end.hasBegun() && !sync.isBusy()) publish();
	});
	const sync = createPodSync(world.clock, {
		mayRun: () => !end.hasBegun() && !state.isStopped,
		*pass() {
			publish();
			if (runtime.podIp === undefined) yield* createSandbox(state);
			const toStart = containersToStart(state.pod, state.observed, probes.results);
			for (const container of toStart) yield* startContainer(start, container);
			return world.model.kubelet.relistsOnDemand && toStart.length > 0;
		},
		nextRelist: options.nextRelist,
		onPassed(isSoon) {
			if (isSoon) relist();
			else if (state.hasNews) options.onNews();
		},
	});
	const relist = () => {
		if (sync.isBusy() || !state.hasNews || end.hasBegun()) return;
		state.hasNews = false;
		state.observed = copyRuntime(runtime);
		sync.request();
	};

	world.running.set(uidOf(state.pod), runtime);
	sync.request();
	return {
		update(next) {
			state.pod = next;
			if (next.metadata.deletionTimestamp !== undefined) end.ask(next);
		},
		relist,
		stop() {
			state.isStopped = true;
			world.running.delete(uidOf(state.pod));
			sync.cancel();
			end.stop();
			writer.stop();
			probes.stop();
		},
	};
}

function startContextOf(state: PodState, onWaiting: StartContext["onWaiting"]): StartContext {
	const { world, pod, key, variant, images, runtime } = state;
	return {
		world,
		pod,
		key,
		variant,
		images,
		runtime,
		tell: (reason, message, container, type) => tell(state, { reason, message, container, type }),
		onStarted(name) {
			tellNews(state);
			const runMs = world.delays.ofContainer(name, "run", key, variant);
			if (runMs !== undefined) world.clock.after(runMs, () => exit(state, name, 0));
		},
		onWaiting,
	};
}

function tell(
	{ world, node, pod }: PodState,
	event: { reason: string; message: string; container: string; type?: "Normal" | "Warning" | undefined },
): void {
	const { reason, message, container, type = "Normal" } = event;
	const fieldPath = fieldPathOf(pod, container);
	tellEvent(world, { about: pod, reason, message, type, component: "kubelet", node, fieldPath });
}

function tellKilling(state: PodState): void {
	for (const { name } of [...state.runtime.containers.values()].filter(isRunning)) {
		tell(state, { reason: "Killing", message: `Stopping container ${name}`, container: name });
	}
}

function tellNews(state: PodState): void {
	state.hasNews = true;
	state.onNews();
}

function exit(state: PodState, name: string, code: number): void {
	const container = state.runtime.containers.get(name);
	if (container === undefined || !isRunning(container)) return;
	container.exit = { code, at: state.world.clock.now() };
	state.world.truth.container(state.pod, name, "exited");
	tellNews(state);
}

function* createSandbox({ world, pod, key, variant, runtime, takeIp }: PodState): Process {
	yield world.delays.of("syncStart", key, variant);
	yield world.delays.of(usesIstioCni(world.api, pod) ? "sandboxWithCni" : "sandbox", key, variant);
	runtime.podIp = takeIp();
	world.truth.pod(pod, "sandboxReady");
}
