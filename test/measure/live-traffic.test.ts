import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wayToZero } from "../../src/knative/way-to-zero.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { LiveTrafficError, requireUnwanted, untilQuiet } from "../../src/measure/live-traffic.ts";
import { type LiveState, openLiveState } from "../../src/recording/live-state.ts";

const revision = "shop-00001";
const labels = { "serving.knative.dev/revision": revision };

function openRevision() {
	const state = openLiveState();
	const put = (watch: "pods" | "deployments", type: "MODIFIED" | "DELETED", object: object) =>
		state.add({ kind: "watch", at: "0", watch, type, object: object as KubeObject });
	return {
		state,
		scale: (replicas: number) =>
			put("deployments", "MODIFIED", { metadata: { name: "d", uid: "d", labels }, spec: { replicas } }),
		pod: (name: string, more = {}) => put("pods", "MODIFIED", { metadata: { name, uid: name, labels, ...more } }),
		gone: (name: string) => put("pods", "DELETED", { metadata: { name, uid: name, labels } }),
	};
}

/** Window 6 s, grace 4 s, 10 s for the pod to end; each with half a minute more before it is called too late. */
const zero = wayToZero({ "autoscaling.knative.dev/window": "6s" }, { "scale-to-zero-grace-period": "4s" }, 10);

function watchQuiet(state: LiveState) {
	const clock = { hrtimeAtStart: process.hrtime.bigint(), epochNsAtStart: 0n, speed: 1 };
	const quiet = untilQuiet({ state, revision, zero, clock, signal: new AbortController().signal });
	quiet.catch(() => {});
	return quiet;
}

const terminating = { deletionTimestamp: "2026-11-27T07:00:00Z" };

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("a service on its way to zero", () => {
	it("is quiet when no pod is wanted and the last has ended", async () => {
		const { state, scale, pod, gone } = openRevision();
		scale(1);
		pod("a");
		const quiet = watchQuiet(state);
		await vi.advanceTimersByTimeAsync(8_000);
		scale(0);
		pod("a", terminating);
		await vi.advanceTimersByTimeAsync(10_000);
		gone("a");
		expect(await quiet).toBeGreaterThan(17_000);
	});

	it("is in use where its pod is still wanted when nobody can want it", async () => {
		const { state, scale, pod } = openRevision();
		scale(1);
		pod("a");
		const quiet = watchQuiet(state);
		await vi.advanceTimersByTimeAsync(39_000);
		scale(1);
		await vi.advanceTimersByTimeAsync(2_000);
		await expect(quiet).rejects.toThrow(LiveTrafficError);
		await expect(quiet).rejects.toThrow(/still has a pod \(a\) 40 s after the last request of knistio: somebody else/);
	});

	it("is in use where it is scaled up again while its pod ends", async () => {
		const { state, scale, pod } = openRevision();
		scale(1);
		pod("a");
		const quiet = watchQuiet(state);
		await vi.advanceTimersByTimeAsync(8_000);
		scale(0);
		pod("a", terminating);
		await vi.advanceTimersByTimeAsync(1_000);
		pod("b");
		scale(1);
		await expect(quiet).rejects.toThrow(
			"live traffic: revision shop-00001 was scaled up (pod b) while no request of knistio was under way",
		);
	});

	it("is not called in use where a pod does not end", async () => {
		const { state, scale, pod } = openRevision();
		scale(0);
		pod("a", terminating);
		const quiet = watchQuiet(state);
		await vi.advanceTimersByTimeAsync(61_000);
		await expect(quiet).rejects.toThrow(/did not go to zero .*pod a is terminating since/);
		await expect(quiet).rejects.not.toThrow(LiveTrafficError);
	});

	it("is not called in use where its Deployment was never seen", async () => {
		const quiet = watchQuiet(openRevision().state);
		await vi.advanceTimersByTimeAsync(41_000);
		await expect(quiet).rejects.not.toThrow(LiveTrafficError);
		await expect(quiet).rejects.toThrow("the Deployment of revision shop-00001 was not seen");
	});
});

it("a service at zero must have no pod as a request is about to be sent", () => {
	const { state, scale } = openRevision();
	scale(0);
	requireUnwanted(state, revision);
	scale(2);
	expect(() => requireUnwanted(state, revision)).toThrow("live traffic: revision shop-00001 was scaled up while");
});

it("its way to zero is that of its annotations, and of config-autoscaler where it has none", () => {
	const config = { "stable-window": "90s", "scale-down-delay": "5s", "scale-to-zero-pod-retention-period": "1m" };
	expect(wayToZero({}, config, 300)).toEqual({
		windowMs: 90_000,
		delayMs: 5_000,
		retentionMs: 60_000,
		graceMs: 30_000,
		timeoutMs: 300_000,
	});
	expect(wayToZero({}, {}, 300)).toMatchObject({ windowMs: 60_000, delayMs: 0, retentionMs: 0 });
	expect(wayToZero({ "autoscaling.knative.dev/scale-down-delay": "0s" }, config, 300).delayMs).toBe(0);
	expect(() => wayToZero({ "autoscaling.knative.dev/window": "soon" }, {}, 300)).toThrow(
		'annotation autoscaling.knative.dev/window is "soon", which is no duration',
	);
});
