import type { Fault } from "./fault.ts";
import { count } from "./parameters.ts";

export const podsPerNode: Fault<number> = {
	about: "For how many pods each node has room; further ones stay Pending until others are gone.",
	parameter: count,
	hooks: (pods) => ({ podsPerNode: () => pods }),
	trials: [
		{
			name: "small-nodes",
			about: "nodes with room for few pods",
			faults: { podsPerNode: 12 },
			pod: "none",
			nodes: 2,
		},
	],
};
