import type { Clock, Process } from "../clock/clock.ts";
import type { Model } from "../model/model.ts";
import { type Cores, createCores } from "../queueing/cores.ts";
import { createLanes, type Lanes } from "../queueing/lanes.ts";
import { createRateLimit, type RateLimit } from "../queueing/rate-limit.ts";

/** What the pods of a node share, and wait for when they are many. */
export interface Machine {
	cores: Cores;
	/** The kubelet pulls one image after another (`serializeImagePulls`). */
	imagePulls: Lanes;
	/** The kubelet writes the status of one pod after another. */
	statusWrites: Lanes;
	/** The kubelet's client of the API server. */
	requests: RateLimit;
	/** The kubelet's client for Events. */
	events: RateLimit;
}

export function createMachine(clock: Clock, { limits }: Model): Machine {
	return {
		cores: createCores(clock, limits.cores),
		imagePulls: createLanes(clock, 1),
		statusWrites: createLanes(clock, 1),
		requests: createRateLimit(clock, limits.kubelet),
		events: createRateLimit(clock, limits.kubeletEvents),
	};
}

/** A step of which a part computes, and so takes longer while much else on the machine does; the rest waits. */
export function* takeStep({ cores }: Machine, ms: number, computingShare: number): Process {
	if (computingShare < 1) yield ms * (1 - computingShare);
	if (computingShare > 0) yield cores.compute(ms * computingShare);
}
