import { type ClientClock, clientNow, elapsedMs } from "../clock/client-clock.ts";
import type { GatewayRoute } from "../knative/route.ts";
import type { DeployedService } from "../knative/service.ts";
import { isAtZero, notAtZero, revisionState, waitForZero } from "../knative/zero.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { alsoEndedBy, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { EntryOf, RequestTimes, Untimed } from "../recording/entries.ts";
import { type LiveState, untilLate } from "../recording/live-state.ts";
import type { Observer } from "./observing/observer.ts";
import type { Round } from "./rounds.ts";

/** A profile that is deployed and proven, and waits to be started cold. */
export interface Subject {
	profile: Profile;
	/** Equal services. With several, one is started while the others go to zero; with one, its end is waited for. */
	copies: readonly [DeployedService, ...DeployedService[]];
	/** How the gateway is reached. */
	route: GatewayRoute;
	requestTimeoutMs: number;
}

/** What the cold starts of one visit need. */
export interface ColdStarts {
	observer: Pick<Observer, "request" | "failure">;
	state: LiveState;
	/** Every profile of the rounds. */
	subjects: readonly Subject[];
	rounds: readonly Round[];
	expectBody: string;
	/** Adds an entry with the present time to the recording. */
	record(entry: Untimed): void;
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** The way to zero begins, on which there is time for other things. */
	onWayToZero?(): void;
	/** Asked once after each cold start; true ends the profile's rounds. */
	isEnough?(profile: Profile): boolean;
	/** Profiles whose rounds have ended, also in an earlier visit. */
	ended: Set<Profile>;
	clock: ClientClock;
	/** In [0, 1); tests and seeded runs replace it. */
	random?(): number;
}

/** How long a pod that has answered may take to become Ready, before the next round no longer waits for it. */
const readyTimeoutMs = 60_000;

/** What kubelet and Knative still say of a pod that is Ready has come by then. */
const lateEventsMs = 2_000;

/**
 * Cold start after cold start, never two at once: wait until a copy of the service is at zero, wait a random part of a
 * second, send one request, watch until the pod is Ready. A profile with one copy waits until no profile has a pod.
 * After the last cold start the pod is not seen out, for its service goes next.
 */
export async function runColdStarts(session: Session, starts: ColdStarts): Promise<void> {
	// Whatever lost the race against a failure does not go on waiting.
	const over = new AbortController();
	try {
		await startAll(alsoEndedBy(session, over.signal), starts);
	} finally {
		over.abort();
	}
}

async function startAll(session: Session, order: ColdStarts): Promise<void> {
	const { ended, onSample, record } = order;
	const failure = Promise.race([order.observer.failure, aborted(session.signal)]);
	// Whoever waits for something races with it; nobody may be waiting when it comes.
	failure.catch(() => {});
	await Promise.race([allToZero(session, order), failure]);
	const starts = order.rounds.flatMap(({ round, order: profiles }) => profiles.map((profile) => ({ round, profile })));
	const queues = new Map(order.subjects.map((subject) => [subject.profile, [...subject.copies]]));
	for (const [index, { round, profile }] of starts.entries()) {
		const subject = order.subjects.find((each) => each.profile === profile);
		if (subject === undefined || ended.has(profile)) continue;
		onSample(profile, round);
		const isRotated = subject.copies.length > 1;
		const queue = queues.get(profile) ?? [];
		const service = isRotated
			? await Promise.race([takeCopyAtZero(session, order, queue), failure])
			: subject.copies[0];
		const start = { subject, service, round };
		const times = await Promise.race([coldStart(session, order, start), failure]);
		onSample(profile, round, times);
		const isUp = times.status === 200;
		const isLast = starts.slice(index + 1).every((next) => ended.has(next.profile));
		let settledMs: number | undefined;
		if (isLast || isRotated) settledMs = await Promise.race([settle(session, order, { service, isUp }), failure]);
		// The pod is seen out, so that its late events belong to its own sample.
		else await Promise.race([allToZero(session, order, isUp ? service : undefined), failure]);
		record({ kind: "sample-end", round, ...(settledMs === undefined ? {} : { settledMs }) });
		if (order.isEnough?.(profile) === true) ended.add(profile);
	}
}

/** @param answered who has a pod then, also if the watch is late and has not shown it yet */
async function allToZero(session: Session, order: ColdStarts, answered?: DeployedService): Promise<void> {
	const { state, subjects, record, clock } = order;
	const { signal, timeoutMs } = session;
	const startedAt = clientNow(clock);
	order.onWayToZero?.();
	for (const service of subjects.flatMap(({ copies }) => copies)) {
		const { revision } = service;
		await untilReady(session, order.state, { service, isUp: service === answered });
		await waitForZero(state, { revision, timeoutMs, signal });
	}
	record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}

/** The copy that has rested longest of those at zero; it goes to the end of the queue. Waits for one if need be. */
async function takeCopyAtZero(
	{ signal, timeoutMs }: Session,
	{ state, record, clock }: ColdStarts,
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

interface Started {
	service: DeployedService;
	isUp: boolean;
}

/** Only the events are waited for, not the pod's end. @returns for how long, in ms */
async function settle(session: Session, { state, clock, onWayToZero }: ColdStarts, started: Started): Promise<number> {
	await untilReady(session, state, started);
	const settlingFrom = clientNow(clock);
	onWayToZero?.();
	await session.clock.sleep(lateEventsMs, session.signal);
	return elapsedMs(clock, settlingFrom);
}

interface Start {
	subject: Subject;
	/** The copy that is started. */
	service: DeployedService;
	round: number;
}

async function coldStart(session: Session, order: ColdStarts, start: Start): Promise<RequestTimes> {
	const { record, clock, random = Math.random } = order;
	const { subject, service, round } = start;
	const { route, requestTimeoutMs } = subject;
	const pausedFrom = clientNow(clock);
	// Whole seconds rule much of kubelet and Knative: samples must not begin at the same part of a second each time.
	await session.clock.sleep(random() * 1000, session.signal);
	record({ ...sampleEntry(order, start), pausedMs: elapsedMs(clock, pausedFrom) });
	const times = await order.observer.request({
		route,
		host: service.host,
		expectBody: order.expectBody,
		timeoutMs: requestTimeoutMs,
	});
	const { location: _, ...recorded } = times;
	record({ kind: "request", round, ...recorded });
	return times;
}

/** What is there as the request is about to be sent. */
function sampleEntry({ state, subjects }: ColdStarts, { subject, service, round }: Start): Untimed<EntryOf<"sample">> {
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
		...(subject.copies.length === 1 ? {} : rotation),
		podsBefore: pods.map(({ metadata }) => metadata.uid ?? metadata.name),
		...(replicas === undefined ? {} : { replicasBefore: replicas }),
	};
}

/** The answer may come before the pod is Ready; the talk's spans need both. */
async function untilReady({ signal }: Session, state: LiveState, { service, isUp }: Started): Promise<void> {
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

/** An answer may be long in coming; a run that is interrupted does not wait for it. */
function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		if (signal.aborted) reject(signal.reason);
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}
