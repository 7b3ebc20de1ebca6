import { describe, expect, it, test } from "vitest";
import { requireZeroAllowed } from "../../src/knative/zero-settings.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { main } from "../../src/main.ts";
import { goDurationMs } from "../../src/text/duration.ts";
import { builtContext } from "../selftest/built-context.ts";

const config = (data?: unknown): KubeObject => ({
	apiVersion: "v1",
	kind: "ConfigMap",
	metadata: { name: "config-autoscaler", namespace: "knative-serving" },
	data,
});

/** Looks at a cluster whose config-autoscaler is this one. */
function look(installed: KubeObject | undefined, { timeoutMs = 60_000, speed = 1, given = [] as KubeObject[] } = {}) {
	const cluster = { get: async () => installed } as unknown as Cluster;
	const signal = new AbortController().signal;
	return requireZeroAllowed(cluster, { knativeObjects: given, timeoutMs, clock: { speed }, signal });
}

describe("settings of Knative that forbid zero", () => {
	test.each([
		["enable-scale-to-zero", "false"],
		["enable-scale-to-zero", "F"],
		["enable-scale-to-zero", "yes"],
		["enable-scale-to-zero", null],
		["scale-to-zero-grace-period", "54.1s"],
		["scale-to-zero-grace-period", "1h2m"],
		["scale-to-zero-grace-period", "soon"],
		["scale-to-zero-grace-period", "-30s"],
		["scale-to-zero-grace-period", 30],
	])("are refused with their key and value: %s %j", async (key, value) => {
		await expect(look(config({ [key]: value }))).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining(
				`ConfigMap knative-serving/config-autoscaler: ${key} is ${JSON.stringify(value)}`,
			),
			hint: expect.stringContaining("kubectl patch configmap config-autoscaler -n knative-serving"),
		});
	});

	test.each([
		["nothing", undefined],
		["no data", config()],
		["null as data", config(null)],
		["zero enabled", config({ "enable-scale-to-zero": "True", "scale-to-zero-grace-period": "52s" })],
		[
			"what the Service's annotations override",
			config({ "pod-autoscaler-class": "hpa.autoscaling.knative.dev", "scale-to-zero-pod-retention-period": "10m" }),
		],
	])("are no others: %s", async (_, installed) => {
		await expect(look(installed)).resolves.toBeUndefined();
	});

	it("are compared in the cluster's own time", async () => {
		const slow = config({ "scale-to-zero-grace-period": "5m" });
		await expect(look(slow)).rejects.toThrow("308 s after its last request, and the wait ends after 60 s");
		await expect(look(slow, { speed: 10 })).resolves.toBeUndefined();
		await expect(look(slow, { timeoutMs: 308_000 })).resolves.toBeUndefined();
	});

	it("are read from the manifests where there is no Knative yet", async () => {
		const given = [config({ "enable-scale-to-zero": "false" })];
		await expect(look(undefined, { given })).rejects.toMatchObject({ exitCode: 4 });
		await expect(look(config({}), { given })).resolves.toBeUndefined();
	});
});

test("a dry run already refuses a cluster that forbids zero", async () => {
	const { context, said } = builtContext();
	const openCluster: typeof context.openCluster = async (choice) => {
		const cluster = await context.openCluster(choice);
		const forbidden = config({ "enable-scale-to-zero": "false" });
		const get: Cluster["get"] = async (ref, signal) =>
			ref.name === "config-autoscaler" ? forbidden : cluster.get(ref, signal);
		return new Proxy(cluster, {
			get(target, key) {
				const value = key === "get" ? get : Reflect.get(target, key);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
	};
	const argv = ["bench", "--cluster", "simulated", "-p", "minimal", "--dry-run"];
	expect(await main(argv, { ...context, openCluster })).toBe(4);
	expect(said.stderr).toContain('enable-scale-to-zero is "false"');
	expect(said.stdout).toBe("");
}, 30_000);

test.each([
	["30s", 30_000],
	["1h2m3.5s", 3_723_500],
	["300ms", 300],
	["5µs", 0.005],
	["0", 0],
	["-1m", -60_000],
	["", undefined],
	["30", undefined],
	["1m 30s", undefined],
	["s", undefined],
	[undefined, undefined],
])("%j is a duration of Go's of %j ms", (text, ms) => {
	expect(goDurationMs(text)).toBe(ms);
});
