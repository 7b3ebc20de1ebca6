import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/simulator/api/objects.ts";
import type { Faults } from "../../src/simulator/faults/registry.ts";
import { jaegerAnswer } from "../../src/simulator/traces/jaeger.ts";
import type { ClusterTruth, PodTruth } from "../../src/simulator/world/truth.ts";
import { parseJaeger } from "../../src/traces/jaeger.ts";
import { isWhole, spansToKeep } from "../../src/traces/select.ts";
import { questionsOf } from "../../src/traces/source.ts";
import { openBench, type Shape } from "./in-memory.ts";

function coldStart(shape: Shape, faults: Faults = {}, container: Record<string, unknown> = {}) {
	const bench = openBench({ shape, faults, container });
	bench.waitForZero();
	bench.request();
	bench.clock.advance(3_000);
	const { pod } = bench.lastColdStart();
	const object = bench.world.api.list<Pod>("pods", "bench").find(({ metadata }) => metadata.uid === pod.uid);
	const { initContainers = [], containers = [] } = object?.spec ?? {};
	return { truth: bench.world.truth.read(), pod, containers: initContainers.length + containers.length };
}

const ask = (truth: ClusterTruth, params: Record<string, string>) =>
	parseJaeger(jaegerAnswer(truth, "/api/traces", new URLSearchParams(params)), "here");

/** What knistio finds of the pod, asked as it asks Jaeger. */
function found(truth: ClusterTruth, pod: PodTruth) {
	const start = { ...pod, fromNs: 0n, toNs: 1n << 62n };
	const spans = questionsOf(start).flatMap(({ service, operation, key, value }) =>
		ask(truth, { service, operation, tags: JSON.stringify({ [key]: value }), limit: "100" }),
	);
	return spansToKeep(spans, start).spans;
}

const counts = (names: readonly string[]) =>
	Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]));

describe("the traces of a simulated cluster", () => {
	it.each<[Shape, number]>([
		["none", 2],
		["native", 4],
		["classic", 4],
		["cni", 4],
	])("are whole for a pod of the shape %s", (shape, expected) => {
		const { truth, pod, containers } = coldStart(shape);
		const spans = found(truth, pod);
		expect(containers).toBe(expected);
		expect(isWhole(spans, containers)).toBe(true);
		expect(isWhole(spans, containers + 1)).toBe(false);
		const ofKubelet = spans.filter(({ service }) => service === "kubelet").map(({ name }) => name);
		expect(counts(ofKubelet)).toMatchObject({
			"runtime.v1.RuntimeService/RunPodSandbox": 1,
			"runtime.v1.ImageService/ImageStatus": containers,
			"runtime.v1.RuntimeService/CreateContainer": containers,
			"runtime.v1.RuntimeService/StartContainer": containers,
		});
		const webhooks = spans.filter(({ name }) => name === "Call mutating webhook");
		expect(webhooks.map(({ attributes }) => attributes?.configuration)).toEqual(
			shape === "none" ? [] : ["istio-sidecar-injector"],
		);
	});

	it("have the network's part inside the sandbox, and each call inside a pass", () => {
		const { truth, pod } = coldStart("native");
		const spans = found(truth, pod);
		const outside = spans.filter((span) => {
			const parent = spans.find(({ trace, id }) => trace === span.trace && id === span.parent);
			return parent !== undefined && (span.fromNs < parent.fromNs || span.toNs > parent.toNs);
		});
		expect(outside).toEqual([]);
		const network = spans.find(({ name }) => name === "cni.setup_pod_network");
		const sandbox = spans.find(({ id, trace }) => id === network?.parent && trace === network.trace);
		expect(sandbox?.name).toBe("runtime.v1.RuntimeService/RunPodSandbox");
		expect(new Set(spans.filter(({ name }) => name === "syncPod").map(({ trace }) => trace)).size).toBeGreaterThan(2);
	});

	it("are on the clocks of the machines that they come from", () => {
		const { truth, pod } = coldStart("none", { nodeClockOffsetsMs: { "node-1": 250 }, serverClockOffsetMs: -40 });
		const spans = found(truth, pod);
		const begin = (name: string) => BigInt(spans.find((span) => span.name === name)?.fromNs ?? 0) / 1_000n;
		const shifted = (at = 0n, ms: number) => (at + BigInt(ms) * 1_000_000n) / 1_000n;
		expect(begin("runtime.v1.RuntimeService/RunPodSandbox")).toBe(shifted(pod.instants.sandboxAsked, 250));
		expect(begin("Create etcd3")).toBe(shifted(pod.instants.etcdAsked, -40));
	});

	it("tell of a pull where the image had to be pulled", () => {
		const { truth, pod } = coldStart("none", {}, { imagePullPolicy: "Always" });
		const spans = found(truth, pod).filter(({ service }) => service === "kubelet");
		const [pull, ...others] = spans.filter(({ name }) => name.endsWith("/PullImage"));
		expect(others).toEqual([]);
		const { pulling = 0n } = pod.containers["user-container"] ?? {};
		expect(BigInt(pull?.fromNs ?? 0)).toBe((pulling / 1_000n) * 1_000n);
		const checks = spans.filter(({ name }) => name.endsWith("/ImageStatus"));
		expect(checks.filter(({ toNs }) => toNs === pull?.fromNs)).toHaveLength(1);
	});

	it("are of no pass that goes on", () => {
		const { truth, pod } = coldStart("none");
		const under = { ...truth, pods: [{ ...pod, passes: pod.passes.map(({ begunAt }) => ({ begunAt })) }] };
		expect(found(under, pod).filter(({ service }) => service !== "apiserver")).toEqual([]);
	});

	it("are chosen by all that is asked for", () => {
		const { truth, pod } = coldStart("none");
		const tags = JSON.stringify({ "k8s.pod.uid": pod.uid });
		const asked = { service: "kubelet", operation: "syncPod", tags };
		expect(ask(truth, asked)).not.toEqual([]);
		expect(ask(truth, { ...asked, service: "apiserver" })).toEqual([]);
		expect(ask(truth, { ...asked, operation: "other" })).toEqual([]);
		expect(ask(truth, { ...asked, tags: JSON.stringify({ "k8s.pod.uid": "other" }) })).toEqual([]);
		expect(ask(truth, { ...asked, end: "1" })).toEqual([]);
		expect(new Set(ask(truth, { ...asked, limit: "1" }).map(({ trace }) => trace)).size).toBe(1);
		expect(jaegerAnswer(truth, "/api/echo", new URLSearchParams())).toBeUndefined();
	});
});
