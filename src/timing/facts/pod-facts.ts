import type { KubeObject } from "../../kube/object.ts";
import type { ContainerSpec, ContainerStatus, Pod } from "../../kube/pod.ts";
import { parseTime } from "../../text/timestamp.ts";
import { changeOf, type Fact, merged, type Receipt, statusReading } from "./fact.ts";
import { type PodEvent, readPodEvent } from "./pod-event.ts";

/** What a container is in its pod. A sidecar is an init container that keeps running (KEP-753). */
export type Role = "init" | "sidecar" | "app";

export interface ContainerFacts {
	name: string;
	role: Role;
	image?: string;
	imageId?: string;
	restarts?: number;
	/** So many of its runs could not even begin (`StartError`). */
	falseStarts: number;
	/** As the API server admitted it. */
	pullPolicy?: string;
	/** Its postStart hook holds back the containers after it. */
	holdsNext: boolean;
	pulling?: Fact;
	pulled?: Fact;
	created?: Fact;
	started?: Fact;
	/** A sidecar's startup probe has passed: kubelet goes on to the next container. */
	startupPassed?: Fact;
	/** An init container has ended. */
	finished?: Fact;
	ready?: Fact;
	/** Kubelet said that it had pulled the image; `pulling` may have been lost. */
	wasPulled?: boolean;
	/** Receipts for the talk's span: first in any status, and ready or ended. */
	firstStatus?: Receipt;
	settled?: Receipt;
}

export interface PodFacts {
	name: string;
	uid: string;
	node?: string;
	/** In the order in which kubelet starts them. */
	containers: ContainerFacts[];
	created: Fact;
	/** The pod has a node. The scheduler writes its Event about it a moment later. */
	scheduled?: Fact;
	ready?: Fact;
	/** Receipt of the first event of the pod, and of the first in which it is Ready. */
	firstSeen: Receipt;
	firstReady?: Receipt;
	/** Why it does not start, in kubelet's words. */
	trouble?: string;
	/** As it was seen last. */
	object: KubeObject;
}

/** An object as the watch brought it, with its receipt on the client's clock. */
export interface Sighting extends Receipt {
	object: KubeObject;
}

/** The clock of a node, as clocks are named in reports. */
export const nodeClock = (node: string) => `node/${node}`;
export const apiServerClock = "apiserver";
export const schedulerClock = "scheduler";

/**
 * Collects what the watches said of one pod, in any order of arrival. A fact keeps its earliest receipt.
 * @param pods sightings of this pod @param events sightings of Events whose involvedObject is this pod
 */
export function collectPodFacts(pods: readonly Sighting[], events: readonly Sighting[]): PodFacts | undefined {
	const inOrder = [...pods].sort(byArrival);
	const last = inOrder.at(-1)?.object as Pod | undefined;
	const first = inOrder[0];
	if (last === undefined || first === undefined) return undefined;
	const node = (inOrder.map(({ object }) => (object as Pod).spec.nodeName).find(Boolean) ?? undefined) as
		| string
		| undefined;
	const facts: PodFacts = {
		name: last.metadata.name,
		uid: last.metadata.uid ?? "",
		...(node === undefined ? {} : { node }),
		containers: containersOf(last),
		created: { ...changeOf(first), ...statusReading(apiServerClock, last.metadata.creationTimestamp, first.at) },
		firstSeen: first,
		object: last,
	};
	const clock = nodeClock(node ?? "?");
	for (const sighting of inOrder) readPod(facts, sighting, clock);
	for (const sighting of events) readEvent(facts, { event: readPodEvent(sighting.object), at: sighting.at }, clock);
	return facts;
}

/** Events that came in one piece have one stamp; the API server's counter tells which was first (KEP-5504). */
function byArrival(a: Sighting, b: Sighting): number {
	if (a.at !== b.at) return a.at < b.at ? -1 : 1;
	return Number(a.object.metadata.resourceVersion ?? 0) - Number(b.object.metadata.resourceVersion ?? 0);
}

function containersOf(pod: Pod): ContainerFacts[] {
	const facts = (spec: ContainerSpec, role: Role): ContainerFacts => ({
		name: spec.name,
		role,
		...(spec.image === undefined ? {} : { image: spec.image }),
		...(spec.imagePullPolicy === undefined ? {} : { pullPolicy: spec.imagePullPolicy }),
		falseStarts: 0,
		holdsNext: spec.lifecycle?.postStart !== undefined,
	});
	return [
		...(pod.spec.initContainers ?? []).map((spec) => facts(spec, spec.restartPolicy === "Always" ? "sidecar" : "init")),
		...pod.spec.containers.map((spec) => facts(spec, "app")),
	];
}

