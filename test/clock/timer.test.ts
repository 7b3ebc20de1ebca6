import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pause } from "../../src/clock/pause.ts";
import { newTask, waitUntil } from "../../src/kube/wait/task.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const hours600 = 600 * 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits 600 hours as told, and not as long as a timer of Node can", async () => {
	const done: string[] = [];
	const { signal } = new AbortController();
	const limits = { timeoutMs: hours600, signal, onTimeout: () => new Error("late") };
	const waits = [
		pause(hours600).then(() => done.push("pause")),
		openLiveState()
			.until(() => undefined, limits)
			.catch(({ message }) => done.push(message)),
	];
	await vi.advanceTimersByTimeAsync(hours600 - 1);
	expect(done).toEqual([]);
	await vi.advanceTimersByTimeAsync(1);
	await Promise.all(waits);
	expect(done).toEqual(["pause", "late"]);
});

it("leaves no timer behind when it is ended in its second part", async () => {
	const controller = new AbortController();
	const wait = pause(hours600, controller.signal);
	await vi.advanceTimersByTimeAsync(hours600 - 1_000);
	controller.abort(new Error("over"));
	await expect(wait).rejects.toThrow("over");
	expect(vi.getTimerCount()).toBe(0);
});

it("gives each wait of a task the whole time", async () => {
	vi.useRealTimers();
	const clock = jumpingClock();
	const task = newTask(sessionOn(fakeCluster(), { timeoutMs: 10_000, clock }));
	for (const _ of [1, 2, 3]) {
		const until = clock.now() + 8_000;
		await waitUntil(
			task,
			async () => (clock.now() < until ? "it" : undefined),
			() => {
				throw new Error("late");
			},
		);
	}
});
