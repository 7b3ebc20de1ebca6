import { pause } from "../cluster/pause.ts";
import type { RequestTimes, Untimed } from "../model/recording.ts";
import { type ClientClock, clientNow, elapsedMs, realMs } from "./client-clock.ts";
import type { LiveState } from "./live-state.ts";
import type { Observer } from "./observer.ts";
import type { GatewayRoute } from "./request.ts";
import type { DeployedService } from "./service.ts";
import { revisionState, waitForZero } from "./zero.ts";

/** What the cold starts of one profile need. */
export interface ColdStartsOrder {
	observer: Pick<Observer, "request" | "failure">;
	state: LiveState;
	service: DeployedService;
	route: GatewayRoute;
	expectBody: string;
	/** Counted rounds; round 0, the first after the install, comes before them. */
	iterations: number;
	requestTimeoutMs: number;
	zeroTimeoutMs: number;
	signal: AbortSignal;
	/** Adds an entry with the present time to the recording. */
	record(entry: Untimed): void;
	onRound(round: number, times?: RequestTimes): void;
	/** Asked after each round; true ends the rounds before `iterations`. */
	isEnough?(): boolean;
	clock: ClientClock;
	/** In [0, 1); tests and seeded runs replace it. */
	random?(): number;
	/** Of real time. */
	sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

/** How long a pod that has answered may take to become Ready, before the next round no longer waits for it. */
const readyTimeoutMs = 60_000;

/** Round after round: wait for zero, wait a random part of a second, send one request, watch until the pod is Ready. */
export async function runColdStarts(order: ColdStartsOrder): Promise<void> {
	const failure = Promise.race([order.observer.failure, aborted(order.signal)]);
	// Whoever waits for something races with it; nobody may be waiting when it comes.
	failure.catch(() => {});
	await Promise.race([toZero(order, false), failure]);
	for (let round = 0; round <= order.iterations; round++) {
		order.onRound(round);
		const times = await Promise.race([coldStart(order, round), failure]);
		order.onRound(round, times);
		// The pod is seen out, so that its late events belong to its own sample.
		await Promise.race([toZero(order, times.status === 200), failure]);
		order.record({ kind: "sample-end", round });
		if (order.isEnough?.() === true) return;
	}
}

/** @param isUp whether a pod has answered: then there is one, also if the watch is late and has not told of it yet */
async function toZero(order: ColdStartsOrder, isUp: boolean): Promise<void> {
	const { state, service, zeroTimeoutMs, signal, record, clock } = order;
	const startedAt = clientNow(clock);
	await untilReady(order, isUp);
	await waitForZero(state, { revision: service.revision, timeoutMs: zeroTimeoutMs, signal });
	record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}

async function coldStart(order: ColdStartsOrder, round: number): Promise<RequestTimes> {
	const { service, state, signal, record, random = Math.random, sleep = pause } = order;
	// Whole seconds rule much of kubelet and Knative: samples must not begin at the same part of a second each time.
	await sleep(realMs(order.clock, random() * 1000), signal);
	const { pods, replicas } = revisionState(state, service.revision);
	record({
		kind: "sample",
		round,
		podsBefore: pods.map(({ metadata }) => metadata.uid ?? metadata.name),
		...(replicas === undefined ? {} : { replicasBefore: replicas }),
	});
	const times = await order.observer.request({
		route: order.route,
		host: service.host,
		expectBody: order.expectBody,
		timeoutMs: order.requestTimeoutMs,
	});
	record({ kind: "request", round, ...times });
	return times;
}

/** The answer may come before the pod is Ready; the talk's spans need both. */
async function untilReady({ state, service, signal }: ColdStartsOrder, isUp: boolean): Promise<void> {
	interface Condition {
		type: string;
		status: string;
	}
	let mayBeGone = !isUp;
	await state
		.until(
			() => {
				const { pods } = revisionState(state, service.revision);
				const isReady = pods.some((pod) =>
					((pod.status as { conditions?: Condition[] } | undefined)?.conditions ?? []).some(
						({ type, status }) => type === "Ready" && status === "True",
					),
				);
				if (pods.length > 0) mayBeGone = true;
				return isReady || (mayBeGone && pods.length === 0) ? true : undefined;
			},
			// A pod that never becomes Ready is a fact about the sample, which the recording holds; the run goes on.
			{ timeoutMs: readyTimeoutMs, signal, onTimeout: () => new NeverReady() },
		)
		.catch((error) => {
			if (!(error instanceof NeverReady)) throw error;
		});
}

/** An answer may be long in coming; a run that is interrupted does not wait for it. */
function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		if (signal.aborted) reject(signal.reason);
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}

class NeverReady extends Error {}
