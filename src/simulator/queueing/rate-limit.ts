import type { Clock, SimulatedNs } from "../clock/clock.ts";

/** How many requests a client may send: so many in a second, and so many at once after a pause. */
export interface Rate {
	perSecond: number;
	burst: number;
}

/** The rate limiter of a client of the API server. */
export interface RateLimit {
	/** Takes the place of so many requests; how many milliseconds to wait before they may be sent. */
	take(requests?: number): number;
}

/** A bucket of tokens, as client-go has it: who finds it empty waits in line for the next one. */
export function createRateLimit(clock: Clock, { perSecond, burst }: Rate): RateLimit {
	let tokens = burst;
	let at: SimulatedNs = 0;
	return {
		take(requests = 1) {
			const now = clock.now();
			tokens = Math.min(burst, tokens + ((now - at) / 1e9) * perSecond) - requests;
			at = now;
			return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
		},
	};
}
