import type { KubeObject } from "../../kube/api/cluster.ts";
import type { RawAnswer } from "../../kube/http/connection.ts";
import { objectOf, textOf } from "../../kube/untrusted.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import { oneLine } from "../../text/one-line.ts";
import { notTested, seen } from "../cells.ts";
import type { Probe, Visit } from "./probe.ts";

/** Where queue-proxy takes the requests of Knative's revisions. */
const queueProxyPort = 8012;
/** The sidecar's own health, which it answers in plain text whatever the mesh demands. */
const healthPort = 15021;

/**
 * A request in plain text, without a proxy before it: the API server's proxy to pods sends one. It is no pod, so what
 * ambient mode lets through for the nodes' own processes would look like an answer in plain text.
 */
export const mutualTlsProbe: Probe = {
	title: "mutual TLS",
	columns: ["mtls"],
	lane: "service",
	async run(visit) {
		const { profile, pod } = visit;
		if (profile.istio.components.ztunnel) {
			const why = "knistio asks by the API server's proxy to pods, whose traffic ambient mode may let through";
			return { cells: [notTested("mtls", why)], changed: [] };
		}
		const plain = await ask(visit, queueProxyPort, "/");
		const where = `a request in plain text to port ${queueProxyPort} of the pod, by the API server's proxy,`;
		if (plain.isAnswered) {
			const evidence = `${where} is answered with HTTP ${plain.status}`;
			return { cells: [seen("mtls", false, { evidence })], changed: [] };
		}
		// Whoever cannot reach the pod at all has not been refused by it.
		const health = shapeOf(pod).sidecar === "none" ? undefined : await ask(visit, healthPort, "/healthz/ready");
		if (health?.isAnswered !== true) {
			const why = `the API server does not reach the pod: ${plain.reason}`;
			return { cells: [notTested("mtls", why)], changed: [] };
		}
		const evidence = `${where} is refused (${plain.reason}), while the proxy's own port ${healthPort} answers`;
		return { cells: [seen("mtls", true, { evidence })], changed: [] };
	},
};

type Reached = { isAnswered: true; status: number } | { isAnswered: false; reason: string };

async function ask({ session, pod }: Visit, port: number, path: string): Promise<Reached> {
	const { cluster, signal } = session;
	const { namespace, name } = pod.metadata;
	const proxied = `/api/v1/namespaces/${namespace}/pods/http:${name}:${port}/proxy${path}`;
	const answer = await cluster.raw("GET", proxied, {
		signal,
		timeoutMs: 10_000,
	});
	const refusal = refusalOf(answer);
	return refusal === undefined ? { isAnswered: true, status: answer.status } : { isAnswered: false, reason: refusal };
}

/** The API server's own word that it got no answer, as a Status; undefined for an answer of the pod. */
function refusalOf({ status, body }: RawAnswer): string | undefined {
	if (status < 400) return undefined;
	const text = body.toString("utf8");
	const said = textOf(statusOf(text)?.message);
	if (said !== undefined) return oneLine(said).replace(/^error trying to reach service: /i, "");
	// Older API servers say so in plain words.
	return /^error trying to reach service/i.test(text) ? oneLine(text) : undefined;
}

function statusOf(text: string): Record<string, unknown> | undefined {
	try {
		const value = objectOf(JSON.parse(text)) as Partial<KubeObject>;
		return value.kind === "Status" && value.apiVersion === "v1" ? value : undefined;
	} catch {
		return undefined;
	}
}
