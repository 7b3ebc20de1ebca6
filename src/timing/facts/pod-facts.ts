import type { KubeObject } from "../../kube/object.ts";
import type { ContainerSpec, ContainerStatus, Pod } from "../../kube/pod.ts";
import { objectOf } from "../../kube/untrusted.ts";
import type { ContainerFactName, PodFactName, TracedPart, WebhookFactName } from "../../report/steps.ts";
import { parseTime } from "../../text/timestamp.ts";
import {
	changeOf,
	type Fact,
	merged,
	type Reading,
	type Receipt,
	statusReading,
	typicalEventLagNs,
	usualStartLagNs,
} from "./fact.ts";
import { type PodEvent, readPodEvent } from "./pod-event.ts";
import { type Clocks, clocksOf, conditionFacts, eventFacts } from "./step-origins.ts";

/** What a container is in its pod. A sidecar is an init container that keeps running (KEP-753). */
export type Role = "init" | "sidecar" | "app";

/** What is known of a container. The steps' facts are among it (report/steps.ts), undefined where nothing tells them. */
export interface ContainerFacts extends Partial<Record<ContainerFactName, Fact>> {
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
	/** Kubelet said that it had pulled the image; `pulling` may have been lost. */
	wasPulled?: boolean;
	/** Receipts for the talk's span: first in any status, and ready or ended. */
	firstStatus?: Receipt;
	settled?: Receipt;
}

/** What is known of a pod, the steps' facts among it. */
export interface PodFacts extends Partial<Record<PodFactName, Fact>> {
	name: string;
	uid: string;
	node?: string;
	/** In the order in which kubelet starts them. */
	containers: ContainerFacts[];
	created: Fact;
	/** Receipt of the first event of the pod, and of the first in which it is Ready. */
	firstSeen: Receipt;
	firstReady?: Receipt;
	/** Why it does not start, in kubelet's words. */
	trouble?: string;
	/** Why no node had room for it at first, in the scheduler's words. */
	waitedForRoom?: string;
	/** As it was seen last. */
	object: KubeObject;
	/** The parts of the cluster whose spans of this pod's start are whole; see `pod-spans.ts`. */
	traced?: readonly TracedPart[];
	/** The webhooks that it went through on its creation, in their order; from spans. */
	webhooks?: readonly WebhookFacts[];
}

/** A webhook that a pod went through: when it was called, and when it had answered. */
export interface WebhookFacts extends Record<WebhookFactName, Fact> {
	name: string;
}

/** The fact of a pod that a step names. */
export const podFact = (pod: PodFacts, name: string): Fact | undefined => pod[name as PodFactName];
/** The fact of a container that a step names. */
export const containerFact = (container: ContainerFacts, name: string): Fact | undefined =>
	container[name as ContainerFactName];

/** An object as the watch brought it, with its receipt on the client's clock. */
export interface Sighting extends Receipt {
	object: KubeObject;
}

/**
 * Collects what the watches said of one pod, in any order of arrival. A fact keeps its earliest receipt.
 * @param pods sightings of this pod @param events sightings of Events whose involvedObject is this pod
 * @param runtime the nodes' container runtime, such as `containerd://2.4.2`, where it is known
 */
export function collectPodFacts(
	pods: readonly Sighting[],
	events: readonly Sighting[],
	runtime?: string,
): PodFacts | undefined {
	const inOrder = pods.filter(isWhole).sort(byArrival);
	const last = inOrder.at(-1)?.object as Pod | undefined;
	const first = inOrder[0];
	if (last === undefined || first === undefined) return undefined;
	const node = (inOrder.map(({ object }) => (object as Pod).spec.nodeName).find(Boolean) ?? undefined) as
		| string
		| undefined;
	const clocks = clocksOf(node);
	const facts: PodFacts = {
		name: last.metadata.name,
		uid: last.metadata.uid ?? "",
		...(node === undefined ? {} : { node }),
		containers: containersOf(last),
		created: { ...changeOf(first), ...statusReading(clocks.apiserver, last.metadata.creationTimestamp, first.at) },
		firstSeen: first,
		object: last,
	};
	for (const sighting of inOrder) readPod(facts, sighting, clocks);
	for (const { object, at } of events) readEvent(facts, { event: readPodEvent(object), at, runtime }, clocks);
	return facts;
}

