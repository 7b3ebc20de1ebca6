import type { KubeObject } from "../../kube/api/cluster.ts";
import { revisionLabel } from "../../recording/of-revision.ts";
import type { Visit } from "./probe.ts";

/** All pods of a revision, those that are ending included. */
export function podsOfRevision({ session, namespace }: Visit, revision: string): Promise<KubeObject[]> {
	const labelSelector = `${revisionLabel}=${revision}`;
	return session.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, session.signal);
}
