import { describe, expect, it } from "vitest";
import { installProfile } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { istioLeftovers } from "../../src/istio/leftovers.ts";
import { describeRef, type KubeObject, refOf } from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { type FakeCluster, fakeCluster, jumpingClock, type Write } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import {
	clusterWithKnative,
	configMap,
	definition,
	deployment,
	full,
	istioObjects,
	namespaceObject,
} from "./objects.ts";

const clock = jumpingClock();
const options = { clock, timeoutMs: 300_000 };
const marking = { part: "istio", profile: "full" } as const;

const strict = { ...(full.security[0] as object), spec: { mtls: { mode: "STRICT" } } };
const strictFull = { ...full, security: [strict] } as unknown as Profile;
const request = {
	profile: strictFull,
	istioObjects: istioObjects(),
	namespace: "bench",
	authorizerImage: "x:1",
	knativeObjects: undefined,
	useInstalled: false,
};

const ksvc = markOurs(
	{ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "helloworld", namespace: "bench" } },
	{ part: "workload", profile: "full" },
);

/** Knative's webhook, as long as it is refused: for its Services and its ConfigMaps. */
function webhookRefusing(cluster: FakeCluster, isBroken: () => boolean): void {
	const concerns = ({ ref }: Write) =>
		ref.apiVersion.startsWith("serving.knative.dev") || (ref.kind === "ConfigMap" && ref.name === "config-network");
	cluster.refuse = (write) =>
		concerns(write) && isBroken()
			? new ApiError('Internal error occurred: failed calling webhook "webhook.serving.knative.dev": EOF', {
					status: 500,
				})
			: undefined;
}

describe("a clean-up past a webhook that does not answer", () => {
	it("takes the policies away first, which may be why, and undoes everything", async () => {
		const cluster = clusterWithKnative();
		const before = Object.keys(cluster.snapshot());
		await installProfile(sessionOn(cluster, options), request);
		await cluster.create(ksvc);
		webhookRefusing(cluster, () => cluster.objects.has("PeerAuthentication istio-system/default"));
		await uninstall(sessionOn(cluster, options));
		expect(Object.keys(cluster.snapshot())).toEqual(before);
	});

	it("undoes all the rest, says in the end what is left and why, and the next goes on", async () => {
		const cluster = clusterWithKnative();
		const before = Object.keys(cluster.snapshot());
		await installProfile(sessionOn(cluster, options), request);
		await cluster.create(ksvc);
		let isBroken = true;
		webhookRefusing(cluster, () => isBroken);
		const startedAt = clock.now();
		await expect(uninstall(sessionOn(cluster, options))).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(/Service bench\/helloworld.*failed calling webhook/),
			hint: expect.stringContaining("webhook.serving.knative.dev"),
		});
		expect(clock.now() - startedAt).toBeLessThan(60_000);
		expect(cluster.objects.has("Deployment istio-system/istiod")).toBe(false);
		expect(cluster.objects.has("Service bench/helloworld")).toBe(true);
		// A namespace with it would be stuck, and the state is what the next one goes by.
		expect(cluster.objects.get("Namespace bench")?.metadata.deletionTimestamp).toBeUndefined();
		expect(cluster.objects.has("ConfigMap knistio-system/knistio-state")).toBe(true);
		isBroken = false;
		await uninstall(sessionOn(cluster, options));
		expect(Object.keys(cluster.snapshot())).toEqual(before);
	});

	it("does not let one object that is held stop the others", async () => {
		const cluster = fakeCluster();
		cluster.put(markOurs(namespaceObject("istio-system"), marking));
		const held = markOurs(configMap("istio-system", "held", {}), marking);
		cluster.put({ ...held, metadata: { ...held.metadata, finalizers: ["somebody.example/x"] } });
		cluster.put(markOurs(definition("x.io", "A"), marking));
		await expect(uninstall(sessionOn(cluster, options))).rejects.toThrow(
			"ConfigMap istio-system/held (held by somebody.example/x) to be gone",
		);
		expect(cluster.objects.has("CustomResourceDefinition as.x.io")).toBe(false);
	});
});

