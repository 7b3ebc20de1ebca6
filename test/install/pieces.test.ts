import { describe, expect, it } from "vitest";
import { installProfile } from "../../src/install/install.ts";
import { planInstall, planLines } from "../../src/install/plan.ts";
import { removeObjects } from "../../src/install/removal/remove.ts";
import { removeWorkloads } from "../../src/install/removal/workloads.ts";
import { missingRights, requireRights } from "../../src/install/rights.ts";
import { restoreForeign, setForeign } from "../../src/install/state/journal.ts";
import { ensureStateNamespace, openState } from "../../src/install/state/store.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { applyAll } from "../../src/kube/objects/apply.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import { waitReady } from "../../src/kube/wait/ready.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import {
	clusterWithKnative,
	configMap,
	definition,
	deployment,
	full,
	istioObjects,
	minimal,
	namespaceObject,
} from "./objects.ts";

const clock = jumpingClock();
const marking = { part: "istio", profile: "minimal" } as const;
const taskOn = (cluster: ReturnType<typeof fakeCluster>, timeoutMs = 10_000) =>
	newTask(sessionOn(cluster, { clock, timeoutMs }));

describe("the journal", () => {
	const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "c" };
	const change = (value: string | null) => ({ change: { ref, path: ["data", "key"], value } });

	async function journalled(before: Record<string, string>) {
		const cluster = fakeCluster();
		await ensureStateNamespace(cluster);
		cluster.put(configMap("default", "c", before));
		const store = await openState(sessionOn(cluster));
		return { cluster, store, task: taskOn(cluster), data: () => cluster.objects.get("ConfigMap default/c")?.data };
	}

	it("notes the first value before the change, and puts it back after several", async () => {
		const { cluster, store, task, data } = await journalled({ key: "theirs", other: "1" });
		await setForeign(task, store, change("a"));
		const order = cluster.writes.slice(-2).map((write) => write.ref.name);
		expect(order).toEqual(["knistio-state", "c"]);
		await setForeign(task, store, change(null));
		expect(data()).toEqual({ other: "1" });
		const [entry] = store.current.journal;
		expect(entry).toMatchObject({ before: "theirs", set: ["a", null] });
		expect(await restoreForeign(task, entry as NonNullable<typeof entry>)).toEqual({ changed: true });
		expect(data()).toEqual({ key: "theirs", other: "1" });
	});

	it("takes away what was absent, and leaves what somebody else changed since", async () => {
		const { cluster, store, task, data } = await journalled({});
		await setForeign(task, store, change("a"));
		const [entry] = store.current.journal;
		await restoreForeign(task, entry as NonNullable<typeof entry>);
		expect(data()).toEqual({});
		await cluster.patch(ref, { data: { key: "somebody" } });
		expect(await restoreForeign(task, entry as NonNullable<typeof entry>)).toEqual({
			changed: false,
			note: expect.stringContaining("changed by somebody else"),
		});
		expect(data()).toEqual({ key: "somebody" });
	});
});

describe("applyAll", () => {
	it("tries again while a webhook cannot be called, and gives up at once on a refusal", async () => {
		const cluster = fakeCluster();
		cluster.put(namespaceObject("a"));
		let refusals = 3;
		const down = new ApiError("failed calling webhook: connection refused", { status: 500 });
		cluster.refuse = () => (refusals-- > 0 ? down : undefined);
		await applyAll(taskOn(cluster), [configMap("a", "b", {})], { live: new Map(), marking });
		expect(cluster.objects.has("ConfigMap a/b")).toBe(true);
		refusals = 1000;
		await expect(applyAll(taskOn(cluster), [configMap("a", "c", {})], { live: new Map(), marking })).rejects.toThrow(
			"failed calling webhook",
		);
		let asked = 0;
		cluster.refuse = () => {
			asked++;
			return new ApiError("admission denied", { status: 400 });
		};
		await expect(applyAll(taskOn(cluster), [configMap("a", "d", {})], { live: new Map(), marking })).rejects.toThrow(
			"admission denied",
		);
		expect(asked).toBe(1);
	});

	it("leaves CA bundle and failurePolicy of a webhook to its controller", async () => {
		const cluster = fakeCluster();
		const sent: KubeObject[] = [];
		const { apply } = cluster;
		cluster.apply = (object) => {
			sent.push(object);
			return apply(object);
		};
		const hook = (failurePolicy: string, caBundle: string): KubeObject => ({
			apiVersion: "admissionregistration.k8s.io/v1",
			kind: "ValidatingWebhookConfiguration",
			metadata: { name: "v" },
			webhooks: [{ name: "w", failurePolicy, clientConfig: { caBundle, service: { name: "istiod" } } }],
		});
		const live = new Map([
			["admissionregistration.k8s.io/ValidatingWebhookConfiguration//v", markOurs(hook("Fail", "Q0E="), marking)],
		]);
		await applyAll(taskOn(cluster), [hook("Ignore", "")], { live, marking });
		expect(sent[0]?.webhooks).toEqual([
			{ name: "w", failurePolicy: "Fail", clientConfig: { service: { name: "istiod" } } },
		]);
	});
});

