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
	it("begins when Knative's window has passed since the answer, within its next decision", () => {
		const { removals, calm } = world();
		expect(calm(0, 100, "b")).toBe(0);
		removals.answered("a", s(100));
		expect(calm(101, 107.9, "b")).toBe(101);
		expect(calm(101, 108.1, "b")).toBe(110.5);
		expect(calm(110.4, 111, "b")).toBe(110.5);
		expect(calm(110.6, 112, "b")).toBe(110.6);
		// The copy's own next start waits for its end anyway.
		expect(calm(101, 108.1, "a")).toBe(101);
	});

	it("is over for a while when it has begun, also when the pod is gone", () => {
		const { removals, calm, leaves, isGone } = world();
		removals.answered("a", s(100));
		leaves("one", 109);
		expect(calm(109.4, 110, "b")).toBe(109.5);
		expect(calm(109.6, 200, "b")).toBe(109.6);
		isGone("one", 120);
		expect(calm(120, 200, "b")).toBe(120);
	});

	it("is waited for one after the other where several are to come", () => {
		const { removals, calm } = world();
		removals.answered("a", s(100));
		removals.answered("c", s(102));
		expect(calm(107, 109, "b")).toBe(112.5);
		expect(calm(107, 109, "a")).toBe(107);
		expect(calm(108, 110.5, "a")).toBe(112.5);
	});
});
