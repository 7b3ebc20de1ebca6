import { isPodReady, type KubeObject, type Pod } from "../api/objects.ts";
import { type ProxyLine, writeAccessLog } from "../istio/access-logs.ts";
import { hasSidecar } from "../istio/injection.ts";
import type { World } from "../world/world.ts";
import { readyActivators } from "./mesh-mode.ts";

/** An answered request, as those on its way saw it; ms. */
export interface PassedRequest {
	headers: Record<string, string | string[] | undefined>;
	/** `namespace/name`. */
	revision: string;
	/** Whether it had to wait for a pod. */
	isCold: boolean;
	/** From the gateway's first byte to its last. */
	totalMs: number;
	/** From the gateway to the activator. */
	toActivatorMs: number;
	/** From when there was a pod to the answer. */
	fromPodMs: number;
	pod: Pod;
	/** In the pod's sidecar itself, and below it; below is undefined where the sidecar refused. */
	sidecarMs: number;
	belowMs: number | undefined;
}

const identity = (namespace: string, account: string) => `spiffe://cluster.local/ns/${namespace}/sa/${account}`;

/** Whether no proxy speaks mutual TLS, whoever could: a PeerAuthentication of the namespace, or else of the mesh. */
function isMutualTlsOff({ api }: World, pod: Pod): boolean {
	for (const namespace of [pod.metadata.namespace ?? "", "istio-system"]) {
		for (const policy of api.list<KubeObject>("peerauthentications.security.istio.io", namespace)) {
			const spec = policy.spec as { mtls?: { mode?: string } } | undefined;
			if (spec?.mtls?.mode !== undefined) return spec.mtls.mode === "DISABLE";
		}
	}
	return false;
}

/** Has the gateway's proxy write its line; of a request that no rule knows it is the only one. */
export function logAtGateway(world: World, line: ProxyLine): void {
	const gateways = world.api.labelled<Pod>("pods", "istio-system", { istio: "ingressgateway" }).filter(isPodReady);
	const [gateway] = gateways;
	if (gateway !== undefined) writeAccessLog(world, gateway, line);
}

/** Has each proxy on the way write its line: the gateway's, those of the activator where a pod was waited for, the pod's. */
export function logPassed(world: World, passed: PassedRequest): void {
	const { headers, revision, isCold, totalMs, toActivatorMs, pod } = passed;
	const upstreamMs = totalMs - toActivatorMs;
	const [namespace, name] = revision.split("/");
	const outbound = `outbound|80||${name}.${namespace}.svc.cluster.local`;
	logAtGateway(world, { headers, cluster: outbound, totalMs, upstreamMs });
	const activator = isCold ? readyActivators(world).find(hasSidecar) : undefined;
	if (activator !== undefined) {
		const inbound = { headers, cluster: "inbound|8012||", totalMs: upstreamMs, upstreamMs };
		writeAccessLog(world, activator, inbound);
		const { fromPodMs } = passed;
		writeAccessLog(world, activator, { headers, cluster: outbound, totalMs: fromPodMs, upstreamMs: fromPodMs });
	}
	if (!hasSidecar(pod)) return;
	const caller =
		activator === undefined
			? identity("istio-system", "istio-ingressgateway-service-account")
			: identity("knative-serving", "activator");
	const { sidecarMs, belowMs } = passed;
	writeAccessLog(world, pod, {
		headers,
		cluster: "inbound|8012||",
		totalMs: sidecarMs + (belowMs ?? 0),
		upstreamMs: belowMs,
		peer: isMutualTlsOff(world, pod) ? undefined : caller,
	});
}
