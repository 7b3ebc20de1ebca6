import { beforeAll, describe, expect, it } from "vitest";
import type { KubeObject, Pod } from "../../src/simulator/api/objects.ts";
import { betweenMs } from "./in-memory.ts";
import { type ManyServices, openManyServices } from "./many-services.ts";

const services = 40;
let bench: ManyServices;

beforeAll(() => {
	bench = openManyServices({ services, shape: "native" });
	bench.makeAll();
}, 60_000);

function median(values: readonly number[]): number {
	return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** What each cold start of a burst took, ms. */
function burst(count: number) {
	const answers = bench.burst(count);
	const starts = bench.lastBurst();
	bench.clock.advance(20_000);
	const events = bench.world.api.list<KubeObject>("events", "bench");
	bench.waitForZero();
	bench.clock.advance(60_000);
	const ms = {
		total: starts.map(({ request }) => betweenMs(request.instants.received, request.instants.answered)),
		scaled: starts.map(({ request }) => betweenMs(request.instants.atActivator, request.instants.scaled)),
		sandbox: starts.map(({ pod }) => betweenMs(pod.instants.kubeletSaw, pod.instants.sandboxReady)),
		routing: starts.map(({ request, pod }) => betweenMs(pod.instants.ready, request.instants.reachable)),
	};
	return { answers, starts, events, ms };
}

describe("a burst of cold starts", () => {
	it("answers each request from a pod of its own, whose truth is its own", () => {
		const { answers, starts } = burst(services);
		expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
			Array.from({ length: services }, () => "200 Hello knistio!\n"),
		);
		expect(new Set(starts.map(({ pod }) => pod.uid)).size).toBe(services);
		const received = new Set(starts.map(({ request }) => request.instants.received));
		expect(received.size).toBe(1);
		for (const [index, { request, pod }] of starts.entries()) {
			expect(request).toMatchObject({ isCold: true, status: 200, revision: `bench/many-${index}-00001` });
			expect(pod.name).toMatch(`many-${index}-00001-deployment-`);
			const { scaled, reachable, forwarded, answered } = request.instants;
			const { created, scheduled, kubeletSaw, sandboxReady, shownReady } = pod.instants;
			const chain = [request.instants.received, request.instants.atActivator, scaled, created, scheduled, kubeletSaw];
			chain.push(sandboxReady, pod.containers["istio-init"]?.started, pod.containers["istio-proxy"]?.startupPassed);
			chain.push(pod.containers["queue-proxy"]?.started, shownReady, reachable, forwarded, answered);
			for (const [at, instant] of chain.slice(1).entries())
				expect(betweenMs(chain[at], instant)).toBeGreaterThanOrEqual(0);
		}
		const { endpoints } = bench.world.truth.read();
		for (const { pod, request } of starts) {
			const own = endpoints.filter(({ podUid }) => podUid === pod.uid);
			const service = `${request.revision?.split("/")[1]}-private`;
			expect(own).toEqual([{ namespace: "bench", service, podUid: pod.uid, at: expect.any(BigInt) }]);
		}
	});

	it("is slower the more start at once, and each alone is as fast as ever", () => {
		const alone = burst(1).ms;
		const many = burst(30).ms;
		expect(median(many.total)).toBeGreaterThan(3 * median(alone.total));
		// Thirty sandboxes share two cores, of which each alone uses less than one.
		expect(median(many.sandbox)).toBeGreaterThan(2 * median(alone.sandbox));
		// Twenty requests to scale are sent at once, and ten a second after them.
		expect(Math.max(...alone.scaled)).toBeLessThan(100);
		expect(Math.max(...many.scaled)).toBeGreaterThan(900);
		expect(Math.max(...many.scaled)).toBeLessThan(1_200);
		const again = burst(1).ms;
		expect(median(again.total)).toBeLessThan(1.5 * median(alone.total));
	});

	it("leaves nothing behind but what it said, and loses none of it", () => {
		const before = bench.objects() - bench.world.api.count("events");
		const { starts, events } = burst(services);
		expect(bench.world.api.list<Pod>("pods", "bench")).toEqual([]);
		expect(bench.objects() - bench.world.api.count("events")).toBe(before);
		for (const { pod } of starts) {
			const own = events.filter(({ involvedObject }) => (involvedObject as { uid: string }).uid === pod.uid);
			const started = own.filter(({ reason }) => reason === "Started");
			expect(started).toHaveLength(4);
		}
	});
});

it("gives the same burst for the same seed, and another for another", () => {
	const story = (seed: number) => {
		const few = openManyServices({ services: 8, shape: "classic", seed, nodes: 2 });
		few.makeAll();
		few.burst(8);
		return few.world.truth.read();
	};
	expect(story(5)).toEqual(story(5));
	expect(story(6).pods).not.toEqual(story(5).pods);
}, 60_000);

it("leaves pods Pending that no node has room for, says so, and binds them when others are gone", () => {
	// Eight for Istio and Knative, which come first.
	const full = openManyServices({ services: 4, shape: "none", faults: { podsPerNode: 10 } });
	full.makeAll();
	const { world, clock } = full;
	const pods = () => world.api.list<Pod>("pods", "bench");
	const waiting = () => pods().filter((pod) => pod.spec.nodeName === undefined);
	full.ask(4);
	clock.advance(5_000);
	const refused = waiting().map(({ metadata }) => metadata.name);
	expect([pods().length, refused.length]).toEqual([4, 2]);
	for (const { status } of waiting()) {
		expect(status?.phase).toBe("Pending");
		expect(status?.conditions?.find(({ type }) => type === "PodScheduled")).toMatchObject({
			status: "False",
			reason: "Unschedulable",
			message: expect.stringMatching(/^0\/1 nodes are available: 1 Too many pods\./),
		});
	}
	const events = world.api.list<KubeObject>("events", "bench").filter(({ reason }) => reason === "FailedScheduling");
	const about = events.map(({ involvedObject }) => (involvedObject as { name: string }).name);
	// There was no room for all of them when they were made, either.
	expect(about).toEqual(expect.arrayContaining(refused));
	clock.advance(60_000);
	expect(full.lastBurst().map(({ request }) => request.status)).toEqual([200, 200, 200, 200]);
});
