import { type ClientClock, clientNow, realMs } from "./client-clock.ts";
import type { Clock } from "./clock.ts";
import { pause } from "./pause.ts";

/** Waiting in the client's time, which may go faster than ours. */
export const scaledClock = (clock: ClientClock): Clock => ({
	now: () => Number(clientNow(clock) / 1_000_000n),
	sleep: (ms, signal) => pause(realMs(clock, ms), signal),
});
