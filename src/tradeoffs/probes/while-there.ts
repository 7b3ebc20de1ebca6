import { ClusterError } from "../../errors.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { isOurs, markOurs } from "../../kube/objects/ownership.ts";
import { waitGone } from "../../kube/wait/gone.ts";
import { newTask, type Session, uninterrupted } from "../../kube/wait/task.ts";
import type { Visit } from "./probe.ts";

/**
 * Puts objects on the cluster, in their order, for as long as the work takes, and waits until all of them are gone again.
 * What was left by a run that was killed is replaced.
 * @throws ClusterError where one of the names is somebody else's
 */
export async function whileThere<T>(
	{ session, profile }: Pick<Visit, "session" | "profile">,
	objects: readonly KubeObject[],
	work: () => Promise<T>,
): Promise<T> {
	const refs = objects.map(refOf);
	const marking = { part: "workload", profile: profile.name } as const;
	await removeOurs(session, refs);
	try {
		for (const object of objects) await session.cluster.apply(markOurs(object, marking), { signal: session.signal });
		return await work();
	} finally {
		await removeOurs(uninterrupted(session), refs);
	}
}

/** A pod that knistio made has nothing to drain. */
const gracePeriodSeconds = 1;

async function removeOurs(session: Session, refs: readonly ObjectRef[]): Promise<void> {
	const { cluster, signal } = session;
	const there: ObjectRef[] = [];
	for (const ref of [...refs].reverse()) {
		const object = await cluster.get(ref, signal);
		if (object === undefined) continue;
		if (!isOurs(object)) {
			throw new ClusterError(`${describeRef(ref)} is somebody else's`, {
				hint: "knistio makes one of this name for a moment and removes it; rename yours",
			});
		}
		await cluster.remove(ref, ref.kind === "Pod" ? { gracePeriodSeconds } : {});
		there.push(ref);
	}
	if (there.length > 0) await waitGone(newTask(session), there);
}