/** A recording may hold anything; a pod without a list of containers tells nothing of a cold start. */
const isWhole = ({ object }: Sighting) => Array.isArray(objectOf(object.spec).containers);

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

function readPod(facts: PodFacts, sighting: Sighting, clocks: Clocks): void {
	const pod = sighting.object as Pod;
	if (pod.metadata.deletionTimestamp != null) return;
	if (pod.spec.nodeName) facts.scheduled ??= changeOf(sighting);
	readConditions(facts, pod, sighting, clocks);
	const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
	for (const status of statuses) {
		const container = facts.containers.find(({ name }) => name === status.name);
		if (container !== undefined) readStatus(container, status, sighting, clocks.node);
		const waiting = status.state?.waiting;
		if (waiting?.reason !== undefined && !["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
			facts.trouble = `${status.name}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`;
		}
	}
}

/** A condition is a change of the pod; the receipt of an earlier change that shows the same stays. */
function readConditions(facts: PodFacts, pod: Pod, sighting: Sighting, clocks: Clocks): void {
	const isTrue = (type: string) => pod.status?.conditions?.find((each) => each.type === type && each.status === "True");
	if (isTrue("Ready")) facts.firstReady ??= sighting;
	for (const { fact, type, clock } of conditionFacts) {
		const condition = isTrue(type);
		const known = facts[fact];
		if (condition === undefined || known?.imprecise !== undefined) continue;
		const reading = statusReading(clocks[clock], condition.lastTransitionTime, sighting.at);
		facts[fact] = known === undefined ? { ...changeOf(sighting), ...reading } : merged(known, reading);
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

/** An Event, its receipt, and who told kubelet of what it is about. */
interface ReadEvent {
	event: PodEvent;
	at: bigint;
	runtime: string | undefined;
}

function readEvent(facts: PodFacts, { event, at, runtime }: ReadEvent, clocks: Clocks): void {
	if (event.reason === "Failed" || event.reason === "FailedCreatePodSandBox" || event.reason === "FailedScheduling") {
		facts.trouble = `${event.reason}: ${event.message}`;
	}
	if (event.reason === "FailedScheduling") facts.waitedForRoom ??= event.message;
	const source = eventFacts.find(({ reason }) => reason === event.reason);
	if (source === undefined) return;
	const usualLagNs = source.fact === "started" ? usualStartLagNs(runtime) : typicalEventLagNs;
	const fact = factOf(event, { clock: clocks[source.clock], receivedAt: at, usualLagNs });
	if (source.of === "pod") facts[source.fact] = merged(facts[source.fact], fact);
	else readContainerEvent(facts, source.fact, event, fact);
}

function readContainerEvent(facts: PodFacts, key: ContainerFactName, event: PodEvent, fact: Fact): void {
	const container = facts.containers.find((each) => each.name === event.container);
	if (container === undefined) return;
	// "Container image … already present on machine" is the other way in which a container's image is there.
	if (key === "pulled" && event.message.startsWith("Successfully pulled")) container.wasPulled = true;
	// After a restart kubelet writes the same reasons again; the first of each is the start that is measured.
	const known = container[key];
	const isRepeated = known?.eventAt !== undefined && fact.eventAt !== undefined && known.eventAt < fact.eventAt;
	if (!isRepeated) container[key] = merged(known, fact);
}

function factOf({ time }: PodEvent, known: Pick<Reading, "clock" | "receivedAt" | "usualLagNs">): Fact {
	const { receivedAt } = known;
	if (time === undefined) return { receivedAt };
	const reading = { ...known, ...time };
	const eventAt = time.bounds.lo;
	return time.source === "status" ? { receivedAt, eventAt, imprecise: [reading] } : { receivedAt, eventAt, reading };
}