describe("a kill while pods are cut off from what owns them", () => {
	/** A Deployment with its ReplicaSet and pod; as the garbage collector, owners that go leave orphans. */
	function withPods(): FakeCluster {
		const cluster = fakeCluster();
		cluster.put(namespaceObject("shared"));
		cluster.put(markOurs(deployment("shared", "gateway"), marking));
		const owned = (kind: string, name: string, owner: string, spec?: unknown): KubeObject => {
			const uid = cluster.objects.get(owner)?.metadata.uid ?? "";
			const ownerReferences = [{ apiVersion: "apps/v1", kind: owner.split(" ")[0] ?? "", name: "x", uid }];
			const metadata = { name, namespace: "shared", labels: { app: "gateway" }, ownerReferences };
			return { apiVersion: kind === "Pod" ? "v1" : "apps/v1", kind, metadata, spec };
		};
		const selector = { matchLabels: { app: "gateway" } };
		cluster.put(owned("ReplicaSet", "gateway-1", "Deployment shared/gateway", { selector }));
		cluster.put(owned("Pod", "gateway-1-x", "ReplicaSet shared/gateway-1"));
		const { remove } = cluster;
		cluster.remove = async (ref, how) => {
			const uid = (await cluster.get(ref))?.metadata.uid;
			if (how?.propagation === "Orphan") {
				for (const object of cluster.objects.values()) {
					if (object.metadata.ownerReferences?.some((owner) => owner.uid === uid))
						delete object.metadata.ownerReferences;
				}
			}
			return remove(ref, how);
		};
		return cluster;
	}

	it("leaves nothing that the next clean-up does not know", async () => {
		let kills = 0;
		for (let writes = 1; ; writes++) {
			const cluster = withPods();
			cluster.dieAfterWrites(writes);
			const isKilled = await uninstall(sessionOn(cluster, options)).then(
				() => false,
				() => true,
			);
			cluster.revive();
			await uninstall(sessionOn(cluster, options), { force: true });
			expect([...cluster.objects.keys()], `killed after ${writes} writes`).toEqual(["Namespace shared"]);
			if (!isKilled) break;
			kills++;
		}
		expect(kills).toBeGreaterThan(5);
	});
});

describe("istioLeftovers", () => {
	const record = (name: string, holderIdentity: string, extra: object = {}): KubeObject => {
		const annotations = { "control-plane.alpha.kubernetes.io/leader": JSON.stringify({ holderIdentity }) };
		return {
			...configMap("istio-system", name, {}),
			metadata: { name, namespace: "istio-system", annotations, ...extra },
		};
	};
	const namesOf = async (cluster: FakeCluster, since?: string) =>
		(await istioLeftovers(newTask(sessionOn(cluster, options)), since)).map(describeRef);

	it("are the records of any election of istiod's, also of one that it gave up", async () => {
		const cluster = fakeCluster();
		cluster.put(record("istio-ip-autoallocate", ""));
		cluster.put(record("some-new-election", "istiod-6c7f-x1"));
		cluster.put(record("theirs", "their-operator-1"));
		cluster.put(configMap("istio-system", "settings", {}));
		expect(await namesOf(cluster)).toEqual([
			"ConfigMap istio-system/istio-ip-autoallocate",
			"ConfigMap istio-system/some-new-election",
		]);
	});

	it("are not what was there before knistio", async () => {
		const cluster = fakeCluster();
		cluster.put(record("istio-leader", "istiod-1", { creationTimestamp: "2026-01-01T00:00:00Z" }));
		cluster.put(record("istio-status-leader", "istiod-2", { creationTimestamp: "2026-01-01T00:00:02Z" }));
		expect(await namesOf(cluster, "2026-01-01T00:00:01Z")).toEqual(["ConfigMap istio-system/istio-status-leader"]);
	});
});

describe("a net-istio that is only partly there", () => {
	it.each([
		["Gateway knative-serving/knative-local-gateway", /only partly installed: Gateway .*knative-local-gateway/],
		[
			"PeerAuthentication knative-serving/webhook",
			/exception is missing: PeerAuthentication knative-serving\/webhook$/,
		],
	])("is refused before anything is written: %s", async (missing, message) => {
		const cluster = clusterWithKnative();
		const object = cluster.objects.get(missing) as KubeObject;
		await cluster.remove(refOf(object));
		cluster.writes.length = 0;
		await expect(installProfile(sessionOn(cluster, options), request)).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(message),
			hint: expect.stringContaining("apply Istio's definitions, then net-istio.yaml again"),
		});
		expect(cluster.writes.filter(({ ref }) => !JSON.stringify(ref).includes("knistio-"))).toEqual([]);
	});

	it("may lack exceptions where no profile requires mutual TLS, and have gateways of other names", async () => {
		const cluster = clusterWithKnative();
		for (const [key, object] of [...cluster.objects]) {
			if (key.startsWith("PeerAuthentication") || key.startsWith("Gateway")) await cluster.remove(refOf(object));
		}
		const gateway = (name: string): KubeObject => ({
			apiVersion: "networking.istio.io/v1",
			kind: "Gateway",
			metadata: { name, namespace: "edge" },
		});
		cluster.put(gateway("outer"));
		cluster.put(gateway("inner"));
		const local = "- name: inner\n  namespace: edge\n  service: x\n";
		cluster.put(configMap("knative-serving", "config-istio", { "gateway.edge.outer": "x", "local-gateways": local }));
		await installProfile(sessionOn(cluster, options), { ...request, profile: full });
	});
});