describe("waitReady", () => {
	const stuck = (status: unknown) => {
		const cluster = fakeCluster();
		cluster.onWrite = (object) => {
			if (object.kind === "Deployment") object.status = { observedGeneration: object.metadata.generation };
		};
		cluster.put(deployment("a", "d"));
		cluster.put({
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "d-1", namespace: "a", labels: { app: "d" } },
			status,
		});
		return cluster;
	};
	const waitingFor = (reason: string) => ({ containerStatuses: [{ name: "c", state: { waiting: { reason } } }] });

	it("names what is not ready and the pod's reason when time is over", async () => {
		const cluster = stuck(waitingFor("CrashLoopBackOff"));
		await expect(waitReady(taskOn(cluster), [deployment("a", "d")])).rejects.toThrow(
			/Deployment a\/d: 0 of 1 replaced; pod d-1: container c: CrashLoopBackOff/,
		);
	});

	it("does not wait for what never heals, nor long for an image that cannot be pulled", async () => {
		const startedAt = clock.now();
		await expect(
			waitReady(taskOn(stuck(waitingFor("InvalidImageName")), 600_000), [deployment("a", "d")]),
		).rejects.toThrow("InvalidImageName");
		expect(clock.now() - startedAt).toBeLessThan(10_000);
		await expect(
			waitReady(taskOn(stuck(waitingFor("ImagePullBackOff")), 600_000), [deployment("a", "d")]),
		).rejects.toMatchObject({ hint: expect.stringContaining("registry") });
		expect(clock.now() - startedAt).toBeLessThan(60_000);
	});

	it("says why a ReplicaSet can make no pod", async () => {
		const cluster = stuck({});
		cluster.put({
			apiVersion: "v1",
			kind: "Event",
			metadata: { name: "e", namespace: "a" },
			type: "Warning",
			reason: "FailedCreate",
			message: "exceeded quota",
			involvedObject: { kind: "ReplicaSet", name: "d-123" },
		});
		await expect(waitReady(taskOn(cluster), [deployment("a", "d")])).rejects.toThrow("exceeded quota");
	});
});

describe("removeObjects", () => {
	it("keeps definitions with others' objects, namespaces with others' pods, and what is not ours", async () => {
		const cluster = fakeCluster();
		const ours = (object: KubeObject) => markOurs(object, marking);
		cluster.put(ours(namespaceObject("a")));
		cluster.put(ours(definition("x.io", "Foreign")));
		cluster.put(ours(definition("x.io", "Derived")));
		cluster.put({ apiVersion: "x.io/v1", kind: "Foreign", metadata: { name: "f", namespace: "a" } });
		const ownerReferences = [{ apiVersion: "v1", kind: "A", name: "a", uid: "1" }];
		cluster.put({ apiVersion: "x.io/v1", kind: "Derived", metadata: { name: "d", namespace: "a", ownerReferences } });
		cluster.put(deployment("a", "theirs"));
		const refs = [...cluster.objects.values()].map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
			apiVersion,
			kind,
			name,
			...(namespace && { namespace }),
		}));
		const removal = await removeObjects(
			taskOn(cluster),
			refs.filter(({ kind }) => kind !== "Derived" && kind !== "Foreign"),
		);
		expect(removal.removed.map(({ name }) => name)).toEqual(["deriveds.x.io"]);
		expect(removal.kept.map(({ ref, reason }) => `${ref.name}: ${reason}`)).toEqual([
			"theirs: it is not labelled as knistio's",
			"foreigns.x.io: somebody else's objects would go with it: Foreign a/f",
			"a: somebody else's Deployment a/theirs is in it",
		]);
	});

	it("leaves to the server what is made anew for as long as its Service is there", async () => {
		const cluster = fakeCluster();
		cluster.put(markOurs(namespaceObject("a"), marking));
		// The controller copies the Service's labels, and names no owner.
		const endpoints = markOurs(
			{ apiVersion: "v1", kind: "Endpoints", metadata: { name: "e", namespace: "a" } },
			marking,
		);
		cluster.put(endpoints);
		const { removed } = await uninstall(sessionOn(cluster, { clock, timeoutMs: 10_000 }));
		expect(removed.map(({ kind }) => kind)).not.toContain("Endpoints");
	});

	it("goes on when another object has taken the name of one that it removes", async () => {
		const cluster = fakeCluster();
		cluster.put(markOurs(deployment("a", "d"), marking));
		const { remove } = cluster;
		cluster.remove = async (ref, options) => {
			await remove(ref, options);
			throw new ApiError("the UID in the precondition does not match the UID in record", { status: 409 });
		};
		const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "a", name: "d" };
		await expect(removeObjects(taskOn(cluster), [ref])).resolves.toMatchObject({ removed: [ref] });
	});

	it("removes everything that has knistio's label, also without the inventory", async () => {
		const cluster = fakeCluster();
		cluster.put(markOurs(namespaceObject("istio-system"), marking));
		cluster.put(markOurs(definition("x.io", "A"), marking));
		cluster.put(markOurs(deployment("istio-system", "istiod"), marking));
		await uninstall(sessionOn(cluster, { clock, timeoutMs: 10_000 }));
		expect([...cluster.objects.keys()]).toEqual([]);
	});
});

