import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/simulator/model/model.ts";
import { betweenMs, openBench } from "./in-memory.ts";

const seeds = [1, 2, 3, 4, 5, 6];

/** A cold start with a native sidecar whose queue-proxy listens so long after it was started. */
function coldStart(listensAfterMs: number, seed: number, relistsOnDemand = true) {
	const { containers, kubelet } = loadModel("today");
	const queueProxy = { ...containers["queue-proxy"], ready: [listensAfterMs, 0] as [number, number] };
	const bench = openBench({
		shape: "native",
		seed,
		changed: {
			containers: { ...containers, "queue-proxy": queueProxy },
			kubelet: { ...kubelet, relistsOnDemand },
		},
	});
	bench.waitForZero();
	bench.request();
	bench.clock.advance(3_000);
	const { pod } = bench.lastColdStart();
	const { "queue-proxy": queue, "user-container": user } = pod.containers;
	return {
		/** From the last container started to the pod Ready. */
		readinessMs: betweenMs(queue?.started, pod.instants.ready),
		/** From the look before the pass that started the application to the pod Ready. */
		sinceLookMs: betweenMs(user?.pulled, pod.instants.ready),
	};
}

describe("readiness where the kubelet looks on demand", () => {
	it("comes at once where queue-proxy answers the probe of the next pass", () => {
		for (const seed of seeds) expect(coldStart(1, seed).readinessMs).toBeLessThan(60);
	});

	it("comes one second after the look before where it does not, however long its period is", () => {
		const starts = seeds.map((seed) => coldStart(80, seed));
		for (const { sinceLookMs, readinessMs } of starts) {
			expect(sinceLookMs).toBeGreaterThan(1_000);
			expect(sinceLookMs).toBeLessThan(1_030);
			expect(readinessMs).toBeGreaterThan(400);
		}
	});

	it("comes after the ten seconds of Knative's period where the look after comes too early as well", () => {
		const { containers } = loadModel("today");
		const queueProxy = { ...containers["queue-proxy"], ready: [1_500, 0] as [number, number] };
		const bench = openBench({
			shape: "none",
			changed: { containers: { ...containers, "queue-proxy": queueProxy } },
			annotations: { "autoscaling.knative.dev/window": "30s" },
		});
		bench.waitForZero();
		bench.request();
		bench.clock.advance(12_000);
		const { pod } = bench.lastColdStart();
		const readinessMs = betweenMs(pod.containers["queue-proxy"]?.started, pod.instants.ready);
		expect(readinessMs).toBeGreaterThan(10_000);
		expect(readinessMs).toBeLessThan(11_100);
	});

	it("comes one second after that look anyway where the kubelet looks each second only", () => {
		for (const seed of seeds) {
			const { sinceLookMs } = coldStart(1, seed, false);
			expect(sinceLookMs).toBeGreaterThan(1_000);
			expect(sinceLookMs).toBeLessThan(1_030);
		}
	});
});
