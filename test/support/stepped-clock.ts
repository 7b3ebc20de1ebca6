import type { Clock } from "../../src/clock/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface SteppedClock extends Clock {
	/** Lets so many milliseconds pass, each sleep ending at its time, with what it wakes done before the next ends. */
	pass(ms: number): Promise<void>;
	/** Time goes by while nobody may do anything, as when the process is stopped. */
	stall(ms: number): void;
}

const settled = async () => {
	for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

export function steppedClock(): SteppedClock {
	let now = Date.parse("2026-01-01T00:00:00Z");
	const sleepers = new Set<{ at: number; wake(): void }>();
	return {
		now: () => now,
		sleep: (ms, signal) =>
			new Promise((resolve, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				const onAbort = () => {
					sleepers.delete(sleeper);
					reject(signal?.reason);
				};
				const sleeper = {
					at: now + ms,
					wake() {
						signal?.removeEventListener("abort", onAbort);
						resolve();
					},
				};
				sleepers.add(sleeper);
				signal?.addEventListener("abort", onAbort, { once: true });
			}),
		async pass(ms) {
			const until = now + ms;
			await settled();
			for (;;) {
				const [next] = [...sleepers].sort((a, b) => a.at - b.at);
				if (next === undefined || next.at > until) break;
				sleepers.delete(next);
				now = Math.max(now, next.at);
				next.wake();
				await settled();
			}
			now = until;
		},
		stall: (ms) => {
			now += ms;
		},
	};
}
