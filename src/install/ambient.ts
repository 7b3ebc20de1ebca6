import { ClusterError, UsageError } from "../errors.ts";
import { ambientNeeds, imagesMissingForAmbient, missingForAmbient } from "../istio/ambient.ts";
import type { Task } from "../kube/wait/task.ts";
import type { Installation } from "./wanted.ts";

/**
 * Refuses a profile of ambient mode where what it needs on every node is missing, before anything is changed.
 * @throws UsageError where the rendered Istio lacks it, ClusterError where the installed one or a node does
 */
export async function requireAmbient(
	task: Task,
	{ profile, istioObjects, useInstalled }: Pick<Installation, "profile" | "istioObjects" | "useInstalled">,
): Promise<void> {
	if (!profile.istio.components.ztunnel) return;
	const query = { apiVersion: "apps/v1", kind: "DaemonSet" };
	const objects = useInstalled ? await task.cluster.list(query, task.signal) : istioObjects;
	const missing = missingForAmbient(objects).map((name) => `DaemonSet ${name}, which ${ambientNeeds[name]}`);
	if (missing.length > 0) {
		const what = `profile ${profile.name} needs on every node ${missing.join(", and ")}`;
		if (useInstalled) {
			throw new ClusterError(`${what}; the installed Istio has none`, {
				hint: "install Istio's ambient profile, or measure a profile with sidecars",
			});
		}
		throw new UsageError(`${what}; the rendered Istio has none`, {
			hint: "an overlay or the given manifests may leave it out: components.ztunnel and components.cni must be enabled",
		});
	}
	if (useInstalled) return;
	const nodes = await task.cluster.list({ apiVersion: "v1", kind: "Node" }, task.signal);
	const [image] = imagesMissingForAmbient(objects, nodes);
	if (image === undefined) return;
	throw new ClusterError(
		`profile ${profile.name} needs the image ${image.image}, which node ${image.node} does not have and no registry serves`,
		{ hint: "put the image onto the nodes, or name a hub that has it: --istio-set hub=…" },
	);
}
