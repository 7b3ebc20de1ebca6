import { isPodReady, type KubeObject, type Pod, uidOf } from "../api/objects.ts";
import { StatusError } from "../api/status-error.ts";
import { hasSidecar } from "../istio/injection.ts";
import { answerOf } from "../knative/application.ts";
import type { Gateway } from "../knative/gateway.ts";
import { refusesPlainText } from "../knative/mesh-mode.ts";
import { judgeRequest } from "../knative/policies.ts";
import { containersOf } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import { type Exchange, sendText } from "./exchange.ts";

/** A request of the API server's proxy to a port of a pod. */
interface Asked {
	pod: Pod;
	port: string;
	path: string;
	exchange: Exchange;
}

const plainText = "text/plain; charset=utf-8";

/** What listens in a pod: queue-proxy for requests in plain text, the proxy's health and its statistics. */
export function answerPod(world: World, gateway: Gateway, asked: Asked): void {
	const { pod, port, path, exchange } = asked;
	const names = containersOf(pod).map(({ name }) => name);
	if (!isPodReady(pod)) throw unreachable(pod, port, "connect: connection refused");
	if (port === "8012" && names.includes("queue-proxy")) answerPlain(world, asked);
	else if (!names.includes("istio-proxy")) throw unreachable(pod, port, "connect: connection refused");
	else if (port === "15021")
		sendText(exchange, { status: path === "/healthz/ready" ? 200 : 404, text: "", type: plainText });
	else if (port === "15020" || port === "15090") {
		const text = statisticsOf(world, gateway, pod).join("\n");
		sendText(exchange, { status: 200, text: `${text}\n`, type: "text/plain; version=0.0.4" });
	} else throw unreachable(pod, port, "connect: connection refused");
}

function unreachable(pod: Pod, port: string, why: string): StatusError {
	const message = `error trying to reach service: dial tcp ${pod.status?.podIP}:${port}: ${why}`;
	return new StatusError(message, { code: 503, reason: "ServiceUnavailable" });
}

/** The API server speaks no mutual TLS, as a client without a proxy does not. */
function answerPlain(world: World, { pod, port, path, exchange }: Asked): void {
	if (refusesPlainText(world, pod)) throw unreachable(pod, port, "read: connection reset by peer");
	const { refusal } = hasSidecar(pod) ? judgeRequest(world, pod, exchange.request.headers) : { refusal: undefined };
	const { status, body } = refusal ?? answerOf(pod, { path });
	sendText(exchange, { status, text: body, type: plainText });
}

interface Telemetry extends KubeObject {
	spec?: { metrics?: { overrides?: { disabled?: boolean }[] }[] };
}

/** Whether a Telemetry of the mesh turns Istio's own metrics off. */
function isTelemetryOff({ api }: World): boolean {
	return api
		.list<Telemetry>("telemetries.telemetry.istio.io", "istio-system")
		.some(({ spec }) => spec?.metrics?.some(({ overrides }) => overrides?.some(({ disabled }) => disabled === true)));
}

/** The counters of a sidecar or gateway, in Prometheus' format: Istio's, and those of Envoy's that the pod asks for. */
function statisticsOf(world: World, { counts }: Gateway, pod: Pod): string[] {
	const isOff = isTelemetryOff(world);
	const lines = ["# TYPE istio_agent_pilot_xds counter", "istio_agent_pilot_xds 1"];
	if (!hasSidecar(pod)) {
		if (isOff) return lines;
		lines.push("# TYPE istio_requests_total counter");
		for (const [key, count] of counts.routed) {
			const [, namespace, revision, status] = /^(.*)\/(.*) (\d+)$/.exec(key) ?? [];
			const service = `destination_service="${revision}.${namespace}.svc.cluster.local"`;
			lines.push(`istio_requests_total{reporter="source",${service},response_code="${status}"} ${count}`);
		}
		return lines;
	}
	const uid = uidOf(pod);
	const served = counts.served.get(uid) ?? 0;
	if (!isOff) {
		const workload = pod.metadata.labels?.app ?? pod.metadata.name;
		const labels = `reporter="destination",destination_workload="${workload}",response_code="200",connection_security_policy="mutual_tls"`;
		lines.push("# TYPE istio_requests_total counter", `istio_requests_total{${labels}} ${served}`);
	}
	if (/cluster\.inbound/.test(pod.metadata.annotations?.["proxy.istio.io/config"] ?? "")) {
		const inbound = 'cluster_name="inbound|8012||"';
		lines.push(
			"# TYPE envoy_cluster_upstream_rq_total counter",
			`envoy_cluster_upstream_rq_total{${inbound}} ${served}`,
		);
		const checked = counts.checked.get(uid) ?? 0;
		lines.push("# TYPE envoy_cluster_ext_authz_ok counter", `envoy_cluster_ext_authz_ok{${inbound}} ${checked}`);
	}
	return lines;
}
