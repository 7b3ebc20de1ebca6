import type { Fault } from "./fault.ts";
import { share } from "./parameters.ts";

export const lostEvents: Fault<number> = {
	about: "The share of Events of the kubelet and the controllers that never arrive, 0 to 1.",
	parameter: share,
	hooks: (lostShare, random) => ({ isEventLost: (objectKey) => random.unit(`lostEvent/${objectKey}`) < lostShare }),
	trials: [
		{ name: "lost-events", about: "three in ten Events lost", faults: { lostEvents: 0.3 }, pod: "sidecar-policy" },
	],
};
