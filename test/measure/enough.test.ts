import { expect, test } from "vitest";
import type { Subject } from "../../src/measure/cold-start.ts";
import { type ColdStarts, runColdStarts } from "../../src/measure/schedule.ts";
import type { Profile } from "../../src/profile/profile.ts";
import type { RequestTimes, Untimed } from "../../src/recording/entries.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const profile = { name: "one" } as Profile;
const service = {
	ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "hello", namespace: "knistio" },
	revision: "hello-00001",
	host: "hello.example",
};

/** A service that is always at zero, and refuses at once. */
function order(overrides: Partial<ColdStarts>) {
	const state = openLiveState();
	const labels = { "serving.knative.dev/revision": "hello-00001" };
	const deployment = {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: "d", labels },
		spec: { replicas: 0 },
	};
	state.add({ kind: "listed", at: "0", watch: "deployments", objects: [deployment], afterGap: false });
	const recorded: Untimed[] = [];
	// No pod is seen, as after a request that nobody served.
	const answer: RequestTimes = { connectStartedAt: "0", status: 503 };
	const made: ColdStarts = {
		observer: { request: async () => answer, failure: new Promise<never>(() => {}) },
		state,
		subjects: [{ profile, copies: [service], route: {} as Subject["route"], requestTimeoutMs: 1000 }],
		rounds: [0, 1, 2, 3].map((round) => ({ round, order: [profile] })),
		asked: { expectBody: "" },
		record: (entry) => void recorded.push(entry),
		onSample: () => {},
		ended: new Set(),
		clock: { hrtimeAtStart: 0n, epochNsAtStart: 0n, speed: 1 },
		...overrides,
	};
	const rounds = () => recorded.flatMap((entry) => (entry.kind === "sample-end" ? [entry.round] : []));
	return { made, rounds };
}

test("runs the warm-up and as many rounds as asked for", async () => {
	const { made, rounds } = order({});
	await runColdStarts(sessionOn(fakeCluster(), { timeoutMs: 1000, clock: jumpingClock() }), made);
	expect(rounds()).toEqual([0, 1, 2, 3]);
});

test("ends after the round in which it is enough, when that is recorded whole", async () => {
	const asked: number[][] = [];
	const { made, rounds } = order({
		isEnough: () => {
			asked.push(rounds());
			return asked.length === 3;
		},
	});
	await runColdStarts(sessionOn(fakeCluster(), { timeoutMs: 1000, clock: jumpingClock() }), made);
	expect(rounds()).toEqual([0, 1, 2]);
	expect(asked).toEqual([[0], [0, 1], [0, 1, 2]]);
});

test("starts nobody whose rounds ended in an earlier visit", async () => {
	const { made, rounds } = order({ ended: new Set([profile]) });
	await runColdStarts(sessionOn(fakeCluster(), { timeoutMs: 1000, clock: jumpingClock() }), made);
	expect(rounds()).toEqual([]);
});
