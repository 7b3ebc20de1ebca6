import type { KubeObject, Pod } from "../api/objects.ts";
import { noSuchPath, notFound, StatusError } from "../api/status-error.ts";
import type { Gateway } from "../knative/gateway.ts";
import type { World } from "../world/world.ts";
import type { ProxyHandler } from "./answering.ts";
import { type Exchange, sendJson, sendText } from "./exchange.ts";
import { summaryOf } from "./kubelet-statistics.ts";
import { gatewayRequest, sendAnswer } from "./node-ports.ts";
import type { ResourcePath } from "./paths.ts";
import { answerPod } from "./pod-ports.ts";

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
			if (target.rest === "/stats/summary") sendJson(exchange, 200, summaryOf(world, name));
			else sendText(exchange, { status: 200, text: "ok", type: "text/plain; charset=utf-8" });
		} else if (resource.id === "pods") {
			answerPod(world, gateway, { pod: object as Pod, port, path: target.rest ?? "/", exchange });
		} else answerService(gateway, name, { target, exchange });
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
