import { conditionOf, keyOf, type Pod } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { variantOf } from "../istio/injection.ts";
import { recordEvent } from "../world/events.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

/** Binds pods to nodes in turn, and records an Event with microseconds. A pod with scheduling gates waits for ever. */
export function startScheduler(world: World, nodes: readonly string[]): void {
	const { api } = world;
	let turn = 0;
	const enqueue = createQueue(world, "scheduler", (key) => {
		const pod = api.get<Pod>("pods", refOfKey(key));
		if (pod === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) return;
		if ((pod.spec.schedulingGates ?? []).length > 0) markGated(world, pod);
		else bind(world, pod, nodes[turn++ % nodes.length] ?? "");
	});
	api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (type === "DELETED" || pod.spec.nodeName !== undefined) return;
		if (
			conditionOf(pod.status?.conditions, "PodScheduled")?.reason === "SchedulingGated" &&
			(pod.spec.schedulingGates ?? []).length > 0
		)
			return;
		enqueue(keyOf(pod.metadata), world.delays.of("schedule", keyOf(pod.metadata), variantOf(api, pod)));
	});
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
