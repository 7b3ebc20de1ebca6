import { expect, it } from "vitest";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { quantityOf } from "../../src/tradeoffs/probes/container-usage.ts";
import { cpuProbe } from "../../src/tradeoffs/probes/cpu.ts";
import { memoryProbe } from "../../src/tradeoffs/probes/memory.ts";
import type { Probe, Visit } from "../../src/tradeoffs/probes/probe.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const pod: KubeObject = {
	apiVersion: "v1",
	kind: "Pod",
	metadata: { name: "hello", namespace: "bench", uid: "u1" },
	spec: { nodeName: "n1", containers: [{ name: "istio-proxy" }] },
	status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-11-27T06:00:10Z" }] },
};
const readyAtMs = Date.parse("2026-11-27T06:00:10Z");

const node = "/api/v1/nodes/n1/proxy";
const metrics = "/apis/metrics.k8s.io/v1beta1/namespaces/bench/pods/hello";

/** Asks a probe of a cluster that answers these paths, each the next text it has; others are forbidden. */
async function ask(probe: Probe, answers: Record<string, string[]>) {
	const cluster = fakeCluster();
	cluster.raw = async (_, path) => {
		const texts = answers[path];
		const text = texts !== undefined && texts.length > 1 ? texts.shift() : texts?.[0];
		const common = { headers: {}, sentAt: 0n, answeredAt: 0n };
		return { status: text === undefined ? 403 : 200, body: Buffer.from(text ?? ""), ...common };
	};
	cluster.list = async () => [pod];
	const visit = {
		session: sessionOn(cluster, { clock: jumpingClock() }),
		pod,
		profile: { promises: { sidecar: "any" } },
		serviceName: "hello",
		namespace: "bench",
		deployed: async (name: string) => ({ host: "", revision: `${name}-00001`, ref: { name } }),
	} as unknown as Visit;
	const begun = await probe.begin?.(visit);
	await begun?.whenQuiet?.();
	return (await (begun?.conclude ?? probe.run)?.(visit))?.cells[0];
}

function summary(seconds: number, cpuMs: number) {
	const cpu = { time: new Date(readyAtMs + seconds * 1000).toISOString(), usageCoreNanoSeconds: cpuMs * 1e6 };
	const containers = [{ name: "istio-proxy", cpu, memory: { workingSetBytes: 50 * 2 ** 20 } }];
	const other = {
		podRef: { uid: "u2" },
		containers: [{ name: "istio-proxy", cpu: { ...cpu, usageCoreNanoSeconds: 1 } }],
	};
	return JSON.stringify({ pods: [other, { podRef: { uid: "u1" }, containers }] });
}

const resource = (seconds: number, cpuSeconds: number) =>
	[
		`container_cpu_usage_seconds_total{container="istio-proxy",namespace="other",pod="hello"} 99 ${readyAtMs}`,
		`container_cpu_usage_seconds_total{container="queue-proxy",namespace="bench",pod="hello"} 98 ${readyAtMs}`,
		`container_cpu_usage_seconds_total{container="istio-proxy",namespace="bench",pod="hello"} ${cpuSeconds} ${readyAtMs + seconds * 1000}`,
	].join("\n");

const usage = JSON.stringify({ containers: [{ name: "istio-proxy", usage: { cpu: "2500000n", memory: "51200Ki" } }] });

it("tells what a start takes by the first reading after Ready, and what rest takes by two that are apart", async () => {
	const readings = [summary(-2, 300), summary(3, 700), summary(60, 900), summary(65, 910), summary(70, 925)];
	const cell = await ask(cpuProbe, { [`${node}/stats/summary`]: readings });
	expect(cell).toMatchObject({
		answer: "observed",
		amounts: [
			{ name: "start", value: 700, unit: "ms" },
			{ name: "at rest, in a second", value: 2.5, unit: "ms" },
		],
	});
	expect(cell?.evidence).toContain("until 3 s after its pod was Ready");
});

it("takes kubelet's metrics/resource where the summary may not be read, and then the metrics server", async () => {
	const byResource = await ask(cpuProbe, {
		[`${node}/metrics/resource`]: [resource(1, 0.6), resource(20, 0.7), resource(30, 0.73)],
	});
	expect(byResource?.amounts?.map(({ value }) => Number(value.toFixed(6)))).toEqual([600, 3]);
	const byServer = await ask(cpuProbe, { [metrics]: [usage] });
	expect(byServer?.amounts).toEqual([{ name: "at rest, in a second", value: 2.5, unit: "ms" }]);
	expect(byServer?.evidence).toContain("does not tell what a start takes");
	expect((await ask(memoryProbe, { [metrics]: [usage] }))?.amounts).toEqual([
		{ name: "working set", value: 50, unit: "MiB" },
	]);
});

it("says which source may not be read where none may", async () => {
	for (const probe of [cpuProbe, memoryProbe]) {
		const cell = await ask(probe, {});
		expect(cell?.answer).toBe("not-tested");
		expect(cell?.evidence).toMatch(/stats\/summary: HTTP 403.*metrics\.k8s\.io: HTTP 403/);
		expect(cell?.amounts).toBeUndefined();
	}
	expect((await ask(cpuProbe, { [`${node}/stats/summary`]: ["no JSON"], [metrics]: ["{}"] }))?.answer).toBe(
		"not-tested",
	);
});

it("reads quantities as Kubernetes writes them", () => {
	expect(["12Mi", "250m", "3", "1.5Gi", "x", "5Q", undefined].map(quantityOf)).toEqual([
		...[12 * 2 ** 20, 0.25, 3, 1.5 * 2 ** 30, undefined, undefined, undefined],
	]);
});
