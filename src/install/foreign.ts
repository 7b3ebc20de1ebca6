import { ClusterError } from "../errors.ts";
import { foreignIstiods } from "../istio/istiods.ts";
import { describeRef, type KubeObject, refOf } from "../kube/api/cluster.ts";
import type { Live } from "../kube/objects/live.ts";
import { isOurs, isShareable, keyOf } from "../kube/objects/ownership.ts";
import type { Task } from "../kube/wait/task.ts";
import { listed } from "../text/listed.ts";

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
