import type { Fault } from "./fault.ts";
import { delayMs } from "./parameters.ts";

export const watchLagMs: Fault<number> = {
	about: "Each watch event is sent late, by up to this many simulated ms. Events stay in order.",
	parameter: delayMs,
	hooks: (limitMs, random) => ({ watchEventDelayMs: () => limitMs * random.unit("watchLag") }),
	trials: [
		{
			name: "lagging-watches",
			about: "watch events up to 150 ms late",
			faults: { watchLagMs: 150 },
			pod: "sidecar-policy",
		},
	],
};
