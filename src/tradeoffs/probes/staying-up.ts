import { type ServiceOrder, serviceManifest } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Profile } from "../../profile/profile.ts";

const proxyConfig = "proxy.istio.io/config";

/**
 * No request to such a service has to start a pod. Its pods take so long to end, for they are given as long as a request may
 * take.
 */
const timeoutSeconds = 5;

/** What Envoy is to count beside Istio's own metrics, which not every Envoy has: requests, handshakes, policy checks. */
const statistics = JSON.stringify({
	proxyStatsMatcher: {
		inclusionPrefixes: ["cluster.inbound", "http.inbound"],
		inclusionSuffixes: ["ext_authz.ok", "ext_authz.denied", "ssl.handshake"],
	},
});

/** A service of the profile whose pods stay up: see {@link stayingUp}. */
export const stayingUpService = (profile: Profile, order: Omit<ServiceOrder, "timeoutSeconds">): KubeObject =>
	serviceManifest(stayingUp(profile), { ...order, timeoutSeconds });

/**
 * The profile with pods that do not go to zero, without Knative's activator on the way to them, and with counters in
 * their proxies; nothing of its installation is different.
 */
function stayingUp(profile: Profile): Profile {
	const hasProxy = profile.promises.sidecar !== "none";
	return {
		...profile,
		podAnnotations: {
			...(hasProxy ? { [proxyConfig]: statistics } : {}),
			...profile.podAnnotations,
			"autoscaling.knative.dev/min-scale": "1",
			"autoscaling.knative.dev/target-burst-capacity": "0",
		},
	};
}
