import type { Fault } from "./fault.ts";
import { periodMs } from "./parameters.ts";

/** As when an API server restarts, or a load balancer ends long connections. */
export const dropWatchesEveryMs: Fault<number> = {
	about: "Every open watch is closed once per this many simulated ms.",
	parameter: periodMs,
	hooks: (everyMs) => ({
		onServerStarted: (server) => server.every(everyMs, server.dropWatches),
	}),
	trials: [
		{
			name: "dropped-watches",
			about: "watches that end every 13 s",
			faults: { dropWatchesEveryMs: 13_000 },
			pod: "none",
		},
	],
};
