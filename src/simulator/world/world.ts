import type { Api } from "../api/api.ts";
import { StatusError } from "../api/status-error.ts";
import type { Clock } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import type { FaultEffects } from "../faults/fault.ts";
import type { Delays, Model } from "../model/model.ts";
import { createRateLimit, type Rate } from "../queueing/rate-limit.ts";
import type { ContainerLogs } from "./logs.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./programs.ts";
import type { RuntimePod } from "./runtime.ts";
import type { TruthRecorder } from "./truth.ts";

/** What every controller of the simulation is given. */
export interface World {
	api: Api;
	clock: Clock;
	model: Model;
	delays: Delays;
	random: Random;
	/** What goes wrong on purpose. */
	faults: FaultEffects;
	truth: TruthRecorder;
	/** What the pods of each node share, by its name. */
	machines: ReadonlyMap<string, Machine>;
	/** What really runs, by the pods' uid: what a request over the network meets. */
	running: Map<string, RuntimePod>;
	/** What runs in containers in earnest, and what they have written. */
	program: Program;
	logs: ContainerLogs;
	/** The time that the API server and the controllers beside it show, ns since 1970. */
	serverEpochNs: () => bigint;
	/** The time that a node shows, ns since 1970. */
	nodeEpochNs: (node: string) => bigint;
}

const retryMs = 1_000;

/**
 * The work queue of a controller: calls `reconcile` with a key some time after it was enqueued, once even if it was
 * enqueued several times meanwhile, and again when the API refused a write. With a rate, what was written before delays
 * what comes after it, as the rate limiter of the controller's client does.
 */
export function createQueue(
	world: World,
	name: string,
	reconcile: (key: string) => void,
	rate?: Rate,
): (key: string, delayMs?: number) => void {
	const { clock, api, delays } = world;
	const waiting = new Set<string>();
	const limit = rate && createRateLimit(clock, rate);
	const run = (key: string) => {
		waiting.delete(key);
		const before = api.store.revision();
		try {
			reconcile(key);
		} catch (error) {
			if (!(error instanceof StatusError)) throw error;
			enqueue(key, retryMs);
		}
		limit?.take(api.store.revision() - before);
	};
	const enqueue = (key: string, delayMs = delays.of("controllerReacts", `${name}/${key}`)) => {
		if (waiting.has(key)) return;
		waiting.add(key);
		clock.after(delayMs, () => {
			const throttledMs = limit?.take(0) ?? 0;
			if (throttledMs > 0) clock.after(throttledMs, () => run(key));
			else run(key);
		});
	};
	return enqueue;
}

/** Splits `namespace/name`. */
export function refOfKey(key: string): { namespace: string; name: string } {
	const slash = key.indexOf("/");
	return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
