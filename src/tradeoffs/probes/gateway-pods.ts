import { gatewayName, istioNamespace } from "../../istio/names.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Visit } from "./probe.ts";

/** The pods of the ingress gateway that are to stay. */
export async function gatewayPods({ session }: Visit): Promise<KubeObject[]> {
	const labelSelector = `istio=${gatewayName.replace(/^istio-/, "")}`;
	const query = { apiVersion: "v1", kind: "Pod", namespace: istioNamespace, labelSelector };
	const pods = await session.cluster.list(query, session.signal);
	return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}
