import type { Gateway } from "../knative/gateway.ts";
import { isPodReady, type Pod, uidOf } from "../objects.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { sendText } from "./exchange.ts";
import { sendAnswer } from "./node-ports.ts";
import type { ProxyHandler } from "./server.ts";

/** What is behind the API server's proxy: the gateway, a node's kubelet, a sidecar's statistics. */
export function createProxyHandler(world: World, gateway: Gateway): ProxyHandler {
	return async (target, exchange) => {
		const [scheme, bare = scheme] = (target.name ?? "").split(/^(https?):/).filter((part) => part !== "");
		const [name = "", port = ""] = (bare ?? "").split(":");
		if (target.plural === "nodes") {
			if (world.api.get("nodes", { name }) === undefined) return false;
			exchange.response.setHeader("date", new Date(Number(world.nodeEpochNs(name) / 1_000_000n)).toUTCString());
			sendText(exchange, { status: 200, text: "ok", type: "text/plain; charset=utf-8" });
			return true;
		}
		const ref = { name, namespace: target.namespace };
		if (target.plural === "pods") return answerPod(world, gateway, { pod: world.api.get<Pod>("pods", ref), port, exchange });
		if (world.api.get("services", ref) === undefined) return false;
		if (name !== "istio-ingressgateway" || !gateway.isOpen()) {
			throw new StatusError(`no endpoints available for service "${name}"`, { code: 503, reason: "ServiceUnavailable" });
		}
		const { request, response } = exchange;
		const asked = { host: request.headers.host ?? "", path: target.rest ?? "/", headers: request.headers };
		const cancel = gateway.handle(asked, (answer) => sendAnswer(response, answer));
		response.on("close", cancel);
		return true;
	};
}

function answerPod(
	_world: World,
	gateway: Gateway,
	{ pod, port, exchange }: { pod: Pod | undefined; port: string; exchange: Parameters<ProxyHandler>[1] },
): boolean {
	if (pod === undefined) return false;
	const hasProxy = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((container) => container.name === "istio-proxy");
	if (!isPodReady(pod) || !hasProxy || !["15020", "15090"].includes(port)) {
		throw new StatusError(`error trying to reach service: dial tcp ${pod.status?.podIP}:${port}: connect: connection refused`, {
			code: 503,
			reason: "ServiceUnavailable",
		});
	}
	const workload = pod.metadata.labels?.app ?? pod.metadata.name;
	const labels = `reporter="destination",destination_workload="${workload}",response_code="200",connection_security_policy="mutual_tls"`;
	const text = `# TYPE istio_requests_total counter\nistio_requests_total{${labels}} ${gateway.served.get(uidOf(pod)) ?? 0}\n`;
	sendText(exchange, { status: 200, text, type: "text/plain; version=0.0.4" });
	return true;
}
