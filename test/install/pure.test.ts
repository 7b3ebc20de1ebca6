import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { inOrder, placed, stageOf, stages } from "../../src/kube/objects/order.ts";
import { podTrouble } from "../../src/kube/wait/pod-trouble.ts";
import { readiness } from "../../src/kube/wait/readiness.ts";
import { compareShape, shapeOf } from "../../src/profile/pod-shape.ts";
import { configMap, definition, deployment, namespaceObject } from "./objects.ts";

function object(apiVersion: string, kind: string, rest: Record<string, unknown> = {}): KubeObject {
	return { apiVersion, kind, metadata: { name: "x", generation: 2 }, ...rest };
}

describe("order", () => {
	it.each([
		[namespaceObject("a"), "namespaces"],
		[definition("a.io", "A"), "definitions"],
		[configMap("a", "b", {}), "settings"],
		[object("rbac.authorization.k8s.io/v1", "ClusterRole"), "settings"],
		[object("policy/v1", "PodDisruptionBudget"), "settings"],
		[deployment("a", "b"), "workloads"],
		[object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"), "webhooks"],
		[
			object("apps/v1", "Deployment", { spec: { template: { spec: { containers: [{ image: "auto" }] } } } }),
			"injected-workloads",
		],
		[object("networking.istio.io/v1", "Gateway"), "custom-resources"],
		[object("gateway.networking.k8s.io/v1", "Gateway"), "custom-resources"],
		[object("caching.internal.knative.dev/v1alpha1", "Image"), "custom-resources"],
	] as const)("puts %o into its stage", (each, stage) => {
		expect(stageOf(each)).toBe(stage);
	});

	it("sorts by stage, keeps what is equal in its order, and loses nothing", () => {
		const kinds = ["Namespace", "CustomResourceDefinition", "ConfigMap", "Deployment", "Secret", "Job"];
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...kinds)), (picked) => {
				const objects = picked.map((kind, index) => ({ apiVersion: "v1", kind, metadata: { name: `n${index}` } }));
				const ordered = inOrder(objects);
				const rank = (each: KubeObject) => stages.indexOf(stageOf(each)) * 1e6 + Number(each.metadata.name.slice(1));
				expect(ordered.map(rank)).toEqual(objects.map(rank).sort((a, b) => a - b));
			}),
		);
	});

	it("takes the namespace off cluster-wide kinds, and gives others one", () => {
		expect(placed({ ...namespaceObject("a"), metadata: { name: "a", namespace: "b" } }).metadata).toEqual({
			name: "a",
		});
		expect(placed(object("v1", "ConfigMap")).metadata.namespace).toBe("default");
	});
});

describe("readiness", () => {
	const rolledOut = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
	const running = { observedGeneration: 2, desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberReady: 1 };
	it.each([
		["Deployment", { spec: { replicas: 2 }, status: rolledOut }, true],
		["Deployment", { spec: { replicas: 2 }, status: { ...rolledOut, observedGeneration: 1 } }, false],
		["Deployment", { spec: { replicas: 2 }, status: { ...rolledOut, replicas: 3 } }, false],
		["Deployment", { spec: { replicas: 2 }, status: { ...rolledOut, updatedReplicas: 1, replicas: 1 } }, false],
		["Deployment", { spec: { replicas: 2 }, status: { ...rolledOut, availableReplicas: 1 } }, false],
		["Deployment", { spec: {} }, false],
		["Deployment", { spec: { replicas: 0 }, status: { observedGeneration: 2 } }, true],
		["DaemonSet", { status: running }, true],
		["DaemonSet", { status: { ...running, desiredNumberScheduled: 0 } }, false],
		["DaemonSet", { status: { ...running, observedGeneration: 1 } }, false],
		["DaemonSet", { status: { ...running, numberReady: 0 } }, false],
		["DaemonSet", { status: { ...running, updatedNumberScheduled: 0 } }, false],
		["Namespace", { status: { phase: "Terminating" } }, false],
		["CustomResourceDefinition", { status: { conditions: [{ type: "Established", status: "True" }] } }, true],
		["CustomResourceDefinition", {}, false],
		["Job", { status: { conditions: [{ type: "Failed", status: "True", message: "boom" }] } }, false],
		["MutatingWebhookConfiguration", { webhooks: [{ name: "a", clientConfig: { service: {} } }] }, false],
		[
			"MutatingWebhookConfiguration",
			{ webhooks: [{ name: "a", clientConfig: { service: {}, caBundle: "Q0E=" } }] },
			true,
		],
		["MutatingWebhookConfiguration", { webhooks: [{ name: "a", clientConfig: { url: "https://a" } }] }, true],
		["ConfigMap", {}, true],
		["Service", { spec: { type: "LoadBalancer" } }, true],
	] as const)("of a %s %o is %s", (kind, rest, ready) => {
		const judged = readiness(object("v1", kind, rest));
		expect(judged.ready).toBe(ready);
		expect(judged.detail === "").toBe(ready);
	});
});

