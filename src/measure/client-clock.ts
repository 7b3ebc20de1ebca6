/** Nanoseconds to add to `process.hrtime` for nanoseconds since the epoch: the client's clock of a run. */
export type ClockAnchor = bigint;

/**
 * Ties the monotonic clock to the wall clock once, at a tick of the latter, so that the whole run has one clock that
 * never jumps. `Date.now` has whole milliseconds; waiting for its next one gives microseconds.
 */
export function anchorClock(): ClockAnchor {
	const before = Date.now();
	let now = before;
	while (now === before) now = Date.now();
	return BigInt(now) * 1_000_000n - process.hrtime.bigint();
}
