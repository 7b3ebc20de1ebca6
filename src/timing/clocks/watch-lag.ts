import type { EntryOf } from "../../recording/entries.ts";

/** Where no ping tells, a change is taken to reach us within so long. */
const defaultLagNs = 50_000_000n;

/**
 * Of `n` lags of one kind the next is the longest with a chance of 1 in n + 1, whatever their distribution. So the
 * longest of 20 pings bounds a receipt in 95 of 100 cases; the longer of two would do so in 67.
 */
export const pingsAround = 20;

/** How long the watch took around a receipt, in ns. */
export interface WatchLag {
	/** The median, for a best guess. */
	usualNs: bigint;
	/** The longest, for a bound. */
	mostNs: bigint;
}

/**
 * The watch's lag by the pings that are nearest to a receipt in time.
 * @param pings in the order of their receipts
 */
export function watchLagOf(pings: readonly EntryOf<"ping">[]): (receivedAt: bigint) => WatchLag {
	const seen = pings.map(({ sentAt, seenAt }) => ({ at: BigInt(seenAt), lag: BigInt(seenAt) - BigInt(sentAt) }));
	return (receivedAt) => {
		const distance = ({ at }: { at: bigint }) => Number(at < receivedAt ? receivedAt - at : at - receivedAt);
		const nearest = [...seen].sort((a, b) => distance(a) - distance(b)).slice(0, pingsAround);
		const lags = nearest.map(({ lag }) => lag).sort((a, b) => Number(a - b));
		const longest = lags.at(-1) ?? defaultLagNs;
		// Too few pings say little of the longest lag.
		const isMeasured = lags.length === pingsAround || longest > defaultLagNs;
		return { usualNs: lags[lags.length >> 1] ?? defaultLagNs / 2n, mostNs: isMeasured ? longest : defaultLagNs };
	};
}
