import { type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { foresee } from "../kube/objects/apply.ts";
import type { Live } from "../kube/objects/live.ts";
import { isOurs } from "../kube/objects/ownership.ts";
import type { Task } from "../kube/wait/task.ts";

/** The Deployments of istiod, in whichever namespace. */
export async function findIstiods(task: Task): Promise<KubeObject[]> {
	return task.cluster.list({ apiVersion: "apps/v1", kind: "Deployment", labelSelector: "app=istiod" }, task.signal);
}

/** Those that knistio did not install. */
export async function foreignIstiods(task: Task): Promise<KubeObject[]> {
	return (await findIstiods(task)).filter((object) => !isOurs(object));
}

/** Whether an object is istiod's Deployment, or one of its revisions'. */
export function isIstiod(ref: { kind: string; name: string }): boolean {
	return ref.kind === "Deployment" && (ref.name === "istiod" || ref.name.startsWith("istiod-"));
}

/** Istiods that run and whose own manifest stays: a changed one is replaced anyway. */
export function istiodsToRestart(istioObjects: readonly KubeObject[], live: Live): ObjectRef[] {
	const istiods = istioObjects.filter((object) => isIstiod(refOf(object)));
	return istiods.filter((object) => foresee(object, live) === "unchanged").map(refOf);
}
