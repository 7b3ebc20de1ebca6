import { copyOf } from "../api/fields.ts";
import {
	controllerReference,
	isLive,
	isPodReady,
	type KubeObject,
	keyOf,
	type Pod,
	type PodTemplate,
	uidOf,
	type Workload,
} from "../api/objects.ts";
import { StatusError } from "../api/status-error.ts";
import type { Process } from "../clock/clock.ts";
import { hash } from "../clock/random.ts";
import { isInjected } from "../istio/injection.ts";
import { createLanes } from "../queueing/lanes.ts";
import { createRateLimit } from "../queueing/rate-limit.ts";
import { recordEvent } from "../world/events.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

const manager = "kube-controller-manager";

/** A pod as a template wants it. */
export function podOf(
	owner: KubeObject,
	template: PodTemplate,
	more: { labels?: Record<string, string>; nodeName?: string },
): Pod {
	const { labels, annotations } = template.metadata ?? {};
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: "",
			generateName: `${owner.metadata.name}-`,
			namespace: owner.metadata.namespace ?? "",
			labels: { ...labels, ...more.labels },
			...(annotations === undefined ? {} : { annotations: { ...annotations } }),
			ownerReferences: [controllerReference(owner)],
		},
		spec: { ...copyOf(template.spec), ...(more.nodeName === undefined ? {} : { nodeName: more.nodeName }) },
	};
}

/**
 * Creates pods that are asked for, one call after the other; a call takes longer when Istio's webhook is in it. So many
 * owners at once have calls under way, and their client has a rate limit.
 */
export function createPodMaker(world: World, component: string, onFailed: (owner: KubeObject) => void) {
	const { api, clock, delays, model } = world;
	const limit = createRateLimit(clock, model.limits.controller);
	const workers = createLanes(clock, model.limits.replicaSetWorkers);
	const onTheirWay = new Map<string, number>();
	return {
		onTheirWay: (owner: KubeObject) => onTheirWay.get(keyOf(owner.metadata)) ?? 0,
		make(owner: KubeObject, pod: Pod): void {
			const key = keyOf(owner.metadata);
			const before = onTheirWay.get(key) ?? 0;
			onTheirWay.set(key, before + 1);
			const callMs = isInjected(api, pod) ? delays.of("injection", key) : 0;
			clock.run(
				call(owner, pod, {
					beginsAfterMs: delays.of("controllerReacts", `pod/${key}`) + before * 2,
					callMs,
					isFirst: before === 0,
				}),
			);
		},
	};

	function* call(
		owner: KubeObject,
		pod: Pod,
		{ beginsAfterMs, callMs, isFirst }: { beginsAfterMs: number; callMs: number; isFirst: boolean },
	): Process {
		yield beginsAfterMs;
		const throttledMs = limit.take();
		if (throttledMs > 0) yield throttledMs;
		// The further pods of one owner are created beside the first one, by the same worker.
		if (callMs > 0) yield isFirst ? workers.occupy(callMs) : callMs;
		createPod(owner, pod, callMs);
	}

	function createPod(owner: KubeObject, pod: Pod, callMs: number): void {
		const key = keyOf(owner.metadata);
		onTheirWay.set(key, (onTheirWay.get(key) ?? 1) - 1);
		try {
			const created = api.create<Pod>(pod, { manager });
			noteCall(world, created, callMs);
			const message = `Created pod: ${created.metadata.name}`;
			recordEvent(world, { about: owner, reason: "SuccessfulCreate", message, component });
		} catch (error) {
			if (!(error instanceof StatusError)) throw error;
			const message = `Error creating: ${error.message}`;
			recordEvent(world, { about: owner, reason: "FailedCreate", message, type: "Warning", component });
			onFailed(owner);
		}
	}
}

/** When in the call for an injected pod the webhook and etcd have their turns; guessed by traces of Kubernetes 1.36. */
const parts = { webhookCalled: 0.05, webhookAnswered: 0.85, etcdAsked: 0.9 };

/** Without Istio's webhook the model has no time for the call, and so none for etcd. */
function noteCall({ clock, truth }: World, pod: Pod, callMs: number): void {
	const begunAt = clock.epochNs() - BigInt(Math.round(callMs * 1e6));
	const after = (share: number) => begunAt + BigInt(Math.round(callMs * share * 1e6));
	truth.pod(pod, "requested", begunAt);
	if (callMs > 0) {
		truth.pod(pod, "webhookCalled", after(parts.webhookCalled));
		truth.pod(pod, "webhookAnswered", after(parts.webhookAnswered));
	}
	truth.pod(pod, "etcdAsked", callMs > 0 ? after(parts.etcdAsked) : begunAt);
}

