import { describe, expect, it } from "vitest";
import { removeObjects } from "../../src/install/removal/remove.ts";
import { describeRef, type KubeObject, refOf } from "../../src/kube/api/cluster.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { type FakeCluster, fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { deployment, istioObjects, namespaceObject } from "./objects.ts";

const options = { clock: jumpingClock(), timeoutMs: 300_000 };
const marking = { part: "istio", profile: "full-cni" } as const;

/** An Istio of knistio's with the CNI plugin, as it was applied: the DaemonSet after the other workloads, or before. */
function installed(objects: readonly KubeObject[]): FakeCluster {
	const cluster = fakeCluster();
	cluster.put(namespaceObject("istio-system"));
	for (const object of objects) cluster.put(markOurs(object, marking));
	return cluster;
}

const removals = (cluster: FakeCluster) =>
	cluster.writes.filter(({ verb }) => verb === "remove").map(({ ref }) => describeRef(ref));

describe("the CNI's DaemonSet, without which no pod starts or ends while its plugin is configured", () => {
	const objects = istioObjects({ cni: true });

	it.each([
		["after", objects],
		["before", objects.toReversed()],
	])("goes when no other workload is left, were it noted %s them", async (_, noted) => {
		const cluster = installed(noted);
		const { remove } = cluster;
		const leftWhenItWent: string[] = [];
		cluster.remove = async (ref, how) => {
			if (ref.kind === "DaemonSet")
				leftWhenItWent.push(...[...cluster.objects.keys()].filter((key) => /^(Deployment|Mutating)/.test(key)));
			return remove(ref, how);
		};
		await removeObjects(newTask(sessionOn(cluster, options)), noted.map(refOf));
		const order = removals(cluster);
		const daemonSetAt = order.indexOf("DaemonSet istio-system/istio-cni-node");
		expect(leftWhenItWent).toEqual([]);
		expect(daemonSetAt).toBeGreaterThan(order.indexOf("Deployment istio-system/istiod"));
		expect(daemonSetAt).toBeGreaterThan(order.indexOf("Deployment istio-system/istio-ingressgateway"));
		// Its agent needs its settings until it has taken the plugin out of the nodes' configuration.
		expect(daemonSetAt).toBeLessThan(order.indexOf("ConfigMap istio-system/istio-cni-config"));
	});

	it("goes only when the pods of the others have ended", async () => {
		const cluster = installed(objects);
		const metadata = { name: "istiod-x", namespace: "istio-system", labels: { app: "istiod" }, finalizers: ["a/b"] };
		cluster.put({ apiVersion: "v1", kind: "Pod", metadata });
		let looks = 0;
		const { list, remove } = cluster;
		let isPodThere: boolean | undefined;
		cluster.list = async (query, signal) => {
			// Its end takes as long as several looks at it.
			if (query.kind === "Pod" && ++looks === 6) cluster.objects.delete("Pod istio-system/istiod-x");
			return list(query, signal);
		};
		cluster.remove = async (ref, how) => {
			if (ref.kind === "DaemonSet") isPodThere = cluster.objects.has("Pod istio-system/istiod-x");
			return remove(ref, how);
		};
		await removeObjects(newTask(sessionOn(cluster, options)), objects.map(refOf));
		expect(looks).toBeGreaterThanOrEqual(6);
		expect(isPodThere).toBe(false);
	});
});

describe("the pods of a Deployment", () => {
	/** With the controller that makes a pod anew for each that is ended, as long as its ReplicaSet owns them. */
	function withReplicaSet(): { cluster: FakeCluster; madeAnew: string[] } {
		const gateway = deployment("istio-system", "gateway");
		const cluster = installed([gateway]);
		const owned = (kind: "ReplicaSet" | "Pod", name: string, owner: string): KubeObject => {
			const uid = cluster.objects.get(owner)?.metadata.uid ?? "";
			const ownerReferences = [{ apiVersion: "apps/v1", kind: owner.split(" ")[0] ?? "", name: "x", uid }];
			const metadata = { name, namespace: "istio-system", labels: { app: "gateway" }, ownerReferences };
			const spec = { selector: { matchLabels: { app: "gateway" } } };
			return { apiVersion: kind === "Pod" ? "v1" : "apps/v1", kind, metadata, spec };
		};
		const [workload, set] = ["Deployment istio-system/gateway", "ReplicaSet istio-system/gateway-1"] as const;
		cluster.put(owned("ReplicaSet", "gateway-1", workload));
		cluster.put(owned("Pod", "gateway-1-a", set));
		const madeAnew: string[] = [];
		const { remove } = cluster;
		cluster.remove = async (ref, how) => {
			const uid = (await cluster.get(ref))?.metadata.uid;
			if (how?.propagation === "Orphan") {
				for (const { metadata } of cluster.objects.values()) {
					if (metadata.ownerReferences?.some((owner) => owner.uid === uid)) delete metadata.ownerReferences;
				}
			}
			const isRemoved = await remove(ref, how);
			if (ref.kind === "Pod" && cluster.objects.has(set)) {
				const name = `gateway-1-new-${madeAnew.length}`;
				madeAnew.push(name);
				if (madeAnew.length < 5) cluster.put(owned("Pod", name, set));
			}
			return isRemoved;
		};
		return { cluster, madeAnew };
	}

	it("are cut off from what would make them anew, and only then ended", async () => {
		const { cluster, madeAnew } = withReplicaSet();
		await removeObjects(newTask(sessionOn(cluster, options)), [refOf(deployment("istio-system", "gateway"))]);
		expect(removals(cluster)).toEqual([
			"Deployment istio-system/gateway",
			"ReplicaSet istio-system/gateway-1",
			"Pod istio-system/gateway-1-a",
		]);
		expect(madeAnew).toEqual([]);
		expect([...cluster.objects.keys()]).toEqual(["Namespace istio-system"]);
	});
});
