import { conditionOf, keyOf, type Pod } from "../api/objects.ts";
import { type Process, toSeconds } from "../clock/clock.ts";
import { variantOf } from "../istio/injection.ts";
import { createLanes } from "../queueing/lanes.ts";
import { createRateLimit } from "../queueing/rate-limit.ts";
import { recordEvent } from "../world/events.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

/**
 * Binds pods to nodes in turn, one pod after another, and records an Event with microseconds. A pod with scheduling gates
 * waits for ever, and one that no node has room for until another pod is gone.
 */
export function startScheduler(world: World, nodes: readonly string[]): void {
	const { api } = world;
	const { schedulingMs, scheduler } = world.model.limits;
	const cycles = createLanes(world.clock, 1);
	const limit = createRateLimit(world.clock, scheduler);
	const room = createRoom(world, nodes);
	/** Pods that no node had room for, by their keys. */
	const unschedulable = new Set<string>();
	const enqueue = createQueue(world, "scheduler", (key) => {
		const pod = api.get<Pod>("pods", refOfKey(key));
		if (pod === undefined || !isWaiting(pod)) return;
		if ((pod.spec.schedulingGates ?? []).length > 0) markGated(world, pod);
		else world.clock.run(schedule(key));
	});

	/** One cycle, and the request that binds the pod, for which the next cycle does not wait. */
	function* schedule(key: string): Process {
		yield cycles.occupy(schedulingMs);
		const node = room.take(key);
		if (node === undefined) unschedulable.add(key);
		const throttledMs = limit.take();
		if (throttledMs > 0) yield throttledMs;
		const pod = api.get<Pod>("pods", refOfKey(key));
		if (pod === undefined || !isWaiting(pod)) return;
		if (node === undefined) markUnschedulable(world, pod, nodes.length);
		else bind(world, pod, node);
	}

	api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (type === "DELETED") {
			room.leave(keyOf(pod.metadata));
			for (const key of unschedulable) enqueue(key);
			unschedulable.clear();
			return;
		}
		if (pod.spec.nodeName !== undefined || hasBeenTried(pod)) return;
		const delayMs = world.delays.of("schedule", keyOf(pod.metadata), variantOf(api, pod));
		enqueue(keyOf(pod.metadata), Math.max(0, delayMs - schedulingMs));
	});
}

/** The scheduler has said why not yet, and nothing has changed since that would help. */
function hasBeenTried({ spec, status }: Pod): boolean {
	const { reason } = conditionOf(status?.conditions, "PodScheduled") ?? {};
	return reason === "Unschedulable" || (reason === "SchedulingGated" && (spec.schedulingGates ?? []).length > 0);
}

/** Which pods the scheduler counts on each node, from its decision on; those of DaemonSets are not its own. */
interface Room {
	/** A node for the pod, `namespace/name`: they take turns. Undefined if all are full. */
	take(key: string): string | undefined;
	leave(key: string): void;
}

function createRoom({ faults }: World, nodes: readonly string[]): Room {
	const nodeOf = new Map<string, string>();
	const taken = new Map<string, number>();
	const change = (node: string, by: number) => taken.set(node, (taken.get(node) ?? 0) + by);
	let turn = 0;
	return {
		take(key) {
			const known = nodeOf.get(key);
			if (known !== undefined) return known;
			const inTurn = nodes.map((_, index) => nodes[(turn + index) % nodes.length] ?? "");
			const free = inTurn.find((node) => (taken.get(node) ?? 0) < faults.podsPerNode());
			if (free === undefined) return undefined;
			turn = nodes.indexOf(free) + 1;
			nodeOf.set(key, free);
			change(free, 1);
			return free;
		},
		leave(key) {
			const node = nodeOf.get(key);
			if (node === undefined) return;
			nodeOf.delete(key);
			change(node, -1);
		},
	};
}

function isWaiting(pod: Pod): boolean {
	return pod.spec.nodeName === undefined && pod.metadata.deletionTimestamp === undefined;
}

function bind(world: World, pod: Pod, node: string): void {
	world.truth.pod(pod, "scheduled");
	const lastTransitionTime = toSeconds(world.serverEpochNs());
	world.api.edit<Pod>("pods", pod.metadata, {
		manager: "kube-scheduler",
		keepsStatus: true,
		change: (draft) => {
			draft.spec.nodeName = node;
			const others = (draft.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
			const conditions = [
				...others,
				{ type: "PodScheduled", status: "True" as const, lastProbeTime: null, lastTransitionTime },
			];
			draft.status = { phase: "Pending", qosClass: "Burstable", ...draft.status, conditions };
		},
	});
	recordEvent(world, {
		about: pod,
		reason: "Scheduled",
		message: `Successfully assigned ${keyOf(pod.metadata)} to ${node}`,
		component: "default-scheduler",
		action: "Binding",
	});
}

function markGated(world: World, pod: Pod): void {
	const message = "Scheduling is blocked due to non-empty scheduling gates";
	markWaiting(world, pod, { reason: "SchedulingGated", message });
}

function markUnschedulable(world: World, pod: Pod, nodes: number): void {
	const available = `0/${nodes} nodes are available`;
	const message = `${available}: ${nodes} Too many pods. preemption: ${available}: ${nodes} No preemption victims found for incoming pod.`;
	markWaiting(world, pod, { reason: "Unschedulable", message });
	recordEvent(world, {
		about: pod,
		reason: "FailedScheduling",
		message,
		type: "Warning",
		component: "default-scheduler",
		action: "Scheduling",
	});
}

function markWaiting(world: World, pod: Pod, why: { reason: string; message: string }): void {
	world.api.edit<Pod>("pods", pod.metadata, {
		manager: "kube-scheduler",
		subresource: "status",
		change: (draft) => {
			const condition = { type: "PodScheduled", status: "False" as const, ...why };
			draft.status = { phase: "Pending", qosClass: "Burstable", ...draft.status, conditions: [condition] };
		},
	});
}
