import { removeWorkloadsIn } from "../../install/removal/workloads.ts";
import type { ObjectRef } from "../../kube/api/cluster.ts";
import { waitGone } from "../../kube/wait/gone.ts";
import { newTask, type Session } from "../../kube/wait/task.ts";

/** Takes away the services of the visit, and waits until they and what the probes have deleted are gone. */
export async function removeAll(session: Session, namespace: string, deleted: readonly ObjectRef[]): Promise<void> {
	const ended = await Promise.allSettled([
		// Knative's controllers must see the services off before the next profile restarts them.
		removeWorkloadsIn(session, namespace),
		...(deleted.length === 0 ? [] : [waitGone(newTask(session), deleted)]),
	]);
	for (const each of ended) if (each.status === "rejected") throw each.reason;
}
