import {
	type Condition,
	type Container,
	type ContainerState,
	type ContainerStatus,
	conditionOf,
	type Pod,
	type PodStatus,
} from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { hash } from "../clock/random.ts";
import {
	containersOf,
	hasStarted,
	isRunning,
	isSidecar,
	type ProbeResults,
	type RuntimePod,
} from "../world/runtime.ts";

/** What the kubelet knows when it makes a status. */
export interface Knowledge {
	pod: Pod;
	hostIp: string;
	/** Ns since 1970 on the node's clock of a simulated time. */
	nodeEpochNs: (at?: number) => bigint;
	observed: RuntimePod;
	probes: ProbeResults;
	/** Why a container waits, where it is not for the usual reason. */
	waiting: ReadonlyMap<string, { reason: string; message: string }>;
	before: PodStatus | undefined;
	/** All its containers have been stopped for good. */
	hasEnded: boolean;
}

/** The status as the kubelet makes it from what it has observed: times in whole seconds of its own clock. */
export function makePodStatus(knowledge: Knowledge): PodStatus {
	const { pod, observed, before } = knowledge;
	const inits = pod.spec.initContainers ?? [];
	const isInitialized = knowledge.hasEnded || inits.every((container) => isInitDone(container, knowledge));
	const statusOf = (container: Container) => containerStatus(container, knowledge, isInitialized);
	const initStatuses = inits.map(statusOf);
	const mainStatuses = pod.spec.containers.map(statusOf).sort((a, b) => (a.name < b.name ? -1 : 1));
	const longRunning = [...inits.filter(isSidecar), ...pod.spec.containers].map((container) => container.name);
	const isAllReady =
		!knowledge.hasEnded &&
		[...initStatuses, ...mainStatuses].every((status) => !longRunning.includes(status.name) || status.ready);
	const hasRun = mainStatuses.some((status) => status.state.running !== undefined);
	return {
		observedGeneration: pod.metadata.generation ?? 1,
		phase: endPhase(knowledge) ?? (isInitialized && hasRun ? "Running" : "Pending"),
		conditions: makeConditions(knowledge, { isInitialized, isAllReady }),
		hostIP: knowledge.hostIp,
		hostIPs: [{ ip: knowledge.hostIp }],
		...(observed.podIp === undefined ? {} : { podIP: observed.podIp, podIPs: [{ ip: observed.podIp }] }),
		startTime: before?.startTime ?? toSeconds(knowledge.nodeEpochNs()),
		...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
		containerStatuses: mainStatuses,
		qosClass: before?.qosClass ?? "Burstable",
	};
}

/** The phase of a pod that runs no more; undefined for any other. */
function endPhase({ pod, observed, hasEnded }: Knowledge): "Failed" | "Succeeded" | undefined {
	if (hasEnded) return "Failed";
	if (pod.spec.restartPolicy !== "Never") return undefined;
	const exits = pod.spec.containers.map(({ name }) => observed.containers.get(name)?.exit);
	if (exits.some((exit) => exit === undefined)) return undefined;
	return exits.every((exit) => exit?.code === 0) ? "Succeeded" : "Failed";
}

function isInitDone(container: Container, { observed, probes }: Knowledge): boolean {
	if (isSidecar(container)) return hasStarted(container, observed, probes);
	return observed.containers.get(container.name)?.exit?.code === 0;
}

function containerStatus(container: Container, knowledge: Knowledge, isInitialized: boolean): ContainerStatus {
	const { observed, probes } = knowledge;
	const isInit = knowledge.pod.spec.initContainers?.includes(container) === true;
	const known = observed.containers.get(container.name);
	const isUp = isRunning(known);
	const isStarted = hasStarted(container, observed, probes);
	const isReady = container.readinessProbe === undefined ? isStarted : isStarted && probes.ready.has(container.name);
	const isPlainInit = isInit && !isSidecar(container);
	return {
		name: container.name,
		state: containerState(container, knowledge, isInitialized),
		lastState: {},
		ready: isPlainInit ? known?.exit?.code === 0 : isReady,
		started: isPlainInit ? isUp : isStarted,
		restartCount: 0,
		image: container.image,
		imageID: known === undefined ? "" : imageId(container.image),
		...(known === undefined ? {} : { containerID: `containerd://${known.id}` }),
	};
}

function containerState(container: Container, knowledge: Knowledge, isInitialized: boolean): ContainerState {
	const known = knowledge.observed.containers.get(container.name);
	if (known === undefined) {
		const isMain = knowledge.pod.spec.containers.includes(container);
		const usual = isMain && isInitialized ? "ContainerCreating" : "PodInitializing";
		const hasInits = (knowledge.pod.spec.initContainers ?? []).length > 0;
		return { waiting: knowledge.waiting.get(container.name) ?? { reason: hasInits ? usual : "ContainerCreating" } };
	}
	const startedAt = toSeconds(knowledge.nodeEpochNs(known.startedAt));
	if (known.exit === undefined) return { running: { startedAt } };
	const finishedAt = toSeconds(knowledge.nodeEpochNs(known.exit.at));
	const reason = known.exit.code === 0 ? "Completed" : "Error";
	const { code, message } = known.exit;
	const containerID = `containerd://${known.id}`;
	const said = message === undefined ? {} : { message };
	return { terminated: { exitCode: code, reason, ...said, startedAt, finishedAt, containerID } };
}

/** A digest that depends on nothing but the image's name. */
export function imageId(image: string): string {
	const hex = Array.from({ length: 8 }, (_, part) => hash(`${image}/${part}`).toString(16).padStart(8, "0")).join("");
	return `${image.replace(/[:@][^/]*$/, "")}@sha256:${hex}`;
}

function makeConditions(knowledge: Knowledge, found: { isInitialized: boolean; isAllReady: boolean }): Condition[] {
	const { pod, observed, before } = knowledge;
	const observedGeneration = pod.metadata.generation ?? 1;
	const unready = containersOf(pod).map((container) => container.name);
	const detail = found.isAllReady
		? {}
		: knowledge.hasEnded
			? { reason: "PodFailed" }
			: { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
	const initDetail = found.isInitialized ? {} : { reason: "ContainersNotInitialized" };
	const scheduled = conditionOf(pod.status?.conditions, "PodScheduled");
	const wanted: [type: string, isTrue: boolean, detail: { reason?: string; message?: string }][] = [
		["PodReadyToStartContainers", observed.podIp !== undefined && !knowledge.hasEnded, {}],
		["Initialized", found.isInitialized, initDetail],
		["Ready", found.isAllReady, detail],
		["ContainersReady", found.isAllReady, detail],
	];
	const conditions = wanted.map(([type, isTrue, more]): Condition => {
		const status = isTrue ? "True" : "False";
		const old = conditionOf(before?.conditions, type);
		const isSameStatus = old?.status === status && old.lastTransitionTime !== undefined;
		const lastTransitionTime = isSameStatus ? (old.lastTransitionTime ?? "") : toSeconds(knowledge.nodeEpochNs());
		return { type, observedGeneration, status, lastProbeTime: null, lastTransitionTime, ...more };
	});
	return scheduled === undefined ? conditions : [...conditions, scheduled];
}
