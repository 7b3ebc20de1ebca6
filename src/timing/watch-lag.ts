import type { EntryOf } from "../model/recording.ts";

/** Where no ping tells, a change is taken to reach us within so long. */
const defaultLagNs = 50_000_000n;

/**
 * Of `n` lags of one kind the next is the longest with a chance of 1 in n + 1, whatever their distribution. So the
 * longest of 20 pings bounds a receipt in 95 of 100 cases; the longer of two would do so in 67.
 */
export const pingsAround = 20;

/**
 * How long at most the watch usually took around a receipt, in ns, by the pings that are nearest to it in time.
 * @param pings in the order of their receipts
 */
export function watchLagOf(pings: readonly EntryOf<"ping">[]): (receivedAt: bigint) => bigint {
	const seen = pings.map(({ sentAt, seenAt }) => ({ at: BigInt(seenAt), lag: BigInt(seenAt) - BigInt(sentAt) }));
	return (receivedAt) => {
		const distance = ({ at }: { at: bigint }) => Number(at < receivedAt ? receivedAt - at : at - receivedAt);
		const nearest = [...seen].sort((a, b) => distance(a) - distance(b)).slice(0, pingsAround);
		const longest = nearest.reduce((most, { lag }) => (lag > most ? lag : most), 0n);
		// Too few pings say little of the longest lag.
		return nearest.length < pingsAround && longest < defaultLagNs ? defaultLagNs : longest;
	};
}
