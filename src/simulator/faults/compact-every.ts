import type { Fault } from "./fault.ts";
import { periodMs } from "./parameters.ts";

/** As when etcd is compacted: watches and lists from before cannot be resumed (410). */
export const compactEveryMs: Fault<number> = {
	about: "The history of changes and the pages of lists are forgotten once per this many simulated ms.",
	parameter: periodMs,
	hooks: (everyMs) => ({
		onServerStarted: (server) => server.every(everyMs, server.compact),
	}),
	trials: [
		{
			name: "gone",
			about: "watches that end and cannot be resumed (410)",
			faults: { dropWatchesEveryMs: 13_000, compactEveryMs: 1_000 },
			pod: "none",
		},
	],
};
