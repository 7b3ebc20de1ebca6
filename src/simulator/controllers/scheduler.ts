import { conditionOf, keyOf, type Pod } from "../api/objects.ts";
import { type Process, toSeconds } from "../clock/clock.ts";
import { variantOf } from "../istio/injection.ts";
import { createLanes } from "../queueing/lanes.ts";
import { createRateLimit } from "../queueing/rate-limit.ts";
import { recordEvent } from "../world/events.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

/** Binds pods to nodes in turn, one pod after another, and records an Event with microseconds. A pod with scheduling gates waits for ever. */
export function startScheduler(world: World, nodes: readonly string[]): void {
	const { api } = world;
	const { schedulingMs, scheduler } = world.model.limits;
	const cycles = createLanes(world.clock, 1);
	const limit = createRateLimit(world.clock, scheduler);
	let turn = 0;
	const enqueue = createQueue(world, "scheduler", (key) => {
		const pod = api.get<Pod>("pods", refOfKey(key));
		if (pod === undefined || !isWaiting(pod)) return;
		if ((pod.spec.schedulingGates ?? []).length > 0) markGated(world, pod);
		else world.clock.run(schedule(key));
	});

	/** One cycle, and the request that binds the pod, for which the next cycle does not wait. */
	function* schedule(key: string): Process {
		yield cycles.occupy(schedulingMs);
		const node = nodes[turn++ % nodes.length] ?? "";
		const throttledMs = limit.take();
		if (throttledMs > 0) yield throttledMs;
		const pod = api.get<Pod>("pods", refOfKey(key));
		if (pod !== undefined && isWaiting(pod)) bind(world, pod, node);
	}

	api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (type === "DELETED" || pod.spec.nodeName !== undefined) return;
		if (
			conditionOf(pod.status?.conditions, "PodScheduled")?.reason === "SchedulingGated" &&
			(pod.spec.schedulingGates ?? []).length > 0
		)
			return;
		const delayMs = world.delays.of("schedule", keyOf(pod.metadata), variantOf(api, pod));
		enqueue(keyOf(pod.metadata), Math.max(0, delayMs - schedulingMs));
	});
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
	world.api.edit<Pod>("pods", pod.metadata, {
		manager: "kube-scheduler",
		subresource: "status",
		change: (draft) => {
			const message = "Scheduling is blocked due to non-empty scheduling gates";
			const condition = { type: "PodScheduled", status: "False" as const, reason: "SchedulingGated", message };
			draft.status = { phase: "Pending", qosClass: "Burstable", ...draft.status, conditions: [condition] };
		},
	});
}
