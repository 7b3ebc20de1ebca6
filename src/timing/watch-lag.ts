import type { Entry } from "../model/recording.ts";

/** How long the watch took around a receipt, in ns. */
export interface WatchLag {
	usualNs: bigint;
	/** No longer than this, with a chance that {@link pingsAround} decides. */
	mostNs: bigint;
}

/** Where no ping tells, a change is taken to reach us within so long. */
const defaultLagNs = 50_000_000n;

/**
 * Of `n` lags of one kind the next is the longest with a chance of 1 in n + 1, whatever their distribution. So the
 * longest of 20 pings bounds a receipt in 95 of 100 cases; that of the two beside it did in 67, as `knistio selftest`
 * found.
 */
export const pingsAround = 20;

/** The watch's lag at a receipt, by the pings that are nearest to it in time. @param pings in order of their receipts */
export function watchLagOf(pings: readonly Extract<Entry, { kind: "ping" }>[]): (receivedAt: bigint) => WatchLag {
	const seen = pings.map(({ sentAt, seenAt }) => ({ at: BigInt(seenAt), lag: BigInt(seenAt) - BigInt(sentAt) }));
	return (receivedAt) => {
		const distance = ({ at }: { at: bigint }) => (at < receivedAt ? receivedAt - at : at - receivedAt);
		const nearest = [...seen].sort((a, b) => Number(distance(a) - distance(b))).slice(0, pingsAround);
		const lags = nearest.map(({ lag }) => lag).sort((a, b) => Number(a - b));
		const usualNs = lags[lags.length >> 1] ?? defaultLagNs;
		const mostNs = lags.at(-1) ?? defaultLagNs;
		// Too few pings say little of the longest lag.
		return { usualNs, mostNs: lags.length < pingsAround && mostNs < defaultLagNs ? defaultLagNs : mostNs };
	};
}