describe("podTrouble", () => {
	const pod = (status: unknown) => ({ ...object("v1", "Pod"), status });
	it.each([
		[
			{ containerStatuses: [{ name: "a", state: { waiting: { reason: "ErrImageNeverPull", message: "no  image" } } }] },
			"container a: ErrImageNeverPull: no image",
			true,
		],
		[
			{ containerStatuses: [{ name: "a", state: { waiting: { reason: "ImagePullBackOff" } } }] },
			"container a: ImagePullBackOff",
			false,
		],
		[
			{
				initContainerStatuses: [
					{
						name: "i",
						restartCount: 3,
						state: { waiting: { reason: "CrashLoopBackOff" } },
						lastState: { terminated: { exitCode: 2, reason: "Error", message: "boom" } },
					},
				],
			},
			"container i: CrashLoopBackOff after 3 restarts, last exit code 2 (Error): boom",
			false,
		],
		[
			{ conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" }] },
			"cannot be scheduled: Unschedulable: 0/1 nodes",
			false,
		],
		[{ phase: "Failed", reason: "Evicted" }, "failed: Evicted", true],
	])("says why: %o", (status, text, isFinal) => {
		expect(podTrouble(pod(status))).toEqual({ text, isFinal });
	});

	it("of a pod that failed heals where a controller makes another in its place", () => {
		const failed = pod({ phase: "Failed", reason: "Evicted" });
		failed.metadata.ownerReferences = [
			{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "u", controller: true },
		];
		expect(podTrouble(failed)).toEqual({ text: "failed: Evicted", isFinal: false });
	});

	it.each([
		null,
		"x",
		{ containerStatuses: null, conditions: 5 },
		{ containerStatuses: [null, {}, { state: null }] },
	])("is unknown of a status that is %j", (status) => {
		expect(podTrouble(pod(status as object), [{ ...pod({}), involvedObject: null }])).toBeUndefined();
	});

	it("is none while containers start, and the last warning where no status says anything", () => {
		const starting = pod({ containerStatuses: [{ name: "a", state: { waiting: { reason: "ContainerCreating" } } }] });
		expect(podTrouble(starting)).toBeUndefined();
		const warning = (message: string, at: string, name = "x") => ({
			...object("v1", "Event"),
			type: "Warning",
			reason: "FailedCreatePodSandBox",
			message,
			lastTimestamp: at,
			involvedObject: { kind: "Pod", name },
		});
		const events = [warning("new", "2026-01-02"), warning("old", "2026-01-01"), warning("other", "2026-01-03", "y")];
		expect(podTrouble(starting, events)?.text).toBe("FailedCreatePodSandBox: new");
	});
});

describe("shapeOf", () => {
	const netAdmin = { capabilities: { add: ["NET_RAW", "NET_ADMIN"] } };
	const native = object("v1", "Pod", {
		spec: {
			initContainers: [
				{ name: "istio-init", securityContext: netAdmin },
				{ name: "istio-proxy", restartPolicy: "Always" },
			],
			containers: [{ name: "user-container" }, { name: "queue-proxy" }],
		},
	});
	const classic = object("v1", "Pod", {
		spec: {
			initContainers: [{ name: "istio-validation" }],
			containers: [{ name: "user-container" }, { name: "istio-proxy" }],
		},
	});

	it("tells a native sidecar from a classic one and from none", () => {
		expect(shapeOf(native)).toEqual({
			initContainers: ["istio-init"],
			sidecar: "native",
			containers: ["user-container", "queue-proxy"],
			ephemeral: [],
			duplicates: [],
			capabilities: ["NET_ADMIN", "NET_RAW"],
		});
		expect(shapeOf(classic)).toMatchObject({
			initContainers: ["istio-validation"],
			sidecar: "classic",
			containers: ["user-container"],
			capabilities: [],
		});
		expect(shapeOf(object("v1", "Pod", { spec: {} })).sidecar).toBe("none");
	});

	it("names every difference to the promise", () => {
		const promises = {
			initContainers: ["istio-init"],
			sidecar: "any",
			capabilities: ["NET_ADMIN", "NET_RAW"],
			denies: false,
		} as const;
		const asPromised = {
			...promises,
			initContainers: [...promises.initContainers],
			capabilities: [...promises.capabilities],
		};
		expect(compareShape(asPromised, native)).toEqual([]);
		expect(compareShape(asPromised, object("v1", "Pod", { spec: {} }))).toEqual([
			"init containers that end: none, promised: istio-init",
			"sidecar: none, promised: any",
			"containers: none, promised: user-container, queue-proxy",
			"capabilities added: none, promised: NET_ADMIN, NET_RAW",
		]);
	});

	describe("of a pod that others change", () => {
		const promises = { initContainers: [], sidecar: "none", capabilities: [], denies: false } as const;
		const of = (spec: object, extraContainers?: string[]) =>
			compareShape(
				{
					...promises,
					initContainers: [],
					capabilities: [],
					...(extraContainers === undefined ? {} : { extraContainers }),
				},
				object("v1", "Pod", { spec: { containers: [{ name: "user-container" }, { name: "queue-proxy" }], ...spec } }),
			);
		const containers = [{ name: "user-container" }, { name: "queue-proxy" }, { name: "linkerd-proxy" }];
		const told = ["containers: user-container, queue-proxy, linkerd-proxy, promised: user-container, queue-proxy"];

		it("names a container that is not promised", () => expect(of({ containers })).toEqual(told));

		it("names a native sidecar that is not promised", () =>
			expect(of({ initContainers: [{ name: "daprd", restartPolicy: "Always" }] })).toEqual([
				"containers: daprd, user-container, queue-proxy, promised: user-container, queue-proxy",
			]));

		it("names an init container that is not promised", () =>
			expect(of({ initContainers: [{ name: "vault-agent-init" }] })).toEqual([
				"init containers that end: vault-agent-init, promised: none",
			]));

		it("takes what is promised, wherever the webhook put it", () => {
			expect(of({ containers: containers.toReversed() }, ["linkerd-proxy"])).toEqual([]);
			expect(of({ initContainers: [{ name: "daprd", restartPolicy: "Always" }] }, ["daprd"])).toEqual([]);
		});

		it("misses what is promised and not there", () =>
			expect(of({}, ["linkerd-proxy"])).toEqual([
				"containers: user-container, queue-proxy, promised: user-container, queue-proxy, linkerd-proxy",
			]));

		it("names ephemeral containers and names that two have", () =>
			expect(of({ ephemeralContainers: [{ name: "debugger" }], initContainers: [{ name: "queue-proxy" }] })).toEqual([
				"init containers that end: queue-proxy, promised: none",
				"ephemeral containers: debugger, promised: none",
				"names that two containers have: queue-proxy, promised: none",
			]));

		it("reads lists that are null", () =>
			expect(of({ initContainers: null, ephemeralContainers: null, containers: null })).toEqual([
				"containers: none, promised: user-container, queue-proxy",
			]));
	});
});
