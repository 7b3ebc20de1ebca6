import { type ClientClock, clientNow, elapsedMs } from "../clock/client-clock.ts";
import type { GatewayRoute } from "../knative/route.ts";
import type { DeployedService } from "../knative/service.ts";
import { isAtZero, notAtZero, revisionState, waitForZero } from "../knative/zero.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { EntryOf, RequestTimes, Untimed } from "../recording/entries.ts";
import { type LiveState, untilLate } from "../recording/live-state.ts";
import type { Observer } from "./observing/observer.ts";
import type { ServiceRequest } from "./observing/request.ts";

/** A profile that is deployed and proven, and waits to be started cold. */
export interface Subject {
	profile: Profile;
	/** Equal services. With several, one is started while the others go to zero; with one, its end is waited for. */
	copies: readonly [DeployedService, ...DeployedService[]];
	/** How the gateway is reached. */
	route: GatewayRoute;
	requestTimeoutMs: number;
}

/** What every cold start of a visit needs. */
export interface Starting {
	observer: Pick<Observer, "request" | "failure">;
	state: LiveState;
	/** Every profile of the visit. */
	subjects: readonly Subject[];
	/** What every request asks of the service. */
	asked: ServiceRequest;
	/** How many idle services are there, where that is varied. */
	crowd?: number;
	/** Nothing has started the service yet: its images may have to be pulled. */
	isFirstOnNode?: boolean;
	/** Adds an entry with the present time to the recording. */
	record(entry: Untimed): void;
	/** The way to zero begins, on which there is time for other things. */
	onWayToZero?(): void;
	clock: ClientClock;
	/** In [0, 1); tests and seeded runs replace it. */
	random?(): number;
}

/** How long a pod that has answered may take to become Ready, before the next round no longer waits for it. */
const readyTimeoutMs = 60_000;

/** What kubelet and Knative still say of a pod that is Ready has come by then. */
const lateEventsMs = 2_000;

/**
 * Waits until no copy of any profile has a pod.
 * @param answered who has a pod then, also if the watch is late and has not shown it yet
 */
export async function allToZero(
	session: Session,
	order: Starting,
	answered: readonly DeployedService[] = [],
): Promise<void> {
	const { state, subjects, record, clock } = order;
	const { signal, timeoutMs } = session;
	const startedAt = clientNow(clock);
	order.onWayToZero?.();
	for (const service of subjects.flatMap(({ copies }) => copies)) {
		const { revision } = service;
		await untilReady(session, order.state, { service, isUp: answered.includes(service) });
		await waitForZero(state, { revision, timeoutMs, signal });
	}
	record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}

/** The copy that has rested longest of those at zero; it goes to the end of the queue. Waits for one if need be. */
export async function takeCopyAtZero(
	{ signal, timeoutMs }: Session,
	{ state, record, clock }: Starting,
	queue: DeployedService[],
): Promise<DeployedService> {
	const startedAt = clientNow(clock);
	const first = queue[0];
	if (first === undefined) throw new Error("a profile has at least one copy");
	const found = await state.until((now) => queue.find(({ revision }) => isAtZero(revisionState(now, revision))), {
		timeoutMs,
		signal,
		onTimeout: () => notAtZero(state, { revision: first.revision, timeoutMs }),
	});
	queue.push(...queue.splice(queue.indexOf(found), 1));
	record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
	return found;
}

/** A copy that was started, and whether it answered: then it has a pod, also if the watch has not shown it yet. */
export interface Started {
	service: DeployedService;
	isUp: boolean;
}

/** Only the events are waited for, not the pod's end. @returns for how long, in ms */
export async function settle(
	session: Session,
	{ state, clock, onWayToZero }: Starting,
	started: Started,
): Promise<number> {
	await untilReady(session, state, started);
	const settlingFrom = clientNow(clock);
	onWayToZero?.();
	await session.clock.sleep(lateEventsMs, session.signal);
	return elapsedMs(clock, settlingFrom);
}

/** Which copy of which profile is started. */
export interface Start {
	subject: Subject;
	/** The copy that is started. */
	service: DeployedService;
	round: number;
}

/**
 * One cold start, from the random wait to the answer.
 * @param untilCalm waits until it would be undisturbed, if it begins so many ms later
 */
export async function coldStart(
	session: Session,
	order: Starting,
	start: Start,
	untilCalm?: (pauseMs: number) => Promise<void> | undefined,
): Promise<RequestTimes> {
	const pausedMs = await randomPause(session, order, untilCalm);
	order.record({ ...sampleEntry(order, start), pausedMs });
	const times = await ask(order, start);
	const { location: _, ...recorded } = times;
	order.record({ kind: "request", round: start.round, ...recorded });
	return times;
}

/**
 * Whole seconds rule much of kubelet and Knative: samples must not begin at the same part of a second each time.
 * @returns how long it was, in ms
 */
export async function randomPause(
	session: Session,
	{ clock, random = Math.random }: Starting,
	untilCalm?: (pauseMs: number) => Promise<void> | undefined,
): Promise<number> {
	const pausedFrom = clientNow(clock);
	const pauseMs = random() * 1000;
	// What is waited for may itself keep to whole seconds, so the random part comes after it.
	await untilCalm?.(pauseMs);
	await session.clock.sleep(pauseMs, session.signal);
	return elapsedMs(clock, pausedFrom);
}

/** Sends the one request that starts a copy. */
export function ask(
	{ observer, asked }: Starting,
	{ subject, service }: Pick<Start, "subject" | "service">,
): Promise<RequestTimes> {
	const { route, requestTimeoutMs } = subject;
	return observer.request({ ...asked, route, host: service.host, timeoutMs: requestTimeoutMs });
}

/** Whether the answer has the status that was asked for. */
export const isAnswered = ({ asked }: Starting, times: RequestTimes | undefined): boolean =>
	times?.status === (asked.expectStatus ?? 200);

/** What is there as the request is about to be sent. */
export function sampleEntry(
	{ state, subjects, crowd, isFirstOnNode }: Starting,
	{ subject, service, round }: Start,
): Untimed<EntryOf<"sample">> {
	const { pods, replicas } = revisionState(state, service.revision);
	const others = subjects.flatMap(({ copies }) => copies).filter((copy) => copy !== service);
	const rotation = {
		copy: subject.copies.indexOf(service) + 1,
		revision: service.revision,
		draining: others.reduce((sum, { revision }) => sum + revisionState(state, revision).pods.length, 0),
	};
	return {
		kind: "sample",
		round,
		profile: subject.profile.name,
		...(crowd === undefined ? {} : { crowd }),
		...(isFirstOnNode === true ? { isFirstOnNode } : {}),
		...(subject.copies.length === 1 ? {} : rotation),
		podsBefore: pods.map(({ metadata }) => metadata.uid ?? metadata.name),
		...(replicas === undefined ? {} : { replicasBefore: replicas }),
	};
}

/** The answer may come before the pod is Ready; the talk's spans need both. */
export async function untilReady({ signal }: Session, state: LiveState, { service, isUp }: Started): Promise<void> {
	let mayBeGone = !isUp;
	// A pod that never becomes Ready is a fact about the sample, which the recording holds; the run goes on.
	await untilLate(
		state,
		() => {
			const { pods } = revisionState(state, service.revision);
			const isReady = pods.some((pod) =>
				conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True"),
			);
			if (pods.length > 0) mayBeGone = true;
			return isReady || (mayBeGone && pods.length === 0) ? true : undefined;
		},
		{ timeoutMs: readyTimeoutMs, signal },
	);
}
