import { describe, expect, it } from "vitest";
import type { EntryOf } from "../../src/recording/entries.ts";
import { pingsAround, watchLagOf } from "../../src/timing/clocks/watch-lag.ts";

/** Pings that were seen a millisecond apart, each after so many milliseconds. */
const pings = (lagsMs: readonly number[]): EntryOf<"ping">[] =>
	lagsMs.map((lagMs, index) => {
		const seenAt = String(1_000_000_000 + index * 1_000_000);
		return { kind: "ping", at: seenAt, sentAt: String(Number(seenAt) - lagMs * 1_000_000), seenAt };
	});
const most = (lagsMs: readonly number[]) => Number(watchLagOf(pings(lagsMs))(1_000_000_000n).mostNs) / 1e6;

describe("the longest lag of a watch", () => {
	it("is told by twenty pings, and by one fewer not", () => {
		expect(most(new Array(pingsAround).fill(3))).toBe(3);
		expect(most(new Array(pingsAround - 1).fill(3))).toBe(50);
		expect(most([])).toBe(50);
	});

	it("is never less than what was seen, however few pings there are", () => {
		expect(most([3, 70])).toBe(70);
	});

	it("is that of the nearest pings", () => {
		expect(most([...new Array(pingsAround).fill(3), 400])).toBe(3);
	});
});
