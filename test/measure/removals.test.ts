import { describe, expect, it } from "vitest";
import { openRemovals } from "../../src/measure/removals.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { aPod, seen } from "./revision.ts";

const s = (seconds: number) => BigInt(Math.round(seconds * 1e9));
const span = (from: number, to: number) => ({ from: s(from), to: s(to) });

/** Two copies, and what the watches say of the first one's pods. */
function world() {
	const state = openLiveState();
	const removals = openRemovals(state, ["a", "b"]);
	const metadata = { deletionTimestamp: "2026-11-23T10:00:30Z" };
	return {
		removals,
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
		const { removals } = world();
		expect(removals.isCalm(span(0, 100), "b")).toBe(true);
		removals.answered("a", s(100));
		expect(removals.isCalm(span(101, 105.9), "b")).toBe(true);
		expect(removals.isCalm(span(101, 106.1), "b")).toBe(false);
		expect(removals.isCalm(span(108.9, 110), "b")).toBe(false);
		expect(removals.isCalm(span(109.1, 112), "b")).toBe(true);
		// The copy's own next start waits for its end anyway.
		expect(removals.isCalm(span(101, 106.1), "a")).toBe(true);
	});

	it("is over for a while when it has begun, and says nothing of the end of the first one", () => {
		const { removals, leaves } = world();
		removals.answered("a", s(100));
		leaves("one", 107);
		expect(removals.isCalm(span(107.4, 108), "b")).toBe(false);
		expect(removals.isCalm(span(107.6, 200), "b")).toBe(true);
	});

	it("ends after as long as the others did", () => {
		const { removals, leaves, isGone } = world();
		leaves("one", 100);
		isGone("one", 111);
		leaves("two", 200);
		isGone("two", 212);
		leaves("three", 300);
		expect(removals.isCalm(span(301, 309.9), "b")).toBe(true);
		expect(removals.isCalm(span(301, 310.1), "b")).toBe(false);
		expect(removals.isCalm(span(312.2, 313), "b")).toBe(false);
		expect(removals.isCalm(span(312.4, 320), "b")).toBe(true);
		isGone("three", 311.5);
		expect(removals.isCalm(span(311.5, 320), "b")).toBe(true);
	});
});
