import type { Cluster } from "../../src/kube/api/cluster.ts";

/** Whether every Deployment of a cluster has a pod that is available. */
export async function allReady(cluster: Cluster): Promise<boolean> {
	const deployments = await cluster.list({ apiVersion: "apps/v1", kind: "Deployment" });
	return deployments.every(({ status }) => (status as { availableReplicas?: number } | undefined)?.availableReplicas);
}
