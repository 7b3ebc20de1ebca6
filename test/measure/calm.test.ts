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
		await sleepUntil(7.7);
		const waiting = until("b", 500);
		await sleepUntil(8.4);
		const metadata = { deletionTimestamp: "2026-11-23T10:00:30Z" };
		state.add(seen("pods", aPod("p", { of: "a", ready: true, metadata })));
		const at = await waiting;
		expect(at).toBeGreaterThan(8.8);
		expect(at).toBeLessThan(10.3);
	});

	it("comes at the latest when the removal must have begun", async () => {
		const { ends, until, sleepUntil } = world(["a", "b"]);
		ends("a");
		await sleepUntil(8.5);
		const at = await until("b");
		expect(at).toBeGreaterThan(10.4);
		expect(at).toBeLessThan(14);
	});

	it("comes after the removals of two copies, if it is not long until then", async () => {
		const { ends, until, sleepUntil } = world(["a", "b", "c"]);
		// Removals begin from 8 s to 10.5 s, and from 10 s to 12.5 s.
		ends("a");
		await sleepUntil(2);
		ends("b");
		await sleepUntil(8.2);
		const at = await until("c");
		expect(at).toBeGreaterThan(12.4);
		expect(at).toBeLessThan(15);
	});

	it("is not waited for without end", async () => {
		const { ends, until, sleepUntil } = world(["a", "b", "c", "d", "e", "f"]);
		for (const name of ["a", "b", "c", "d", "e"]) {
			ends(name);
			await sleepUntil(["a", "b", "c", "d", "e"].indexOf(name) * 2 + 2);
		}
		// Removals begin from 8 s to 18.5 s without a gap.
		const at = await until("f");
		expect(at).toBeGreaterThan(17.9);
		expect(at).toBeLessThan(18.5);
	});
});
