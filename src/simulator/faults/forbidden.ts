import type { Fault } from "./fault.ts";
import { permissions } from "./parameters.ts";

export const forbidden: Fault<string[]> = {
	about: "What the user may not do, each as `verb resource`: `create pods`, `list deployments.apps`.",
	parameter: permissions,
	hooks(denied) {
		const set = new Set(denied);
		return { isForbidden: (verb, resourceId) => set.has(`${verb} ${resourceId}`) };
	},
	trials: [
		{
			name: "leases",
			about: "two nodes whose clocks show only in their leases and Events",
			// As without the right to get nodes/proxy.
			faults: { nodeClockOffsetsMs: { "node-1": -300, "node-2": 300 }, forbidden: ["get nodes"] },
			pod: "sidecar",
			nodes: 2,
		},
	],
};
