import { keyOf, type Pod, uidOf } from "../api/objects.ts";
import type { Cancel, Process, SimulatedNs } from "../clock/clock.ts";
import { usesIstioCni, variantOf } from "../istio/injection.ts";
import { tellEvent } from "../world/events.ts";
import { containersToStart, copyRuntime, fieldPathOf, isRunning, type RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { NodeImages } from "./images.ts";
import { createPodEnd } from "./pod-end.ts";
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

export function createPodWorker(options: PodWorkerOptions): PodWorker {
	const { world, node } = options;
	const { clock, delays, truth } = world;
	let pod = options.pod;
	const key = keyOf(pod.metadata);
	const variant = variantOf(world.api, pod);
	const runtime: RuntimePod = { podIp: undefined, containers: new Map() };
	const waiting = new Map<string, { reason: string; message: string }>();
	let observed = copyRuntime(runtime);
	let hasNews = false;
	let isSyncing = false;
	let isAskedAgain = false;
	/** A pass sees only what a relist after the last pass has seen. */
	let syncNotBefore: SimulatedNs = 0;
	let cancelSync: Cancel = () => {};
	let isStopped = false;

	const writer = createStatusWriter(world, { node, hostIp: options.hostIp, key, variant });
	const probes = createProbes({
		world,
		pod,
		key,
		runtime,
		onStarted(name) {
			truth.container(pod, name, "startupPassed");
			publish();
			requestSync();
		},
		onReady: () => publish(),
	});
	const end = createPodEnd(world, {
		key,
		onBegin() {
			cancelSync();
			for (const { name } of [...runtime.containers.values()].filter(isRunning)) {
				tell("Killing", `Stopping container ${name}`, name);
			}
			publish();
		},
		onStopped() {
			probes.stop();
			for (const name of runtime.containers.keys()) exit(name, killed);
			observed = copyRuntime(runtime);
			publish({ hasEnded: true });
		},
	});
	const start: StartContext = {
		world,
		pod,
		key,
		variant,
		images: options.images,
		runtime,
		tell,
		onStarted(name) {
			tellNews();
			const runMs = delays.ofContainer(name, "run", key, variant);
			if (runMs !== undefined) clock.after(runMs, () => exit(name));
		},
		onWaiting(name, reason) {
			waiting.set(name, reason);
			if (!end.hasBegun() && !isSyncing) publish();
		},
	};

	function tell(reason: string, message: string, container: string, type: "Normal" | "Warning" = "Normal"): void {
		const fieldPath = fieldPathOf(pod, container);
		tellEvent(world, { about: pod, reason, message, type, component: "kubelet", node, fieldPath });
	}

	function tellNews(): void {
		hasNews = true;
		options.onNews();
	}

	function publish({ hasEnded } = { hasEnded: false }): void {
		writer.publish({ pod, observed, probes: probes.results, waiting, hasEnded });
		probes.consider(observed);
	}

	function exit(name: string, code = 0): void {
		const container = runtime.containers.get(name);
		if (container === undefined || !isRunning(container)) return;
		container.exit = { code, at: clock.now() };
		truth.container(pod, name, "exited");
		tellNews();
	}

	function requestSync(): void {
		if (end.hasBegun() || isStopped) return;
		if (isSyncing) {
			isAskedAgain = true;
			return;
		}
		isSyncing = true;
		isAskedAgain = false;
		cancelSync = clock.at(Math.max(clock.now(), syncNotBefore), () => {
			if (!end.hasBegun() && !isStopped) cancelSync = clock.run(sync());
		});
	}

	function* sync(): Process {
		publish();
		if (runtime.podIp === undefined) yield* createSandbox();
		const toStart = containersToStart(pod, observed, probes.results);
		for (const container of toStart) yield* startContainer(start, container);
		isSyncing = false;
		const isSoon = world.model.kubelet.relistsOnDemand && toStart.length > 0;
		syncNotBefore = isSoon ? clock.now() : options.nextRelist();
		if (isSoon) relist();
		else if (hasNews) options.onNews();
		if (isAskedAgain) requestSync();
	}

	function* createSandbox(): Process {
		yield delays.of("syncStart", key, variant);
		yield delays.of(usesIstioCni(world.api, pod) ? "sandboxWithCni" : "sandbox", key, variant);
		runtime.podIp = options.takeIp();
		truth.pod(pod, "sandboxReady");
	}

	function relist(): void {
		if (isSyncing || !hasNews || end.hasBegun()) return;
		hasNews = false;
		observed = copyRuntime(runtime);
		requestSync();
	}

	world.running.set(uidOf(pod), runtime);
	requestSync();
	return {
		update(next) {
			pod = next;
			if (pod.metadata.deletionTimestamp !== undefined) end.ask(pod);
		},
		relist,
		stop() {
			isStopped = true;
			world.running.delete(uidOf(pod));
			cancelSync();
			end.stop();
			writer.stop();
			probes.stop();
		},
	};
}

/** Whether a pod counts for its owner: it is not on its way out. */
export function isLive(pod: Pod): boolean {
	return (
		pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded"
	);
}