const retryMs = 1_000;

/** Makes the pods of ReplicaSets. */
export function startReplicaSets(world: World): void {
	const { api } = world;
	const enqueue = createQueue(world, "replicasets", (key) => {
		const set = api.get<Workload>("replicasets.apps", refOfKey(key));
		if (set !== undefined && set.metadata.deletionTimestamp === undefined) reconcile(set);
	});
	const maker = createPodMaker(world, "replicaset-controller", (set) => enqueue(keyOf(set.metadata), retryMs));

	function reconcile(set: Workload): void {
		const pods = api.owned<Pod>("pods", uidOf(set)).filter(isLive);
		const missing = (set.spec.replicas ?? 1) - pods.length - maker.onTheirWay(set);
		for (let index = 0; index < missing; index++) maker.make(set, podOf(set, set.spec.template, {}));
		const unreadyFirst = [...pods].sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)));
		for (const pod of unreadyFirst.slice(0, Math.max(0, -missing))) removePod(world, pod);
		const replicas = pods.length;
		const ready = pods.filter(isPodReady).length;
		api.edit<Workload>("replicasets.apps", set.metadata, {
			manager,
			subresource: "status",
			change: (draft) => {
				const counts = ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {};
				draft.status = { replicas, ...counts, observedGeneration: set.metadata.generation ?? 1 };
			},
		});
	}

	api.watch("replicasets.apps", ({ object }) => enqueue(keyOf(object.metadata)));
	watchOwned(world, "ReplicaSet", enqueue);
}

function removePod(world: World, pod: Pod): void {
	const resource = world.api.resources.byId("pods");
	if (resource !== undefined) world.api.remove(resource, pod.metadata, {});
}

/** Calls back with the key of an owner of that kind when one of its pods changes. */
export function watchOwned(world: World, kind: string, enqueue: (key: string) => void): void {
	world.api.watch("pods", ({ object }) => {
		const owner = object.metadata.ownerReferences?.find((reference) => reference.kind === kind);
		if (owner !== undefined) enqueue(`${object.metadata.namespace}/${owner.name}`);
	});
}

/** Makes one pod on each node for a DaemonSet; a pod of an older template is replaced. */
export function startDaemonSets(world: World, nodes: readonly string[]): void {
	const { api } = world;
	const enqueue = createQueue(world, "daemonsets", (key) => {
		const set = api.get<Workload>("daemonsets.apps", refOfKey(key));
		if (set !== undefined && set.metadata.deletionTimestamp === undefined) reconcile(set);
	});
	const maker = createPodMaker(world, "daemonset-controller", (set) => enqueue(keyOf(set.metadata), retryMs));

	function reconcile(set: Workload): void {
		const label = { "controller-revision-hash": hash(JSON.stringify(set.spec.template)).toString(36) };
		const owned = api.owned<Pod>("pods", uidOf(set));
		const isCurrent = (pod: Pod) =>
			pod.metadata.labels?.["controller-revision-hash"] === label["controller-revision-hash"];
		for (const pod of owned) if (isLive(pod) && !isCurrent(pod)) removePod(world, pod);
		const isUnderWay = maker.onTheirWay(set) > 0;
		for (const nodeName of nodes) {
			const isThere = owned.some((pod) => pod.spec.nodeName === nodeName);
			if (!isThere && !isUnderWay) maker.make(set, podOf(set, set.spec.template, { labels: label, nodeName }));
		}
		const ready = owned.filter((pod) => isLive(pod) && isPodReady(pod));
		api.edit<Workload>("daemonsets.apps", set.metadata, {
			manager,
			subresource: "status",
			change: (draft) => {
				draft.status = {
					desiredNumberScheduled: nodes.length,
					currentNumberScheduled: owned.length,
					numberMisscheduled: 0,
					numberReady: ready.length,
					updatedNumberScheduled: owned.filter(isCurrent).length,
					observedGeneration: set.metadata.generation ?? 1,
					...(ready.length > 0 ? { numberAvailable: ready.length } : { numberUnavailable: nodes.length }),
				};
			},
		});
	}

	api.watch("daemonsets.apps", ({ object }) => enqueue(keyOf(object.metadata)));
	watchOwned(world, "DaemonSet", enqueue);
}
