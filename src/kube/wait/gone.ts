import type { ClusterError } from "../../errors.ts";
import { listed } from "../../text/listed.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../api/cluster.ts";
import { inParallel, lateError, type Task, waitUntil } from "./task.ts";

/**
 * Looks until nothing is left.
 * @returns what is still there when the task's time is over; empty where all of it went
 */
export async function waitUntilNone(task: Task, look: () => Promise<KubeObject[]>): Promise<KubeObject[]> {
	let left: KubeObject[] = [];
	const isLate = lateError("");
	try {
		await waitUntil(
			task,
			async () => {
				left = await look();
				return left.length === 0 ? undefined : waitingFor(left);
			},
			() => isLate,
		);
	} catch (error) {
		if (error !== isLate) throw error;
	}
	return left;
}

/** Waits until none of these is there. @returns those that are when the task's time is over */
export async function waitUntilGone(task: Task, refs: readonly ObjectRef[]): Promise<KubeObject[]> {
	let open = refs;
	return waitUntilNone(task, async () => {
		const found = await inParallel(open, (ref) => task.cluster.get(ref, task.signal));
		const left = found.filter((object) => object !== undefined);
		open = left.map(refOf);
		return left;
	});
}

/** Waits until none of these is there. @throws ClusterError that names what is left and its finalizers */
export async function waitGone(task: Task, refs: readonly ObjectRef[]): Promise<void> {
	const left = await waitUntilGone(task, refs);
	if (left.length > 0) throw stillThere(left);
}

/** An error that names what did not go away in time, and what holds it. */
export function stillThere(left: readonly KubeObject[]): ClusterError {
	return lateError(waitingFor(left), "`knistio clean` goes on where this ended");
}

function waitingFor(left: readonly KubeObject[]): string {
	return `${listed(left.map((object) => describeRef(refOf(object)) + heldBy(object)))} to be gone`;
}

function heldBy(object: KubeObject): string {
	const finalizers = (object.metadata.finalizers ?? []) as string[];
	return finalizers.length === 0 ? "" : ` (held by ${finalizers.join(", ")})`;
}
