import { describe, expect, it } from "vitest";
import { revisionState, waitForZero } from "../../src/knative/zero.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { type LiveState, openLiveState } from "../../src/recording/live-state.ts";
import { aDeployment, aPod, aSlice, revision, seen } from "../measure/revision.ts";

const limits = (more: { timeoutMs?: number; signal?: AbortSignal } = {}) => ({
	timeoutMs: 1_000,
	signal: new AbortController().signal,
	onTimeout: () => new Error("too late"),
	...more,
});

const podNames = (state: LiveState) => state.objects("pods").map(({ metadata }) => metadata.uid);

function stateOf(...entries: Entry[]): LiveState {
	const state = openLiveState();
	for (const entry of entries) state.add(entry);
	return state;
}

describe("the live state", () => {
	it("is what the watches last said", () => {
		const state = stateOf(seen("pods", aPod("a"), "ADDED"), seen("pods", aPod("b"), "ADDED"));
		state.add(seen("pods", aPod("a", { ready: true })));
		expect(state.objects("pods")[0]?.status).toMatchObject({ conditions: [{ status: "True" }] });
		state.add(seen("pods", aPod("a"), "DELETED"));
		expect(podNames(state)).toEqual(["b"]);
	});

	it("is replaced by a list, also after a gap", () => {
		const state = stateOf(seen("pods", aPod("a")), seen("deployments", aDeployment(1)));
		state.add({ kind: "listed", at: "2", watch: "pods", objects: [aPod("c")], afterGap: true });
		expect(podNames(state)).toEqual(["c"]);
		expect(state.objects("deployments")).toHaveLength(1);
	});

	it("keeps a new object of the same name apart from the old one", () => {
		const again = { ...aPod("b"), metadata: { ...aPod("b").metadata, name: "pod-a" } };
		const state = stateOf(seen("pods", aPod("a")), seen("pods", again, "ADDED"), seen("pods", aPod("a"), "DELETED"));
		expect(podNames(state)).toEqual(["b"]);
	});

	it("forgets events, and what is of no watch", () => {
		const state = stateOf(seen("events", aPod("event")), { kind: "zero", at: "1", waitedMs: 1 });
		expect(state.objects("events")).toEqual([]);
	});
});

describe("waiting for a state", () => {
	it("ends at once, or with the change that brings it", async () => {
		const state = stateOf();
		const look = () => (state.objects("pods").length > 0 ? podNames(state) : undefined);
		const waiting = state.until(look, limits());
		state.add(seen("deployments", aDeployment(1)));
		state.add(seen("pods", aPod("a"), "ADDED"));
		expect(await waiting).toEqual(["a"]);
		expect(await state.until(look, limits())).toEqual(["a"]);
	});

	it("ends with what the look throws, the time, or the signal's reason", async () => {
		const state = stateOf();
		const never = () => undefined;
		const controller = new AbortController();
		const broken = state.until(() => {
			throw new Error("broken");
		}, limits());
		const late = state.until(never, limits({ timeoutMs: 5 }));
		const stopped = state.until(never, limits({ signal: controller.signal }));
		controller.abort(new Error("stop"));
		const ends = await Promise.allSettled([broken, late, stopped]);
		expect(ends.map((end) => end.status === "rejected" && end.reason.message)).toEqual(["broken", "too late", "stop"]);
		await expect(state.until(() => 1, limits({ signal: controller.signal }))).rejects.toThrow("stop");
	});

	it("looks no more when it has ended", async () => {
		const state = stateOf();
		let looks = 0;
		await state.until(() => ++looks, limits());
		state.add(seen("pods", aPod("a")));
		expect(looks).toBe(1);
	});
});

describe("a revision", () => {
	it("has its own pods, replicas and ready endpoints, and no others", () => {
		const foreign = { ...aPod("x"), metadata: { name: "x", uid: "x", labels: {} } };
		const state = stateOf(
			seen("pods", aPod("a")),
			seen("pods", foreign),
			seen("deployments", aDeployment(2)),
			seen("endpointslices", aSlice(true, false)),
		);
		const { pods, replicas, readyEndpoints } = revisionState(state, revision);
		expect([pods.map(({ metadata }) => metadata.uid), replicas, readyEndpoints]).toEqual([["a"], 2, 1]);
		expect(revisionState(stateOf(), revision)).toEqual({ pods: [], replicas: undefined, readyEndpoints: 0 });
	});

	it("without `replicas` asks for one pod", () => {
		expect(revisionState(stateOf(seen("deployments", aDeployment(undefined))), revision).replicas).toBe(1);
	});
});

describe("zero", () => {
	const zero = (state: LiveState, timeoutMs = 1_000) =>
		waitForZero(state, { revision, timeoutMs, signal: new AbortController().signal });
	const terminating = { deletionTimestamp: "2026-11-23T10:00:00Z" };

	it("is reached when the last pod is gone, Terminating included, and nothing is asked for or ready", async () => {
		const state = stateOf(
			seen("pods", aPod("a", { ready: true })),
			seen("deployments", aDeployment(1)),
			seen("endpointslices", aSlice(true)),
		);
		let isReached = false;
		const waiting = zero(state).then((found) => {
			isReached = true;
			return found;
		});
		for (const entry of [
			seen("deployments", aDeployment(0)),
			seen("pods", aPod("a", { metadata: terminating })),
			seen("endpointslices", aSlice()),
		]) {
			state.add(entry);
			await new Promise((resolve) => setImmediate(resolve));
			expect(isReached).toBe(false);
		}
		state.add(seen("pods", aPod("a"), "DELETED"));
		expect(await waiting).toEqual({ pods: [], replicas: 0, readyEndpoints: 0 });
	});

	it("is not reached while the Deployment is unknown", async () => {
		await expect(zero(stateOf(), 5)).rejects.toThrow("an unknown number of pod(s)");
	});

	it.each([
		[[seen("pods", aPod("a")), seen("deployments", aDeployment(0))], "pod pod-a is still wanted"],
		[
			[
				seen("pods", aPod("a", { metadata: { ...terminating, finalizers: ["x/y"] } })),
				seen("deployments", aDeployment(0)),
			],
			"pod pod-a is terminating since 2026-11-23T10:00:00Z, held by the finalizers x/y",
		],
		[[seen("deployments", aDeployment(1))], "its Deployment asks for 1 pod(s)"],
		[
			[seen("deployments", aDeployment(0)), seen("endpointslices", aSlice(true, true))],
			"2 endpoint(s) are still ready",
		],
	])("names what holds it", async (entries, words) => {
		await expect(zero(stateOf(...entries), 5)).rejects.toMatchObject({
			exitCode: 4,
			message: `revision ${revision} did not go to zero within 0.005 s: ${words}`,
			hint: expect.stringContaining("enable-scale-to-zero"),
		});
	});
});
