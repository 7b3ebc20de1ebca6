import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { textMapOf } from "../kube/untrusted.ts";
import type { Profile } from "../profile/profile.ts";
import { configMapRef } from "./finding.ts";
import { type ServiceOrder, serviceManifest } from "./service.ts";

/** Knative's setting without which its webhook refuses services that begin without a pod. */
export const idleKey = "allow-zero-initial-scale";

/** Whether Knative takes services that begin without a pod. */
export async function mayBeIdle(cluster: Pick<Cluster, "get">, signal: AbortSignal): Promise<boolean> {
	const config = await cluster.get(configMapRef("config-autoscaler"), signal);
	return textMapOf(config?.data)[idleKey] === "true";
}

/** A service of ours that begins without a pod. It needs Knative's `allow-zero-initial-scale`. */
export function idleService(profile: Profile, order: ServiceOrder): KubeObject {
	const service = serviceManifest(profile, order);
	const { template } = service.spec as { template: { metadata: { annotations: Record<string, string> } } };
	template.metadata.annotations["autoscaling.knative.dev/initial-scale"] = "0";
	return markOurs(service, { part: "workload", profile: profile.name });
}
