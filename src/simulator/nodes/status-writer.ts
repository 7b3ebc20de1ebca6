import { isSame } from "../api/fields.ts";
import { conditionOf, type Pod, type PodStatus } from "../api/objects.ts";
import type { Variant } from "../model/model.ts";
import type { World } from "../world/world.ts";
import { type Knowledge, makePodStatus } from "./pod-status.ts";

/** What changes between two statuses of a pod. */
export type Findings = Pick<Knowledge, "pod" | "observed" | "probes" | "waiting" | "hasEnded">;

/** Makes statuses of one pod and writes them, one at a time; what changes meanwhile goes with the next one. */
export interface StatusWriter {
	publish(findings: Findings): void;
	stop(): void;
}

export function createStatusWriter(
	world: World,
	options: { node: string; hostIp: string; key: string; variant: Variant },
): StatusWriter {
	const { clock, truth } = world;
	let status: PodStatus | undefined;
	let isWriting = false;
	let isStopped = false;

	function write(pod: Pod): void {
		if (isWriting) return;
		isWriting = true;
		clock.after(world.delays.of("statusWrite", options.key, options.variant), () => {
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
			if (status !== written) write(pod);
		});
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
			write(findings.pod);
		},
		stop() {
			isStopped = true;
		},
	};
}
