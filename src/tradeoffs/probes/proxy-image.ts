import { ClusterError } from "../../errors.ts";
import { objectOf, objectsOf, textOf } from "../../kube/untrusted.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { Visit } from "./probe.ts";

/**
 * The image of the gateway's proxy, with Envoy and pilot-agent in it: whatever Istio is there, a node has it already.
 * @throws ClusterError where no pod of the gateway tells
 */
export async function proxyImage(visit: Visit): Promise<string> {
	const containers = (await gatewayPods(visit)).flatMap(({ spec }) => objectsOf(objectOf(spec).containers));
	const image = textOf(containers.find(({ name }) => name === "istio-proxy")?.image);
	if (image !== undefined) return image;
	throw new ClusterError("no pod of the ingress gateway tells which image Istio's proxy has");
}
