import { pause } from "./pause.ts";

/** Time as the code sees it, so that tests need not wait. */
export interface Clock {
	/** Milliseconds since the epoch; never jumps when the machine's clock is set. */
	now(): number;
	/** Rejects with the signal's reason when it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this process. */
export const systemClock: Clock = {
	now: () => Math.round(performance.timeOrigin + performance.now()),
	sleep: pause,
};
