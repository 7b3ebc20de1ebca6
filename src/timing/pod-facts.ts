import type { KubeObject } from "../model/kube-object.ts";
import { eventNameTime, parseTime } from "../model/timestamp.ts";
import type { Interval } from "./interval.ts";

/** What a container is in its pod. A sidecar is an init container that keeps running (KEP-753). */
export type Role = "init" | "sidecar" | "app";

/** A time in nanoseconds, on whose clock it was taken, and how sharp that clock is read. */
export interface Reading {
	clock: string;
	bounds: Interval;
	source: "event-name" | "event-time" | "status";
	/** Client clock: it was written before this. */
	receivedAt: bigint;
}

/** One fact: what servers wrote of it, and when its first trace came out of our socket. */
export interface Fact {
	reading?: Reading;
	/** Client clock; the fact is not later than this. */
	receivedAt?: bigint;
	/** Receipt of the change of the API that is itself the fact: it was not much earlier than this either. */
	publishedAt?: bigint;
	/** How much later than the fact its publication usually is sent, in ns; 0 where the publication is the fact. */
	lateNs?: bigint;
	/** A blunter reading, for where the sharp one is lost, and to hold the sharp one against. */
	status?: Reading;
}

export interface ContainerFacts {
	name: string;
	role: Role;
	image?: string;
	imageId?: string;
	restarts?: number;
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
	/** Receipts for the talk's span: first in any status, and ready or ended. */
	firstStatusAt?: bigint;
	settledAt?: bigint;
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
	firstSeenAt?: bigint;
	readyAt?: bigint;
	/** Why it does not start, in kubelet's words. */
	trouble?: string;
}

/** A watch event of a pod or an Event, with its receipt on the client's clock. */
export interface Sighting {
	at: bigint;
	type: "ADDED" | "MODIFIED" | "DELETED";
	object: KubeObject;
}

interface ContainerStatus {
	name: string;
	image?: string;
	imageID?: string;
	ready?: boolean;
	started?: boolean;
	restartCount?: number;
	state?: {
		waiting?: { reason?: string; message?: string };
		running?: { startedAt?: string };
		terminated?: { finishedAt?: string; startedAt?: string; reason?: string; exitCode?: number };
	};
}

interface ContainerSpec {
	name: string;
	image?: string;
	restartPolicy?: string;
	lifecycle?: { postStart?: unknown };
}

interface Pod extends KubeObject {
	spec: { nodeName?: string; initContainers?: ContainerSpec[]; containers: ContainerSpec[] };
	status?: {
		conditions?: { type: string; status: string; lastTransitionTime?: string }[];
		initContainerStatuses?: ContainerStatus[];
		containerStatuses?: ContainerStatus[];
	};
}

interface Event extends KubeObject {
	reason?: string;
	message?: string;
	eventTime?: string | null;
	firstTimestamp?: string | null;
	reportingComponent?: string;
	involvedObject?: { uid?: string; fieldPath?: string };
}

const secondNs = 1_000_000_000n;
const microNs = 1_000n;

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
		created: {
			...statusReading(apiServerClock, last.metadata.creationTimestamp, first.at),
			publishedAt: first.at,
		},
		firstSeenAt: first.at,
	};
	const clock = nodeClock(node ?? "?");
	for (const sighting of inOrder) readPod(facts, sighting, clock);
	for (const sighting of events) readEvent(facts, sighting, clock);
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
		holdsNext: spec.lifecycle?.postStart !== undefined,
	});
	return [
		...(pod.spec.initContainers ?? []).map((spec) => facts(spec, spec.restartPolicy === "Always" ? "sidecar" : "init")),
		...pod.spec.containers.map((spec) => facts(spec, "app")),
	];
}

