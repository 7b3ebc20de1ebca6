import { isSame } from "../api/fields.ts";
import { conditionOf, type Pod, type PodStatus } from "../api/objects.ts";
import type { Process } from "../clock/clock.ts";
import type { Variant } from "../model/model.ts";
import type { Machine } from "../world/machine.ts";
import type { World } from "../world/world.ts";
import { type Knowledge, makePodStatus } from "./pod-status.ts";

/** What changes between two statuses of a pod. */
export type Findings = Pick<Knowledge, "pod" | "observed" | "probes" | "waiting" | "hasEnded">;

/** Makes statuses of one pod and writes them, one at a time; what changes meanwhile goes with the next one. */
export interface StatusWriter {
	publish(findings: Findings): void;
	stop(): void;
}

/** The kubelet asks for the pod before it patches its status. */
const requestsPerStatus = 2;

export function createStatusWriter(
	world: World,
	options: { node: string; machine: Machine; hostIp: string; key: string; variant: Variant },
): StatusWriter {
	const { clock, truth, delays, model } = world;
	const { machine } = options;
	let status: PodStatus | undefined;
	let isWriting = false;
	let isStopped = false;

	function* write(pod: Pod): Process {
		const tookMs = delays.of("statusWrite", options.key, options.variant);
		const throttledMs = machine.requests.take(requestsPerStatus);
		const busyMs = Math.min(tookMs, model.limits.statusWriteMs);
		yield throttledMs + tookMs - busyMs;
		yield machine.statusWrites.occupy(busyMs);
		isWriting = false;
		const written = status;
		if (isStopped || written === undefined) return;
		world.api.edit<Pod>("pods", pod.metadata, {
			manager: "kubelet",
			subresource: "status",
			change: (draft) => {
				const scheduled = conditionOf(draft.status?.conditions, "PodScheduled");
				const own = (written.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
				draft.status = { ...written, conditions: scheduled === undefined ? own : [...own, scheduled] };
			},
		});
		if (status !== written) plan(pod);
	}

	function plan(pod: Pod): void {
		if (isWriting) return;
		isWriting = true;
		clock.run(write(pod));
	}

	return {
		publish(findings) {
			const next = makePodStatus({
				...findings,
				hostIp: options.hostIp,
				nodeEpochNs: (at = clock.now()) => world.nodeEpochNs(options.node) + BigInt(Math.round(at - clock.now())),
				before: status,
			});
			if (isSame(next, status)) return;
			status = next;
			if (conditionOf(next.conditions, "Ready")?.status === "True") truth.pod(findings.pod, "ready");
			plan(findings.pod);
		},
		stop() {
			isStopped = true;
		},
	};
}
