import { describe, expect, it } from "vitest";
import { installProfile } from "../../src/install/install.ts";
import { readState } from "../../src/install/state/store.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { Installation } from "../../src/install/wanted.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { type FakeCluster, fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { clusterWithKnative, configMap, deployment, full, istioObjects, knativeObjects, minimal } from "./objects.ts";

const clock = jumpingClock();

function request(overrides: Partial<Installation> = {}): Installation {
	return {
		profile: minimal,
		istioObjects: istioObjects(),
		knativeObjects: undefined,
		namespace: "bench",
		authorizerImage: "sample:1",
		useInstalled: false,
		...overrides,
	};
}

const fullRequest = () => request({ profile: full, istioObjects: istioObjects({ cni: true, mesh: "authz" }) });

const index = (cluster: FakeCluster, verb: string, kind: string, name: string) =>
	cluster.writes.findIndex((write) => write.verb === verb && write.ref.kind === kind && write.ref.name === name);
const lastIndex = (cluster: FakeCluster, verb: string, kind: string, name: string) =>
	cluster.writes.findLastIndex((write) => write.verb === verb && write.ref.kind === kind && write.ref.name === name);

describe("installProfile", () => {
	it("applies what later objects need before them, and notes all of it first", async () => {
		const cluster = fakeCluster();
		const installed = await installProfile(
			sessionOn(cluster, { clock }),
			request({ knativeObjects: knativeObjects() }),
		);
		expect(installed.changed).toBe(true);
		expect(installed.knative).toEqual({ version: "1.21.2", ingressVersion: "1.21.2", isOurs: true });
		expect(installed.istioVersion).toBe("1.2.3");
		const order = [
			index(cluster, "apply", "ConfigMap", "knistio-state"),
			index(cluster, "apply", "Namespace", "istio-system"),
			index(cluster, "apply", "CustomResourceDefinition", "gateways.networking.istio.io"),
			index(cluster, "apply", "ConfigMap", "istio"),
			index(cluster, "apply", "Deployment", "istiod"),
			index(cluster, "apply", "MutatingWebhookConfiguration", "istio-sidecar-injector"),
			index(cluster, "apply", "Deployment", "activator"),
			index(cluster, "apply", "Gateway", "knative-ingress-gateway"),
		];
		expect(order).not.toContain(-1);
		expect(order).toEqual([...order].sort((a, b) => a - b));
	});

	it("does not apply again what is there as it should be", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request());
		const before = cluster.writes.length;
		expect((await installProfile(sessionOn(cluster, { clock }), request())).changed).toBe(false);
		const again = cluster.writes.slice(before).filter(({ ref }) => ref.namespace !== "knistio-system");
		expect(again).toEqual([]);
	});

	it("applies a ConfigMap again that somebody changed", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request());
		await cluster.patch(
			{ apiVersion: "v1", kind: "ConfigMap", namespace: "istio-system", name: "istio" },
			{ data: { mesh: "x" } },
		);
		await installProfile(sessionOn(cluster, { clock }), request());
		expect(cluster.objects.get("ConfigMap istio-system/istio")?.data).toEqual({ mesh: "plain" });
	});

	it("sets Knative's labels and mode, and restarts all of it once for both", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), fullRequest());
		expect(cluster.objects.get("Namespace knative-serving")?.metadata.labels).toEqual({ "istio-injection": "enabled" });
		expect(cluster.objects.get("Namespace bench")?.metadata.labels).toMatchObject({ "istio-injection": "enabled" });
		expect(cluster.objects.get("ConfigMap knative-serving/config-network")?.data).toEqual({
			"mesh-compatibility-mode": "enabled",
		});
		const restarted = cluster.writes.filter(({ verb, ref }) => verb === "patch" && ref.kind === "Deployment");
		expect(restarted.map(({ ref }) => ref.name).sort()).toEqual([
			"activator",
			"autoscaler",
			"controller",
			"net-istio-controller",
			"net-istio-webhook",
			"webhook",
		]);
		expect(index(cluster, "patch", "Namespace", "knative-serving")).toBeLessThan(
			index(cluster, "patch", "Deployment", "activator"),
		);
		expect((await readState(cluster)).restarts).toEqual([]);
	});

	describe("of services that begin without a pod", () => {
		const autoscaler = { apiVersion: "v1", kind: "ConfigMap", namespace: "knative-serving", name: "config-autoscaler" };
		const key = "allow-zero-initial-scale";
		const dataOf = (cluster: FakeCluster) => cluster.objects.get(`ConfigMap knative-serving/${autoscaler.name}`)?.data;
		const installOn = (cluster: FakeCluster, hasIdleServices?: boolean) =>
			installProfile(sessionOn(cluster, { clock }), request({ ...(hasIdleServices && { hasIdleServices }) }));
		const clusterSaying = (data: Record<string, string>) => {
			const cluster = clusterWithKnative();
			cluster.put({ ...configMap(autoscaler.namespace, autoscaler.name, data) });
			return cluster;
		};

		it.each([
			{},
			{ [key]: "false" },
		])("allows them as long as they are wanted, and then has what was there: %j", async (was) => {
			const cluster = clusterSaying(was);
			await installOn(cluster, true);
			expect(dataOf(cluster)).toEqual({ [key]: "true" });
			await installOn(cluster, true);
			expect(dataOf(cluster)).toEqual({ [key]: "true" });
			expect((await installOn(cluster)).changed).toBe(true);
			expect(dataOf(cluster)).toEqual(was);
			expect((await installOn(cluster)).changed).toBe(false);
		});

		it("leaves alone what somebody else has set", async () => {
			const theirs = clusterSaying({ [key]: "true" });
			await installOn(theirs, true);
			await installOn(theirs);
			expect(dataOf(theirs)).toEqual({ [key]: "true" });
			const since = clusterSaying({});
			await installOn(since, true);
			await since.patch(autoscaler, { data: { [key]: "false" } });
			await installOn(since);
			expect(dataOf(since)).toEqual({ [key]: "false" });
		});
	});

	it("takes policies away before the sidecars, and the CNI plugin after istiod has stopped asking for it", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), fullRequest());
		cluster.writes.length = 0;
		clock.jump(1000);
		const switched = await installProfile(sessionOn(cluster, { clock }), request());
		expect(switched.kept).toEqual([]);
		const labels = index(cluster, "patch", "Namespace", "knative-serving");
		expect(index(cluster, "remove", "PeerAuthentication", "default")).toBeGreaterThanOrEqual(0);
		expect(index(cluster, "remove", "PeerAuthentication", "default")).toBeLessThan(labels);
		expect(index(cluster, "remove", "AuthorizationPolicy", "knistio-deny")).toBeLessThan(labels);
		expect(index(cluster, "patch", "Deployment", "istiod")).toBeLessThan(
			index(cluster, "remove", "DaemonSet", "istio-cni-node"),
		);
		expect(index(cluster, "remove", "DaemonSet", "istio-cni-node")).toBeLessThan(
			index(cluster, "remove", "ConfigMap", "istio-cni-config"),
		);
		expect(cluster.objects.get("Deployment bench/authz")).toBeUndefined();
		expect(cluster.objects.get("Namespace knative-serving")?.metadata.labels).toEqual({});
		expect(lastIndex(cluster, "patch", "Deployment", "activator")).toBeGreaterThan(labels);
	});

	it("refuses an Istio that somebody else installed, before any write", async () => {
		const cluster = clusterWithKnative();
		cluster.put(deployment("mesh", "istiod", { app: "istiod" }));
		await expect(installProfile(sessionOn(cluster, { clock }), request())).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("Deployment mesh/istiod"),
			hint: expect.stringContaining("--use-installed"),
		});
		expect(
			cluster.writes.filter(({ ref }) => ref.namespace !== "knistio-system" && ref.name !== "knistio-system"),
		).toEqual([]);
	});

	it("measures an Istio that somebody else installed with nothing of its own applied", async () => {
		const cluster = clusterWithKnative();
		cluster.put(deployment("istio-system", "istiod", { app: "istiod" }));
		const before = cluster.snapshot();
		await installProfile(sessionOn(cluster, { clock }), { ...fullRequest(), useInstalled: true });
		expect(cluster.objects.get("Deployment istio-system/istio-ingressgateway")).toBeUndefined();
		expect(cluster.objects.get("Namespace knative-serving")?.metadata.labels ?? {}).toEqual({});
		await uninstall(sessionOn(cluster, { clock }));
		expect(cluster.snapshot()).toEqual(before);
	});

	it("refuses another's object in the way, but uses another's namespace and leaves it there", async () => {
		const cluster = clusterWithKnative();
		cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system", labels: { theirs: "yes" } } });
		cluster.put(configMap("istio-system", "istio", { mesh: "theirs" }));
		await expect(installProfile(sessionOn(cluster, { clock }), request())).rejects.toThrow(
			"ConfigMap istio-system/istio",
		);
		await cluster.remove({ apiVersion: "v1", kind: "ConfigMap", namespace: "istio-system", name: "istio" });
		await installProfile(sessionOn(cluster, { clock }), request());
		await uninstall(sessionOn(cluster, { clock }));
		expect(cluster.objects.get("Namespace istio-system")?.metadata.labels).toEqual({ theirs: "yes" });
	});

	it("asks for Knative's manifests where there is no Knative", async () => {
		await expect(installProfile(sessionOn(fakeCluster(), { clock }), request())).rejects.toMatchObject({
			exitCode: 4,
			hint: expect.stringContaining("--knative-manifests"),
		});
	});

	it("refuses a Knative whose ingress is not Istio's", async () => {
		const cluster = clusterWithKnative();
		cluster.put(configMap("knative-serving", "config-network", { "ingress-class": "kourier.example" }));
		await expect(installProfile(sessionOn(cluster, { clock }), request())).rejects.toThrow("kourier.example");
	});

	it("gives only its own Routes a domain, and none where there is one for all", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request());
		const domains = (name = "ConfigMap knative-serving/config-domain") => cluster.objects.get(name)?.data;
		expect(domains()).toMatchObject({ "knistio.example": "selector:\n  knistio.dev/owned-by: knistio\n" });
		const other = clusterWithKnative();
		other.put(configMap("knative-serving", "config-domain", { "example.com": "" }));
		await installProfile(sessionOn(other, { clock }), request());
		expect(other.objects.get("ConfigMap knative-serving/config-domain")?.data).toEqual({ "example.com": "" });
	});
});

