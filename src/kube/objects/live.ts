import { ClusterError } from "../../errors.ts";
import { foreignIstiods } from "../../istio/istiods.ts";
import { listed } from "../../text/listed.ts";
import { describeRef, type KubeObject, refOf } from "../api/cluster.ts";
import { inParallel, lateError, type Task, waitUntil } from "../wait/task.ts";
import { isOurs, isShareable, keyOf } from "./ownership.ts";

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

/**
 * Refuses to go on where another's object or another's Istio is in the way. Namespaces and definitions may be there:
 * they are used as they are and never deleted.
 * @throws ClusterError
 */
export async function refuseForeign(
	task: Task,
	request: { objects: readonly KubeObject[]; live: Live; installsIstio: boolean },
): Promise<void> {
	const foreign = request.objects
		.map((object) => request.live.get(keyOf(refOf(object))))
		.filter((object) => object !== undefined)
		.filter((object) => !isShareable(object) && !isOurs(object));
	const istiods = request.installsIstio ? await foreignIstiods(task) : [];
	if (istiods.length > 0) {
		throw new ClusterError(`somebody else installed an Istio here: ${named(istiods)}; knistio never overwrites it`, {
			hint: "measure it as it is with --use-installed, or use a cluster without Istio",
		});
	}
	if (foreign.length > 0) {
		throw new ClusterError(`somebody else made what knistio would install: ${named(foreign)}`, {
			hint: "remove it, measure what is installed with --use-installed, or use another cluster",
		});
	}
}

function named(objects: readonly KubeObject[]): string {
	return listed(objects.map((object) => describeRef(refOf(object))));
}
