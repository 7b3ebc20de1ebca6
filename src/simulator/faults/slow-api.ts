import type { Fault } from "./fault.ts";
import { delayMs } from "./parameters.ts";

/** The scenario `throttled` tries it. */
export const slowApiMs: Fault<number> = {
	about: "Each request waits this many simulated ms before the API server looks at it.",
	parameter: delayMs,
	hooks: (waitMs) => ({ requestDelayMs: () => waitMs }),
	trials: [],
};
