import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";
import type { RuntimePod } from "./controllers/runtime.ts";
import type { Faults } from "./faults.ts";
import type { Delays, Model } from "./model.ts";
import type { Random } from "./random.ts";
import type { TruthRecorder } from "./truth.ts";

/** What every controller of the simulation is given. */
export interface World {
	api: Api;
	clock: Clock;
	model: Model;
	delays: Delays;
	random: Random;
	faults: Faults;
	truth: TruthRecorder;
	/** What really runs, by the pods' uid: what a request over the network meets. */
	running: Map<string, RuntimePod>;
	/** The time that the API server and the controllers beside it show, ns since 1970. */
	serverEpochNs: () => bigint;
	/** The time that a node shows, ns since 1970. */
	nodeEpochNs: (node: string) => bigint;
}

/**
 * Calls `reconcile` with a key some time after it was asked for, once however often it was asked meanwhile: the work
 * queue of a controller.
 */
export function createQueue(
	world: World,
	name: string,
	reconcile: (key: string) => void,
): (key: string, delayMs?: number) => void {
	const waiting = new Set<string>();
	return (key, delayMs = world.delays.of("controllerReacts", `${name}/${key}`)) => {
		if (waiting.has(key)) return;
		waiting.add(key);
		world.clock.after(delayMs, () => {
			waiting.delete(key);
			reconcile(key);
		});
	};
}

/** `namespace/name` taken apart. */
export function refOfKey(key: string): { namespace: string; name: string } {
	const slash = key.indexOf("/");
	return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
