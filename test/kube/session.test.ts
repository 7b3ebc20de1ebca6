import { describe, expect, it } from "vitest";
import { alsoEndedBy, newTask, uninterrupted, within } from "../../src/kube/wait/task.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

describe("a session", () => {
	it("is ended by its own signal and by the other one, with that one's reason", () => {
		for (const ended of [0, 1] as const) {
			const controllers = [new AbortController(), new AbortController()] as const;
			const [own, other] = controllers.map(({ signal }) => signal) as [AbortSignal, AbortSignal];
			const { signal } = alsoEndedBy(sessionOn(fakeCluster(), { signal: own }), other);
			expect(signal.aborted).toBe(false);
			controllers[ended].abort(new Error(`signal ${ended}`));
			expect(signal.reason).toEqual(new Error(`signal ${ended}`));
		}
	});

	it("goes on after the interruption where the work must be finished", () => {
		const session = sessionOn(fakeCluster(), { signal: AbortSignal.abort(new Error("stop")) });
		expect(uninterrupted(session).signal.aborted).toBe(false);
		expect(session.signal.aborted).toBe(true);
	});

	it("has no time limit for all its waits together, until it is given one", () => {
		const task = newTask(sessionOn(fakeCluster(), { clock: jumpingClock() }));
		expect(task.deadlineAt).toBe(Number.POSITIVE_INFINITY);
		expect(within(task, 5_000).deadlineAt).toBe(task.clock.now() + 5_000);
	});
});
