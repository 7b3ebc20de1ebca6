import type { Cancel, Process, SimulatedNs } from "../clock.ts";
import { isSame } from "../fields.ts";
import { conditionOf, keyOf, type Pod, type PodStatus, uidOf } from "../objects.ts";
import type { World } from "../world.ts";
import { tellEvent } from "./events.ts";
import type { NodeImages } from "./images.ts";
import { variantOf } from "./injection.ts";
import { makePodStatus } from "./pod-status.ts";
import { createProbes } from "./probes.ts";
import { containersToStart, copyRuntime, fieldPathOf, isRunning, type RuntimePod } from "./runtime.ts";
import { type StartContext, startContainer } from "./start-container.ts";

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

export function createPodWorker(options: PodWorkerOptions): PodWorker {
	const { world, node, images } = options;
	const { clock, delays, truth, api } = world;
	let pod = options.pod;
	const key = keyOf(pod.metadata);
	const variant = variantOf(api, pod);
	const runtime: RuntimePod = { podIp: undefined, containers: new Map() };
	world.running.set(uidOf(pod), runtime);
	const waiting = new Map<string, { reason: string; message: string }>();
	let observed = copyRuntime(runtime);
	let status: PodStatus | undefined;
	let hasNews = false;
	let isSyncing = false;
	let isAskedAgain = false;
	/** A pass sees only what a relist after the last pass has seen. */
	let syncNotBefore: SimulatedNs = 0;
	let cancelSync: Cancel = () => {};
	let endsAt: SimulatedNs | undefined;
	let cancelEnd: Cancel = () => {};
	let isWriting = false;
	let isStopped = false;

	const probes = createProbes({
		world,
		pod,
		key,
		runtime,
		onStarted() {
			publish();
			requestSync();
		},
		onReady: () => publish(),
	});

	const newsOfRuntime = () => {
		hasNews = true;
		options.onNews();
	};
	const tell = (reason: string, message: string, container?: string, type: "Normal" | "Warning" = "Normal") =>
		tellEvent(world, {
			about: pod,
			reason,
			message,
			type,
			component: "kubelet",
			node,
			...(container === undefined ? {} : { fieldPath: fieldPathOf(pod, container) }),
		});

	function publish(): void {
		const next = makePodStatus({
			pod,
			hostIp: options.hostIp,
			nodeEpochNs: (at) => world.nodeEpochNs(node) + BigInt(Math.round((at ?? clock.now()) - clock.now())),
			observed,
			probes: probes.results,
			waiting,
			before: status,
		});
		if (endsAt !== undefined) markUnready(next);
		if (!isSame(next, status)) {
			status = next;
			if (conditionOf(next.conditions, "Ready")?.status === "True") truth.pod(pod, "ready");
			writeStatus();
		}
		probes.consider(observed);
	}

	/** One write at a time; what changes meanwhile goes with the next one. */
	function writeStatus(): void {
		if (isWriting) return;
		isWriting = true;
		clock.after(delays.of("statusWrite", key, variant), () => {
			isWriting = false;
			const written = status;
			if (isStopped || written === undefined) return;
			api.edit<Pod>("pods", pod.metadata as { name: string }, {
				manager: "kubelet",
				subresource: "status",
				change: (draft) => {
					const scheduled = conditionOf(draft.status?.conditions, "PodScheduled");
					const others = (written.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
					draft.status = { ...written, conditions: scheduled === undefined ? others : [...others, scheduled] };
				},
			});
			if (status !== written) writeStatus();
		});
	}

	function requestSync(): void {
		if (endsAt !== undefined || isStopped) return;
		if (isSyncing) {
			isAskedAgain = true;
			return;
		}
		isSyncing = true;
		isAskedAgain = false;
		const cancelStart = clock.at(Math.max(clock.now(), syncNotBefore), () => {
			if (endsAt === undefined && !isStopped) cancelSync = clock.run(sync());
		});
		cancelSync = cancelStart;
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
		yield delays.of(variant.startsWith("cni") ? "sandboxWithCni" : "sandbox", key, variant);
		runtime.podIp = options.takeIp();
		truth.pod(pod, "sandboxReady");
	}

	const start: StartContext = {
		world,
		pod,
		key,
		variant,
		images,
		runtime,
		tell,
		onStarted(name) {
			newsOfRuntime();
			const runMs = delays.ofContainer(name, "run", key, variant);
			if (runMs !== undefined) clock.after(runMs, () => exit(name));
		},
		onWaiting(name, reason) {
			waiting.set(name, reason);
			if (endsAt === undefined && !isSyncing) publish();
		},
	};

	function exit(name: string): void {
		const container = runtime.containers.get(name);
		if (container === undefined || !isRunning(container)) return;
		container.exit = { code: 0, at: clock.now() };
		truth.container(pod, name, "exited");
		newsOfRuntime();
	}

	/** Graceful termination; a second deletion with less grace shortens it. */
	function terminate(): void {
		const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
		const isFirst = endsAt === undefined;
		const stopMs = Math.min(graceMs, drainMs()) + delays.of("containerStop", key);
		const wanted = clock.now() + stopMs * 1e6;
		if (endsAt !== undefined && wanted >= endsAt) return;
		endsAt = wanted;
		if (isFirst) {
			cancelSync();
			for (const { name } of [...runtime.containers.values()].filter(isRunning))
				tell("Killing", `Stopping container ${name}`, name);
			publish();
		}
		cancelEnd();
		cancelEnd = clock.run(end(stopMs));
	}

	/** How long the pod itself wants to go on: queue-proxy drains, others obey. */
	function drainMs(): number {
		return pod.spec.containers.some((container) => container.name === "queue-proxy") ? world.model.knative.drainMs : 0;
	}

	function* end(stopMs: number): Process {
		yield stopMs;
		probes.stop();
		for (const container of runtime.containers.values()) exit(container.name);
		yield delays.of("cleanup", key);
		observed = copyRuntime(runtime);
		const resource = api.resources.byId("pods");
		const current = api.get<Pod>("pods", pod.metadata);
		if (resource !== undefined && current !== undefined && uidOf(current) === uidOf(pod)) {
			api.remove(resource, pod.metadata, { gracePeriodSeconds: 0, uid: uidOf(pod) });
		}
	}

	function relist(): void {
		if (isSyncing || !hasNews || endsAt !== undefined) return;
		hasNews = false;
		observed = copyRuntime(runtime);
		requestSync();
	}

	requestSync();
	return {
		update(next) {
			pod = next;
			if (pod.metadata.deletionTimestamp !== undefined) terminate();
		},
		relist,
		stop() {
			isStopped = true;
			world.running.delete(uidOf(pod));
			cancelSync();
			cancelEnd();
			probes.stop();
		},
	};
}

function markUnready(status: PodStatus): void {
	for (const condition of status.conditions ?? []) {
		if (condition.type === "Ready" || condition.type === "ContainersReady") condition.status = "False";
	}
}

/** Whether a pod counts for its owner: it is not on its way out. */
export function isLive(pod: Pod): boolean {
	return (
		pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded"
	);
}