function readPod(facts: PodFacts, sighting: Sighting, clock: string): void {
	const { at } = sighting;
	const pod = sighting.object as Pod;
	if (pod.metadata.deletionTimestamp != null) return;
	if (pod.spec.nodeName) facts.scheduled ??= changeOf(sighting);
	const condition = (type: string) => pod.status?.conditions?.find((each) => each.type === type);
	const scheduled = condition("PodScheduled");
	if (scheduled?.status === "True") {
		facts.scheduled = merged(facts.scheduled, statusReading(apiServerClock, scheduled.lastTransitionTime, at));
	}
	const ready = condition("Ready");
	if (ready?.status === "True" && facts.ready === undefined) {
		facts.ready = { ...changeOf(sighting), ...statusReading(clock, ready.lastTransitionTime, at) };
		facts.firstReady = sighting;
	}
	const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
	for (const status of statuses) {
		const container = facts.containers.find(({ name }) => name === status.name);
		if (container !== undefined) readStatus(container, status, sighting, clock);
		const waiting = status.state?.waiting;
		if (waiting?.reason !== undefined && !["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
			facts.trouble = `${status.name}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`;
		}
	}
}

function readStatus(container: ContainerFacts, status: ContainerStatus, receipt: Receipt, clock: string): void {
	const { at } = receipt;
	container.firstStatus ??= receipt;
	if (status.imageID) container.imageId = status.imageID;
	const runs = status.restartCount ?? 0;
	container.restarts = runs;
	const { running, terminated } = status.state ?? {};
	countFalseStarts(container, status);
	const startedAt = running?.startedAt ?? terminated?.startedAt;
	// The first run that began is the start; those before it have no time to take for it.
	if (parseTime(startedAt) !== undefined && runs === container.falseStarts) {
		container.started = merged(container.started, { receivedAt: at, ...statusReading(clock, startedAt, at) });
	}
	if (container.role === "sidecar" && status.started === true) {
		container.startupPassed ??= { ...changeOf(receipt), lateNs: statusWriteNs };
	}
	if (container.role === "init" && terminated?.exitCode === 0) {
		container.finished ??= { receivedAt: at, ...statusReading(clock, terminated.finishedAt, at) };
	}
	if (status.ready === true) container.ready ??= changeOf(receipt);
	// The talk's tracer ends a span at ready, and at any termination of an init container.
	if (status.ready === true || (container.role !== "app" && terminated !== undefined)) container.settled ??= receipt;
}

/**
 * A container that cannot be started ends at once (`StartError`), and its status has a beginning of 1970 or none. Kubelet
 * tells of such a run while it is the last one, and then as the one before it.
 */
function countFalseStarts(container: ContainerFacts, { state, lastState, restartCount = 0 }: ContainerStatus): void {
	const ended = [
		{ run: restartCount - 1, how: lastState?.terminated },
		{ run: restartCount, how: state?.terminated },
	];
	for (const { run, how } of ended) {
		const neverBegan = how !== undefined && how.exitCode !== 0 && parseTime(how.startedAt) === undefined;
		if (neverBegan && run === container.falseStarts) container.falseStarts++;
	}
}

/** Kubelet goes on at once when a startup probe has passed, and writes the status meanwhile. */
const statusWriteNs = 50_000_000n;

const kubeletReasons = { Pulling: "pulling", Pulled: "pulled", Created: "created", Started: "started" } as const;

function readEvent(facts: PodFacts, { event, at }: { event: PodEvent; at: bigint }, clock: string): void {
	if (event.reason === "Scheduled") {
		facts.scheduled = merged(facts.scheduled, factOf(event, schedulerClock, at));
		return;
	}
	if (event.reason === "Failed" || event.reason === "FailedCreatePodSandBox" || event.reason === "FailedScheduling") {
		facts.trouble = `${event.reason}: ${event.message}`;
	}
	const key = kubeletReasons[event.reason as keyof typeof kubeletReasons];
	const container = facts.containers.find((each) => each.name === event.container);
	if (key === undefined || container === undefined) return;
	// "Container image … already present on machine" is the other way in which a container's image is there.
	if (key === "pulled" && event.message.startsWith("Successfully pulled")) container.wasPulled = true;
	// After a restart kubelet writes the same reasons again; the first of each is the start that is measured.
	const known = container[key];
	const fact = factOf(event, clock, at);
	const isRepeated = known?.toldAt !== undefined && fact.toldAt !== undefined && known.toldAt < fact.toldAt;
	if (!isRepeated) container[key] = merged(known, fact);
}

function factOf({ time }: PodEvent, clock: string, receivedAt: bigint): Fact {
	if (time === undefined) return { receivedAt };
	const reading = { clock, ...time, receivedAt };
	const toldAt = time.bounds.lo;
	return time.source === "status" ? { receivedAt, toldAt, blunt: [reading] } : { receivedAt, toldAt, reading };
}
