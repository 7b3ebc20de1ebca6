import { ClusterError } from "../../errors.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { isOurs, markOurs } from "../../kube/objects/ownership.ts";
import { waitGone } from "../../kube/wait/gone.ts";
import { newTask, type Session, uninterrupted } from "../../kube/wait/task.ts";
import type { Visit } from "./probe.ts";

/**
 * Puts objects on the cluster, in their order, for as long as the work takes, and deletes them again; the visit's end waits
 * until they are gone. What was left by a run that was killed is replaced.
 * @throws ClusterError where one of the names is somebody else's
 */
export async function whileThere<T>(
	visit: Pick<Visit, "session" | "profile" | "leave">,
	objects: readonly KubeObject[],
	work: () => Promise<T>,
): Promise<T> {
	const refs = objects.map(refOf);
	await replaceOurs(visit.session, refs);
	try {
		await applyOurs(visit, objects);
		return await work();
	} finally {
		visit.leave(await removeOurs(uninterrupted(visit.session), refs));
	}
}

/** Puts objects on the cluster in their order, as knistio's. */
export async function applyOurs(
	{ session, profile }: Pick<Visit, "session" | "profile">,
	objects: readonly KubeObject[],
): Promise<void> {
	const marking = { part: "workload", profile: profile.name } as const;
	for (const object of objects) await session.cluster.apply(markOurs(object, marking), { signal: session.signal });
}

/** Waits until what was left of them by a run that was killed is gone. @throws ClusterError where one is somebody else's */
export async function replaceOurs(session: Session, refs: readonly ObjectRef[]): Promise<void> {
	const there = await removeOurs(session, refs);
	if (there.length > 0) await waitGone(newTask(session), there);
}

/** A pod that knistio made has nothing to drain. */
const gracePeriodSeconds = 1;

/** Deletes them, the last first. @returns those that were there @throws ClusterError where one is somebody else's */
export async function removeOurs(session: Session, refs: readonly ObjectRef[]): Promise<ObjectRef[]> {
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
	return there;
}
