import type { Cluster, KubeObject } from "../../kube/api/cluster.ts";
import { revisionLabel } from "../../recording/of-revision.ts";
import type { Visit } from "./probe.ts";

/** All pods of a revision, those that are ending included. */
export function podsOfRevision({ session, namespace }: Visit, revision: string): Promise<KubeObject[]> {
	const labelSelector = `${revisionLabel}=${revision}`;
	return session.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, session.signal);
}

/** Ends pods that are ending at once: where no request is under way, there is none that queue-proxy has to see out. */
export function openHurry(cluster: Pick<Cluster, "remove">): (pods: readonly KubeObject[]) => Promise<void> {
	const hurried = new Set<string>();
	return async (pods) => {
		for (const { metadata } of pods) {
			const { name, namespace } = metadata;
			if (metadata.deletionTimestamp === undefined || hurried.has(name) || namespace === undefined) continue;
			hurried.add(name);
			await cluster.remove({ apiVersion: "v1", kind: "Pod", name, namespace }, { gracePeriodSeconds: 1 });
		}
	};
}
