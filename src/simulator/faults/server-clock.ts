import type { Fault } from "./fault.ts";
import { offsetMs } from "./parameters.ts";

/** The scenario `clock-offsets` tries it. */
export const serverClockOffsetMs: Fault<number> = {
	about: "How far the clock of the API server is ahead, ms; negative where it is behind.",
	parameter: offsetMs,
	hooks: (aheadMs) => ({ serverClockAheadMs: () => aheadMs }),
	trials: [],
};
