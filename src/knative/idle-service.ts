import type { KubeObject } from "../kube/api/cluster.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import type { Profile } from "../profile/profile.ts";
import { type ServiceOrder, serviceManifest } from "./service.ts";

/** Knative's setting without which its webhook refuses services that begin without a pod. */
export const idleKey = "allow-zero-initial-scale";

/**
 * A service of ours that begins without a pod. It needs Knative's `allow-zero-initial-scale`. Its first start takes up to
 * 2 s longer than any later one: until the autoscaler has looked at it once, it does not decide at a request's coming.
 */
export function idleService(profile: Profile, order: ServiceOrder): KubeObject {
	const service = serviceManifest(profile, order);
	const { template } = service.spec as { template: { metadata: { annotations: Record<string, string> } } };
	template.metadata.annotations["autoscaling.knative.dev/initial-scale"] = "0";
	return markOurs(service, { part: "workload", profile: profile.name });
}