function readPod(facts: PodFacts, { at, object }: Sighting, clock: string): void {
	const pod = object as Pod;
	if (pod.metadata.deletionTimestamp !== undefined) return;
	if (pod.spec.nodeName !== undefined) facts.scheduled = merged(facts.scheduled, { publishedAt: at });
	const condition = (type: string) => pod.status?.conditions?.find((each) => each.type === type);
	const scheduled = condition("PodScheduled");
	if (scheduled?.status === "True") {
		facts.scheduled = merged(facts.scheduled, statusReading(apiServerClock, scheduled.lastTransitionTime, at));
	}
	const ready = condition("Ready");
	if (ready?.status === "True" && facts.ready === undefined) {
		facts.ready = { publishedAt: at, ...statusReading(clock, ready.lastTransitionTime, at) };
		facts.readyAt = at;
	}
	const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
	for (const status of statuses) {
		const container = facts.containers.find(({ name }) => name === status.name);
		if (container !== undefined) readStatus(container, status, at, clock);
		const waiting = status.state?.waiting;
		if (waiting?.reason !== undefined && !["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
			facts.trouble = `${status.name}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`;
		}
	}
}

function readStatus(container: ContainerFacts, status: ContainerStatus, at: bigint, clock: string): void {
	container.firstStatusAt ??= at;
	if (status.imageID) container.imageId = status.imageID;
	container.restarts = status.restartCount ?? 0;
	const { running, terminated } = status.state ?? {};
	const startedAt = running?.startedAt ?? terminated?.startedAt;
	if (startedAt !== undefined && (status.restartCount ?? 0) === 0) {
		container.started = merged(container.started, { receivedAt: at, ...statusReading(clock, startedAt, at) });
	}
	if (container.role === "sidecar" && status.started === true) {
		container.startupPassed ??= { publishedAt: at, lateNs: statusWriteNs };
	}
	if (container.role === "init" && terminated?.exitCode === 0) {
		container.finished ??= { receivedAt: at, ...statusReading(clock, terminated.finishedAt, at) };
	}
	if (status.ready === true) container.ready ??= { publishedAt: at };
	// The talk's tracer ends a span at ready, and at any termination of an init container.
	if (status.ready === true || (container.role !== "app" && terminated !== undefined)) container.settledAt ??= at;
}

/** Kubelet goes on at once when a startup probe has passed, and writes the status meanwhile. */
const statusWriteNs = 50_000_000n;

const kubeletReasons = { Pulling: "pulling", Pulled: "pulled", Created: "created", Started: "started" } as const;

function readEvent(facts: PodFacts, { at, object }: Sighting, clock: string): void {
	const event = object as Event;
	if (event.reason === "Scheduled") {
		const time = parseTime(event.eventTime);
		const reading: Reading | undefined =
			time === undefined
				? undefined
				: { clock: schedulerClock, bounds: { lo: time, hi: time + microNs }, source: "event-time", receivedAt: at };
		facts.scheduled = merged(facts.scheduled, { receivedAt: at, ...(reading === undefined ? {} : { reading }) });
		return;
	}
	if (event.reason === "Failed" || event.reason === "FailedCreatePodSandBox" || event.reason === "FailedScheduling") {
		facts.trouble = `${event.reason}: ${event.message ?? ""}`;
	}
	const key = kubeletReasons[event.reason as keyof typeof kubeletReasons];
	const name = /\{(.+)\}$/.exec(event.involvedObject?.fieldPath ?? "")?.[1];
	const container = facts.containers.find((each) => each.name === name);
	if (key === undefined || container === undefined) return;
	// After a restart kubelet writes the same reasons again; the first of each is the start that is measured.
	const time = eventNameTime(object.metadata.name, event.firstTimestamp);
	const second = parseTime(event.firstTimestamp);
	const fact: Fact = { receivedAt: at };
	if (time !== undefined) {
		fact.reading = { clock, bounds: { lo: time, hi: time }, source: "event-name", receivedAt: at };
	} else if (second !== undefined) {
		fact.status = { clock, bounds: { lo: second, hi: second + secondNs }, source: "status", receivedAt: at };
	}
	const known = container[key];
	const isRepeated = known?.reading !== undefined && time !== undefined && known.reading.bounds.lo <= time;
	if (!isRepeated) container[key] = merged(known, fact);
}

/** A field cut to whole seconds says: this second, and no more. */
function statusReading(clock: string, text: string | undefined, receivedAt: bigint): Pick<Fact, "status"> {
	const time = parseTime(text);
	if (time === undefined) return {};
	return { status: { clock, bounds: { lo: time, hi: time + secondNs }, source: "status", receivedAt } };
}

/** Both facts are of one instant: the earlier receipts hold, and a sharper reading stays. */
function merged(known: Fact | undefined, next: Fact): Fact {
	const fact: Fact = { ...known, ...next };
	const receivedAt = earlier(known?.receivedAt, next.receivedAt);
	const publishedAt = earlier(known?.publishedAt, next.publishedAt);
	if (receivedAt !== undefined) fact.receivedAt = receivedAt;
	if (publishedAt !== undefined) fact.publishedAt = publishedAt;
	return fact;
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
	if (a === undefined || b === undefined) return a ?? b;
	return a < b ? a : b;
}
