import { describe, expect, it } from "vitest";
import { anchorClock, clientNow, clientTime, realMs } from "../../src/clock/client-clock.ts";
import type { Cluster, KubeObject, ObjectRef } from "../../src/kube/api/cluster.ts";
import { contentHash } from "../../src/kube/content-hash.ts";
import { clusterFingerprint, machineFingerprint } from "../../src/measure/fingerprint.ts";

const node = (kubeletVersion: string, cpu = "2"): KubeObject => ({
	apiVersion: "v1",
	kind: "Node",
	metadata: { name: kubeletVersion },
	status: {
		nodeInfo: {
			kubeletVersion,
			kernelVersion: "6.1",
			containerRuntimeVersion: "containerd://2.0",
			architecture: "amd64",
		},
		capacity: { cpu, memory: "8Gi" },
	},
});

function clusterWith({
	nodes = [node("v1.34.1")],
	configs = {} as Record<string, object>,
	version = '{"gitVersion":"v1.34.1"}',
	configz = {} as Record<string, string>,
}) {
	return {
		raw: async (_: string, path: string) => {
			const [, name] = /^\/api\/v1\/nodes\/(.*)\/proxy\/configz$/.exec(path) ?? [];
			const text = name === undefined ? version : (configz[name] ?? '{"kind":"Status","code":403}');
			return { status: 200, headers: {}, body: Buffer.from(text), sentAt: 0n, answeredAt: 0n };
		},
		list: async () => nodes,
		get: async ({ name }: ObjectRef) =>
			configs[name] === undefined
				? undefined
				: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: configs[name] },
	} as unknown as Cluster;
}

const { signal } = new AbortController();

describe("a fingerprint", () => {
	it("does not tell Knatives apart by what knistio sets, which no cold start depends on", async () => {
		const of = async (data: object) =>
			(await clusterFingerprint(clusterWith({ configs: { "config-autoscaler": data } }), signal))["config-autoscaler"];
		const set = { "scale-to-zero-grace-period": "6s", "allow-zero-initial-scale": "true", _example: "# …" };
		expect(await of(set)).toBe(await of({}));
		expect(await of({ ...set, "target-burst-capacity": "0" })).not.toBe(await of({}));
	});

	it("does not tell machines apart by what their kernels keep for themselves", async () => {
		const withMemory = (memory: string) => {
			const plain = node("v1.34.1");
			return { ...plain, status: { ...(plain.status as object), capacity: { cpu: "4", memory } } };
		};
		const shapeOf = async (memory: string) =>
			(await machineFingerprint(clusterWith({ nodes: [withMemory(memory)] }), signal))["node-shape"];
		expect(await shapeOf("16373508Ki")).toBe("4 cpu 16Gi");
		expect(await shapeOf("16379700Ki")).toBe("4 cpu 16Gi");
		expect(await shapeOf("8152340Ki")).toBe("4 cpu 8Gi");
	});

	it("says what the cluster is", async () => {
		const config = { "mesh-compatibility-mode": "enabled", _example: "long" };
		const found = await clusterFingerprint(clusterWith({ configs: { "config-network": config } }), signal);
		expect(found).toMatchObject({
			kubernetes: "v1.34.1",
			nodes: "1",
			"node-shape": "2 cpu 8Gi",
			kubelet: "v1.34.1",
			pleg: "each second",
			kernel: "6.1",
			runtime: "containerd://2.0",
			architecture: "amd64",
			"mesh-compatibility-mode": "enabled",
			"config-network": contentHash({ "mesh-compatibility-mode": "enabled" }),
		});
		expect(found).not.toHaveProperty("config-autoscaler");
	});

	it("changes with the settings and not with their example", async () => {
		const of = async (data: object) =>
			(await clusterFingerprint(clusterWith({ configs: { "config-autoscaler": data } }), signal))["config-autoscaler"];
		expect(await of({ a: "1", _example: "x" })).toBe(await of({ a: "1", _example: "y" }));
		expect(await of({ a: "1" })).not.toBe(await of({ a: "2" }));
	});

	it("knows since when kubelet looks on demand, and keeps different nodes apart", async () => {
		expect(await clusterFingerprint(clusterWith({ nodes: [node("v1.36.0")] }), signal)).toMatchObject({
			pleg: "on-demand",
		});
		const mixed = await clusterFingerprint(clusterWith({ nodes: [node("v1.35.2", "4"), node("v1.36.0")] }), signal);
		expect(mixed).toMatchObject({
			nodes: "2",
			kubelet: "v1.35.2, v1.36.0",
			"node-shape": "2 cpu 8Gi, 4 cpu 8Gi",
			pleg: "each second, on-demand",
		});
	});

	it("knows what kubelet was told of that, where it may be asked", async () => {
		const told = async (kubelet: string, featureGates: object) => {
			const configz = { [kubelet]: JSON.stringify({ kubeletconfig: { featureGates } }) };
			return (await machineFingerprint(clusterWith({ nodes: [node(kubelet)], configz }), signal)).pleg;
		};
		expect(await told("v1.36.0", { PLEGOnDemandRelist: false })).toBe("each second");
		expect(await told("v1.35.0", { PLEGOnDemandRelist: true })).toBe("on-demand");
		expect(await told("v1.35.0", { EventedPLEG: true })).toBe("evented");
		expect(await told("v1.35.0", { Other: true })).toBe("each second");
		const html = clusterWith({ nodes: [node("v1.36.0")], configz: { "v1.36.0": "<html>" } });
		expect((await machineFingerprint(html, signal)).pleg).toBe("on-demand");
	});

	it("leaves out what may not be read", async () => {
		const refuse = () => Promise.reject(new Error("forbidden"));
		const cluster = { ...clusterWith({ version: "<html>" }), list: refuse, get: refuse } as unknown as Cluster;
		expect(Object.keys(await clusterFingerprint(cluster, signal))).toEqual(["client"]);
	});
});

describe("a content hash", () => {
	it("does not depend on the order of keys, but on that of lists", () => {
		expect(contentHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(contentHash({ b: { d: null, c: [1, 2] }, a: 1 }));
		expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }));
		expect(contentHash({})).toMatch(/^[0-9a-f]{16}$/);
	});
});

describe("the client's clock", () => {
	it("is the wall's to a millisecond, and agrees with itself", () => {
		const [first, second] = [anchorClock(), anchorClock()];
		const offsMs = Array.from({ length: 20 }, () => Number(BigInt(Date.now()) * 1_000_000n - clientNow(first)) / 1e6);
		// A busy machine may come in between the two readings, but not each time.
		expect(Math.min(...offsMs.map(Math.abs))).toBeLessThan(1.5);
		const hrtime = process.hrtime.bigint();
		expect(Math.abs(Number(clientTime(first, hrtime) - clientTime(second, hrtime)) / 1e6)).toBeLessThan(5);
	});

	it("may go faster than ours", () => {
		const clock = { hrtimeAtStart: 1_000n, epochNsAtStart: 5_000_000n, speed: 20 };
		expect(clientTime(clock, 1_100n)).toBe(5_002_000n);
		expect(realMs(clock, 1_000)).toBe(50);
	});
});
