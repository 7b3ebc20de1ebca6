import type { Api } from "../api/api.ts";
import { StatusError } from "../api/status-error.ts";
import type { Clock } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import type { FaultEffects } from "../faults/fault.ts";
import type { Delays, Model } from "../model/model.ts";
import type { ContainerLogs } from "./logs.ts";
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
 * enqueued several times meanwhile, and again when the API refused a write.
 */
export function createQueue(
	world: World,
	name: string,
	reconcile: (key: string) => void,
): (key: string, delayMs?: number) => void {
	const waiting = new Set<string>();
	const enqueue = (key: string, delayMs = world.delays.of("controllerReacts", `${name}/${key}`)) => {
		if (waiting.has(key)) return;
		waiting.add(key);
		world.clock.after(delayMs, () => {
			waiting.delete(key);
			try {
				reconcile(key);
			} catch (error) {
				if (!(error instanceof StatusError)) throw error;
				enqueue(key, retryMs);
			}
		});
	};
	return enqueue;
}

/** Splits `namespace/name`. */
export function refOfKey(key: string): { namespace: string; name: string } {
	const slash = key.indexOf("/");
	return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
