import { measuredLabel } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ToDeploy } from "./probe.ts";
import { stayingUpService } from "./staying-up.ts";

/** A pod with these labels gets no sidecar, and ztunnel leaves it alone; callers in the mesh speak plain text to it. */
export const withoutMesh = { "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" };

/** The profile with pods that have no proxy and that no policy of it selects, whatever else is in the mesh. */
export function outsideMesh(profile: Profile): Profile {
	return { ...profile, podLabels: { ...profile.podLabels, ...withoutMesh, [measuredLabel]: "false" } };
}

/** The service under test beside itself, as minimal would have it: the same image, and no proxy in its pod, which stays up. */
export function serviceOutsideMesh({ profile, namespace, image, target, serviceName }: ToDeploy): KubeObject {
	const name = nameOutsideMesh(serviceName);
	return stayingUpService(outsideMesh(profile), { namespace, name, image, target });
}

/** Its name. */
export const nameOutsideMesh = (serviceName: string) => `${serviceName}-outside-mesh`;
