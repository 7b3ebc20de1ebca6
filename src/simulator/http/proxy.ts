import { isPodReady, type KubeObject, type Pod, uidOf } from "../api/objects.ts";
import { noSuchPath, notFound, StatusError } from "../api/status-error.ts";
import type { Gateway } from "../knative/gateway.ts";
import { containersOf } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { ProxyHandler } from "./answering.ts";
import { type Exchange, sendText } from "./exchange.ts";
import { gatewayRequest, sendAnswer } from "./node-ports.ts";
import type { ResourcePath } from "./paths.ts";

/** What is behind the API server's proxy: the gateway, a node's kubelet, a sidecar's statistics. */
export function createProxyHandler(world: World, gateway: Gateway): ProxyHandler {
	return (target, exchange) => {
		const { name, port } = splitName(target.name ?? "");
		const resource = world.api.resources.byId(target.plural ?? "");
		if (resource === undefined) throw noSuchPath();
		const object = world.api.get<KubeObject>(resource.id, { name, namespace: target.namespace });
		if (object === undefined) throw notFound({ resource, name });
		if (resource.id === "nodes") {
			exchange.response.setHeader("date", new Date(Number(world.nodeEpochNs(name) / 1_000_000n)).toUTCString());
			sendText(exchange, { status: 200, text: "ok", type: "text/plain; charset=utf-8" });
		} else if (resource.id === "pods") answerPod(gateway, object as Pod, { port, exchange });
		else answerService(gateway, name, { target, exchange });
	};
}

/** Splits `http:name:80`; scheme and port may be missing. */
function splitName(text: string): { name: string; port: string } {
	const [name = "", port = ""] = text.replace(/^https?:/, "").split(":");
	return { name, port };
}

function answerService(
	gateway: Gateway,
	name: string,
	{ target, exchange }: { target: ResourcePath; exchange: Exchange },
): void {
	if (name !== "istio-ingressgateway" || !gateway.isOpen()) {
		throw new StatusError(`no endpoints available for service "${name}"`, { code: 503, reason: "ServiceUnavailable" });
	}
	const { request, response } = exchange;
	const query = request.url?.replace(/^[^?]*/, "") ?? "";
	const asked = gatewayRequest(request, (target.rest ?? "/") + query);
	const cancel = gateway.handle(asked, (answer) => sendAnswer(response, answer));
	response.on("close", cancel);
}

/** The statistics of a sidecar or gateway, as far as they say how many requests it served. */
function answerPod(gateway: Gateway, pod: Pod, { port, exchange }: { port: string; exchange: Exchange }): void {
	const hasProxy = containersOf(pod).some((container) => container.name === "istio-proxy");
	if (!isPodReady(pod) || !hasProxy || !["15020", "15090"].includes(port)) {
		const message = `error trying to reach service: dial tcp ${pod.status?.podIP}:${port}: connect: connection refused`;
		throw new StatusError(message, { code: 503, reason: "ServiceUnavailable" });
	}
	const workload = pod.metadata.labels?.app ?? pod.metadata.name;
	const labels = `reporter="destination",destination_workload="${workload}",response_code="200",connection_security_policy="mutual_tls"`;
	const text = `# TYPE istio_requests_total counter\nistio_requests_total{${labels}} ${gateway.served.get(uidOf(pod)) ?? 0}\n`;
	sendText(exchange, { status: 200, text, type: "text/plain; version=0.0.4" });
}