describe("removeWorkloads", () => {
	const labels = { "knistio.dev/owned-by": "knistio", "serving.knative.dev/service": "hello" };
	const ref = { apiVersion: "serving.knative.dev/v1", kind: "Service", namespace: "a", name: "hello" };

	it("takes a finalizer off whose controller is gone, but not at once, and waits for the pods", async () => {
		const cluster = fakeCluster();
		cluster.put(definition("serving.knative.dev", "Service"));
		cluster.put({ ...ref, metadata: { name: "hello", namespace: "a", labels, finalizers: ["controller.example"] } });
		const pod = { name: "p", namespace: "a", labels, deletionTimestamp: "2026-01-01T00:00:00Z" };
		cluster.put({ apiVersion: "v1", kind: "Pod", metadata: pod });
		const startedAt = clock.now();
		const notes: string[] = [];
		const progress = (event: { kind: string; text?: string }) => notes.push(`${event.kind}: ${event.text}`);
		expect((await removeWorkloads({ ...taskOn(cluster, 120_000), progress }, [ref])).removed).toEqual([ref]);
		expect(clock.now() - startedAt).toBeGreaterThan(29_000);
		expect(notes).toContain("note: Service a/hello: no controller removes its finalizers");
		expect(cluster.writes.map((write) => `${write.verb} ${write.ref.kind}`)).toEqual([
			"remove Service",
			"remove Pod",
			"patch Service",
		]);
		expect([...cluster.objects.keys()]).toEqual(["CustomResourceDefinition services.serving.knative.dev"]);
	});

	it("leaves a Service that is not ours", async () => {
		const cluster = fakeCluster();
		cluster.put(definition("serving.knative.dev", "Service"));
		cluster.put({ ...ref, metadata: { name: "hello", namespace: "a" } });
		expect((await removeWorkloads(taskOn(cluster), [ref])).removed).toEqual([]);
		expect(cluster.writes).toEqual([]);
	});
});

describe("planInstall", () => {
	const request = {
		profile: full,
		istioObjects: istioObjects(),
		namespace: "bench",
		authorizerImage: "sample:1",
		knativeObjects: undefined,
		useInstalled: false,
	};

	it("says what an install does, and writes nothing", async () => {
		const cluster = clusterWithKnative();
		const lines = planLines(await planInstall(sessionOn(cluster, { clock }), request));
		expect(cluster.writes).toEqual([]);
		for (const line of [
			"create Namespace istio-system",
			"create Deployment istio-system/istiod",
			"create AuthorizationPolicy bench/knistio-deny",
			'set label istio-injection of Namespace knative-serving to "enabled"',
			'set label istio-injection of Namespace bench to "enabled"',
			'set key mesh-compatibility-mode of ConfigMap knative-serving/config-network to "enabled"',
			"restart Deployment knative-serving/activator",
			"leave 2 objects as they are",
		]) {
			expect(lines).toContain(line);
		}
	});

	it("says what a switch takes away, and nothing once it is done", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request);
		expect(planLines(await planInstall(sessionOn(cluster, { clock }), request))).toEqual(["nothing to do"]);
		const lines = planLines(await planInstall(sessionOn(cluster, { clock }), { ...request, profile: minimal }));
		expect(lines).toContain("remove PeerAuthentication istio-system/default");
		expect(lines).toContain("remove Deployment bench/authz");
		expect(lines).toContain("remove label istio-injection of Namespace knative-serving");
	});
});

describe("rights", () => {
	it("asks once where everything is allowed, and names verb and resource where not", async () => {
		const cluster = fakeCluster();
		expect(await missingRights(cluster)).toEqual([]);
		cluster.allowed = async ({ verb, resource }) => verb !== "*" && !(verb === "create" && resource === "namespaces");
		await expect(requireRights(cluster)).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(/: create namespaces$/),
		});
	});
});
