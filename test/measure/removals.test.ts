import { describe, expect, it } from "vitest";
import { openRemovals } from "../../src/measure/removals.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { aPod, seen } from "./revision.ts";

const s = (seconds: number) => BigInt(Math.round(seconds * 1e9));

/** Two copies, and what the watches say of the first one's pods. */
function world() {
	const state = openLiveState();
	const removals = openRemovals(state, new Set(["a", "b"]));
	const metadata = { deletionTimestamp: "2026-11-23T10:00:30Z" };
	/** Seconds until which a cold start has to wait that would last from one time to the other. */
	const calm = (from: number, to: number, revision: string) =>
		Number(removals.calmFrom({ from: s(from), ns: s(to - from) }, revision)) / 1e9;
	return {
		removals,
		calm,
		leaves(uid: string, at: number) {
			state.add(seen("pods", aPod(uid, { of: "a", ready: true, metadata })));
			removals.look(s(at));
		},
		isGone(uid: string, at: number) {
			state.add(seen("pods", aPod(uid, { of: "a" }), "DELETED"));
			removals.look(s(at));
		},
	};
}

describe("the removal of copies' pods", () => {
	it("begins when Knative's window has passed since the answer, within its next decisions", () => {
		const { removals, calm } = world();
		expect(calm(0, 100, "b")).toBe(0);
		removals.answered("a", s(100));
		expect(calm(101, 105.9, "b")).toBe(101);
		expect(calm(101, 106.1, "b")).toBe(109);
		expect(calm(108.9, 110, "b")).toBe(109);
		expect(calm(109.1, 112, "b")).toBe(109.1);
		// The copy's own next start waits for its end anyway.
		expect(calm(101, 106.1, "a")).toBe(101);
	});

	it("is over for a while when it has begun, and says nothing of the end of the first one", () => {
		const { removals, calm, leaves } = world();
		removals.answered("a", s(100));
		leaves("one", 107);
		expect(calm(107.4, 108, "b")).toBe(107.5);
		expect(calm(107.6, 200, "b")).toBe(107.6);
	});

	it("ends after as long as the others did", () => {
		const { calm, leaves, isGone } = world();
		leaves("one", 100);
		isGone("one", 111);
		leaves("two", 200);
		isGone("two", 212);
		leaves("three", 300);
		expect(calm(301, 309.9, "b")).toBe(301);
		expect(calm(301, 310.1, "b")).toBe(312.3);
		expect(calm(312.2, 313, "b")).toBe(312.3);
		expect(calm(312.4, 320, "b")).toBe(312.4);
		isGone("three", 311.5);
		expect(calm(311.5, 320, "b")).toBe(311.5);
	});
});
