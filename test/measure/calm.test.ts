import { describe, expect, it, onTestFinished } from "vitest";
import { anchorClock, clientNow } from "../../src/clock/client-clock.ts";
import { systemClock } from "../../src/clock/clock.ts";
import { openCalm } from "../../src/measure/calm.ts";
import type { Start, Starting } from "../../src/measure/cold-start.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { fakeCluster } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { aPod, seen } from "./revision.ts";

const speed = 5;

/** Copies of one profile, whose cold starts take a second each, in a time that goes faster. */
function world(names: string[]) {
	const state = openLiveState();
	const clock = { ...anchorClock(), speed };
	const sleep = (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / speed, signal);
	const over = new AbortController();
	onTestFinished(() => over.abort());
	const session = sessionOn(fakeCluster(), { signal: over.signal, clock: { now: systemClock.now, sleep } });
	const copies = names.map((revision) => ({ revision }));
	const subject = { profile: { name: "one" }, copies };
	const calm = openCalm(session, { state, subjects: [subject], clock } as unknown as Starting);
	const startOf = (revision: string) => ({ subject, service: { revision }, round: 1 }) as unknown as Start;
	const beganAt = clientNow(clock);
	const now = () => Number(clientNow(clock) - beganAt) / 1e9;
	return {
		state,
		now,
		sleepUntil: (seconds: number) => sleep((seconds - now()) * 1_000),
		ends: (revision: string) =>
			calm.ended(startOf(revision), { connectStartedAt: "0", sentAt: "0", lastByteAt: "1000000000" }),
		async until(revision: string, pauseMs = 0) {
			await calm.until(startOf(revision), pauseMs);
			return now();
		},
	};
}

describe("a calm time", () => {
	it("is now, where a cold start will be over before anything changes", async () => {
		const { ends, until } = world(["a", "b"]);
		ends("a");
		expect(await until("b")).toBeLessThan(5);
	});

	it("comes when a removal has begun that the cold start, or the pause before it, would have met", async () => {
		const { ends, until, sleepUntil, state } = world(["a", "b"]);
		ends("a");
		await sleepUntil(6.2);
		const waiting = until("b", 500);
		await sleepUntil(7);
		const metadata = { deletionTimestamp: "2026-11-23T10:00:30Z" };
		state.add(seen("pods", aPod("p", { of: "a", ready: true, metadata })));
		const at = await waiting;
		expect(at).toBeGreaterThan(7.4);
		expect(at).toBeLessThan(8.9);
	});

	it("comes at the latest when the removal must have begun", async () => {
		const { ends, until, sleepUntil } = world(["a", "b"]);
		ends("a");
		await sleepUntil(7);
		const at = await until("b");
		expect(at).toBeGreaterThan(8.9);
		expect(at).toBeLessThan(14);
	});

	it("is not waited for where it is far off", async () => {
		const { ends, until, sleepUntil } = world(["a", "b", "c"]);
		// Removals begin from 6 s to 9 s, and from 8.5 s to 11.5 s.
		ends("a");
		await sleepUntil(2.5);
		ends("b");
		await sleepUntil(6.2);
		expect(await until("c")).toBeLessThan(7.5);
	});
});
