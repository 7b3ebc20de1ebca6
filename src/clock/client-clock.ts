/**
 * The client's clock of a run, as data that another thread can have too: a reading of the monotonic clock, the time that
 * it stands for, and how fast time goes. A real cluster's time goes as ours does; a simulated one's may go faster.
 */
export interface ClientClock {
	/** `process.hrtime.bigint()`, ns. */
	hrtimeAtStart: bigint;
	/** ns since the epoch. */
	epochNsAtStart: bigint;
	speed: number;
}

/**
 * Ties the monotonic clock to the wall clock once, at a tick of the latter, so that the whole run has one clock that
 * never jumps. `Date.now` has whole milliseconds; waiting for its next one gives microseconds.
 */
export function anchorClock(): ClientClock {
	const before = Date.now();
	let now = before;
	while (now === before) now = Date.now();
	return { hrtimeAtStart: process.hrtime.bigint(), epochNsAtStart: BigInt(now) * 1_000_000n, speed: 1 };
}

/** The client's time, ns since the epoch, of a reading of `process.hrtime.bigint()`. */
export function clientTime(clock: ClientClock, hrtime: bigint): bigint {
	return clock.epochNsAtStart + BigInt(Math.round(Number(hrtime - clock.hrtimeAtStart) * clock.speed));
}

/** The client's time now, ns since the epoch. */
export const clientNow = (clock: ClientClock): bigint => clientTime(clock, process.hrtime.bigint());

/** How long a wait of so many milliseconds of the client's time really takes. */
export const realMs = (clock: ClientClock, ms: number): number => ms / clock.speed;

/** Milliseconds of the client's time since a time on it. */
export const elapsedMs = (clock: ClientClock, since: bigint): number =>
	Number((clientNow(clock) - since) / 1000n) / 1000;
