import { type ClientClock, clientNow, elapsedMs } from "../clock/client-clock.ts";
import type { GatewayRoute } from "../knative/route.ts";
import type { DeployedService } from "../knative/service.ts";
import { revisionState, waitForZero } from "../knative/zero.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { alsoEndedBy, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes, Untimed } from "../recording/entries.ts";
import { type LiveState, untilLate } from "../recording/live-state.ts";
import type { Observer } from "./observing/observer.ts";
import type { ServiceRequest } from "./observing/request.ts";
import type { Round } from "./rounds.ts";

/** A profile that is deployed and proven, and waits to be started cold. */
export interface Subject {
	profile: Profile;
	service: DeployedService;
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
	/** What every request asks of the service. */
	asked: ServiceRequest;
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
 * Cold start after cold start: wait until no profile has a pod, wait a random part of a second, send one request, watch
 * until the pod is Ready. After the last one the pod is not seen out, for its service goes next.
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
	const { ended, onSample } = order;
	const failure = Promise.race([order.observer.failure, aborted(session.signal)]);
	// Whoever waits for something races with it; nobody may be waiting when it comes.
	failure.catch(() => {});
	await Promise.race([toZero(session, order), failure]);
	const starts = order.rounds.flatMap(({ round, order: profiles }) => profiles.map((profile) => ({ round, profile })));
	for (const [index, { round, profile }] of starts.entries()) {
		const subject = order.subjects.find((each) => each.profile === profile);
		if (subject === undefined || ended.has(profile)) continue;
		onSample(profile, round);
		const times = await Promise.race([coldStart(session, order, { subject, round }), failure]);
		onSample(profile, round, times);
		const answered = times.status === (order.asked.expectStatus ?? 200) ? subject : undefined;
		const isLast = starts.slice(index + 1).every((next) => ended.has(next.profile));
		// The pod is seen out, so that its late events belong to its own sample.
		await Promise.race([
			isLast ? settle(session, order.state, { subject, isUp: subject === answered }) : toZero(session, order, answered),
			failure,
		]);
		order.record({ kind: "sample-end", round });
		if (order.isEnough?.(profile) === true) ended.add(profile);
	}
}

/** @param answered who has a pod then, also if the watch is late and has not shown it yet */
async function toZero(session: Session, order: ColdStarts, answered?: Subject): Promise<void> {
	const { state, subjects, record, clock } = order;
	const { signal, timeoutMs } = session;
	const startedAt = clientNow(clock);
	order.onWayToZero?.();
	for (const subject of subjects) {
		const { revision } = subject.service;
		await untilReady(session, order.state, { subject, isUp: subject === answered });
		await waitForZero(state, { revision, timeoutMs, signal });
	}
	record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}

/** Only the events are waited for, not the pod's end. */
async function settle(session: Session, state: LiveState, pod: { subject: Subject; isUp: boolean }): Promise<void> {
	await untilReady(session, state, pod);
	await session.clock.sleep(lateEventsMs, session.signal);
}

async function coldStart(
	session: Session,
	order: ColdStarts,
	{ subject, round }: { subject: Subject; round: number },
): Promise<RequestTimes> {
	const { state, record, random = Math.random } = order;
	const { profile, service, route, requestTimeoutMs } = subject;
	// Whole seconds rule much of kubelet and Knative: samples must not begin at the same part of a second each time.
	await session.clock.sleep(random() * 1000, session.signal);
	const { pods, replicas } = revisionState(state, service.revision);
	record({
		kind: "sample",
		round,
		profile: profile.name,
		podsBefore: pods.map(({ metadata }) => metadata.uid ?? metadata.name),
		...(replicas === undefined ? {} : { replicasBefore: replicas }),
	});
	const times = await order.observer.request({
		...order.asked,
		route,
		host: service.host,
		timeoutMs: requestTimeoutMs,
	});
	const { location: _, ...recorded } = times;
	record({ kind: "request", round, ...recorded });
	return times;
}

/** The answer may come before the pod is Ready; the talk's spans need both. */
async function untilReady(
	{ signal }: Session,
	state: LiveState,
	{ subject, isUp }: { subject: Subject; isUp: boolean },
): Promise<void> {
	let mayBeGone = !isUp;
	// A pod that never becomes Ready is a fact about the sample, which the recording holds; the run goes on.
	await untilLate(
		state,
		() => {
			const { pods } = revisionState(state, subject.service.revision);
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
