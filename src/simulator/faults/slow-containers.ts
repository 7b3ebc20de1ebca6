import type { Fault } from "./fault.ts";
import { byName, delayMs } from "./parameters.ts";

export const slowContainers: Fault<Record<string, number>> = {
	about: "How much later than the model says containers become ready, simulated ms by the name of the container.",
	parameter: byName(delayMs),
	hooks: (delaysMs) => ({ containerReadyDelayMs: (container) => delaysMs[container] ?? 0 }),
	trials: [
		{
			name: "slow-probe",
			about: "a service that becomes Ready late",
			faults: { slowContainers: { "user-container": 2_500 } },
			pod: "none",
		},
	],
};
