import type { Fault } from "./fault.ts";
import { share } from "./parameters.ts";

const retryAfterSeconds = 1;

export const throttledRequests: Fault<number> = {
	about: "The share of requests that the API server refuses with 429, 0 to 1.",
	parameter: share,
	hooks: (refusedShare, random) => ({
		throttledForSeconds: () => (random.unit("throttled") < refusedShare ? retryAfterSeconds : undefined),
	}),
	trials: [
		{
			name: "throttled",
			about: "one request in twenty refused (429), all slow",
			faults: { throttledRequests: 0.05, slowApiMs: 20 },
			pod: "none",
		},
	],
};
