import { describeRef, type KubeObject, refOf } from "../api/cluster.ts";
import { inParallel, lateError, type Task, waitUntil } from "../wait/task.ts";
import { keyOf } from "./ownership.ts";

/** Objects as the cluster has them, by {@link keyOf}. */
export type Live = ReadonlyMap<string, KubeObject>;

/** What the cluster has of these objects. */
export async function lookUp(task: Task, objects: readonly KubeObject[]): Promise<Live> {
	const found = await inParallel(objects, (object) => task.cluster.get(refOf(object), task.signal));
	return new Map(found.filter((object) => object !== undefined).map((object) => [keyOf(refOf(object)), object]));
}

/** As {@link lookUp}, after waiting for what is being deleted to be gone: an apply to such an object would be lost. */
export async function lookUpSettled(task: Task, objects: readonly KubeObject[]): Promise<Live> {
	let live: Live = new Map();
	await waitUntil(
		task,
		async () => {
			live = await lookUp(task, objects);
			const leaving = [...live.values()].find((object) => object.metadata.deletionTimestamp !== undefined);
			return leaving && `${describeRef(refOf(leaving))}: being deleted`;
		},
		(waitingFor) => lateError(`an earlier deletion to end: ${waitingFor}`),
	);
	return live;
}