describe("a kill at any write", { timeout: 60_000 }, () => {
	const ksvc: KubeObject = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: {
			name: "helloworld",
			namespace: "bench",
			labels: { "knistio.dev/owned-by": "knistio", "knistio.dev/part": "workload" },
		},
	};
	const steps: ((cluster: FakeCluster) => Promise<unknown>)[] = [
		(cluster) => installProfile(sessionOn(cluster, { clock }), fullRequest()),
		(cluster) => cluster.create(ksvc),
		(cluster) => installProfile(sessionOn(cluster, { clock }), request()),
		(cluster) => uninstall(sessionOn(cluster, { clock })),
	];

	async function runUntilKilled(cluster: FakeCluster): Promise<boolean> {
		try {
			for (const step of steps) await step(cluster);
			return false;
		} catch (error) {
			if (!String(error).includes("killed")) throw error;
			return true;
		}
	}

	it.each([
		["with another's Knative", clusterWithKnative],
		["with a bare cluster", fakeCluster],
	])("is undone by clean, %s", async (_, open) => {
		let kills = 0;
		for (let writes = 1; ; writes++) {
			const cluster = open();
			const before = cluster.snapshot();
			if (open === fakeCluster)
				steps[0] = (bare) =>
					installProfile(sessionOn(bare, { clock }), { ...fullRequest(), knativeObjects: knativeObjects() });
			cluster.dieAfterWrites(writes);
			const isKilled = await runUntilKilled(cluster);
			cluster.revive();
			clock.jump(300_000);
			const cleaned = await uninstall(sessionOn(cluster, { clock }));
			expect(cleaned.kept, `killed after ${writes} writes`).toEqual([]);
			expect(withoutRestarts(cluster.snapshot()), `killed after ${writes} writes`).toEqual(before);
			expect((await uninstall(sessionOn(cluster, { clock }))).removed).toEqual([]);
			if (!isKilled) break;
			kills++;
		}
		expect(kills).toBeGreaterThan(50);
	});

	it("is finished by the next install: what was to be restarted is", async () => {
		for (let writes = 1; ; writes++) {
			const cluster = clusterWithKnative();
			cluster.dieAfterWrites(writes);
			const isDone = await installProfile(sessionOn(cluster, { clock }), fullRequest()).then(
				() => true,
				() => false,
			);
			cluster.revive();
			if (isDone) break;
			clock.jump(300_000);
			await installProfile(sessionOn(cluster, { clock }), fullRequest());
			const activator = JSON.stringify(cluster.objects.get("Deployment knative-serving/activator"));
			expect(activator, `killed after ${writes} writes`).toContain("restartedAt");
		}
	});

	/** A removed annotation leaves an empty map in the fake, which the API server would drop. */
	function withoutRestarts(snapshot: Record<string, unknown>): unknown {
		return JSON.parse(JSON.stringify(snapshot).replaceAll(',"annotations":{}', ""));
	}
});
