import { ClusterError } from "../errors.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { isShareable, ownedByLabel } from "../kube/objects/ownership.ts";
import { patiently } from "../kube/wait/patience.ts";
import type { Task } from "../kube/wait/task.ts";
import { idAnnotation, jobOwner } from "./objects.ts";

/** Something that is not this run's: nothing was made, and nothing is to be removed. */
export class InTheWayError extends ClusterError {}

/**
 * Makes a Job and what it needs. A namespace that is somebody else's is used as it is.
 * @param objects in the order in which they are applied, the Job last
 * @throws InTheWayError if there is a Job already; ClusterError if something of somebody else's is in the way
 */
export async function applyJob(task: Task, objects: readonly KubeObject[]): Promise<void> {
	const job = objects.find(({ kind }) => kind === "Job");
	if (job !== undefined && (await task.cluster.get(refOf(job), task.signal)) !== undefined) {
		throw new InTheWayError(`${describeRef(refOf(job))} is there already`, {
			hint: "`knistio job --attach -- bench …` follows it and fetches its report; `knistio clean` removes it",
		});
	}
	for (const object of objects) {
		const ref = refOf(object);
		const found = await task.cluster.get(ref, task.signal);
		if (found !== undefined && found.metadata.labels?.[ownedByLabel] !== jobOwner) {
			if (isShareable(object)) continue;
			throw new ClusterError(`${describeRef(ref)} is there, and \`knistio job\` did not make it`, {
				hint: "give the Job another --namespace, or remove what is in the way",
			});
		}
		await patiently(task, describeRef(ref), () => task.cluster.apply(object, { signal: task.signal }));
	}
}

/** The id that marks the log of a Job that is there. @throws ClusterError if there is none */
export async function idOfJob(task: Task, ref: ObjectRef): Promise<string> {
	const job = await task.cluster.get(ref, task.signal);
	const id = job?.metadata.annotations?.[idAnnotation];
	if (id !== undefined) return id;
	const what = job === undefined ? "is not there" : "was not made by `knistio job`";
	throw new ClusterError(`${describeRef(ref)} ${what}`, {
		hint: "`knistio job --apply` makes one; --namespace says where to look",
	});
}
