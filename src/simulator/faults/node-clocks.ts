import type { Fault } from "./fault.ts";
import { byName, offsetMs } from "./parameters.ts";

export const nodeClockOffsetsMs: Fault<Record<string, number>> = {
	about: "How far the clocks of nodes are ahead, ms by the name of the node; negative where one is behind.",
	parameter: byName(offsetMs),
	hooks: (offsetsMs) => ({ nodeClockAheadMs: (node) => offsetsMs[node] ?? 0 }),
	trials: [
		{
			name: "clock-offsets",
			about: "two nodes and an API server whose clocks differ",
			faults: { nodeClockOffsetsMs: { "node-1": 300, "node-2": -300 }, serverClockOffsetMs: 120 },
			pod: "sidecar",
			nodes: 2,
		},
	],
};
