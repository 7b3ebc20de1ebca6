import { askInPlainText, queueProxyPort } from "../../istio/plain-text.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import { oneLine } from "../../text/one-line.ts";
import { notTested, seen } from "../cells.ts";
import type { Probe, Visit } from "./probe.ts";

/** The sidecar's own health, which it answers in plain text whatever the mesh demands. */
const healthPort = 15021;

/**
 * A request in plain text, without a proxy before it: the API server's proxy to pods sends one. It is no pod, and what
 * ambient mode lets through for the nodes' own processes looks like an answer in plain text: there, only a refusal tells.
 */
export const mutualTlsProbe: Probe = {
	title: "mutual TLS",
	columns: ["mtls"],
	shares: ["service"],
	async run(visit) {
		const { profile, pod } = visit;
		const plain = await ask(visit, queueProxyPort, "/");
		const where = `a request in plain text to port ${queueProxyPort} of the pod, by the API server's proxy,`;
		const untested = (why: string) => ({ cells: [notTested("mtls", why)], changed: [] });
		const isAmbient = profile.istio.components.ztunnel;
		if (plain.isAnswered && isAmbient) {
			return untested("the API server's proxy to pods is answered in plain text, which ambient mode may let through");
		}
		if (plain.isAnswered) {
			const evidence = `${where} is answered with HTTP ${plain.status}`;
			return { cells: [seen("mtls", false, { evidence })], changed: [] };
		}
		const reason = oneLine(plain.reason);
		if (isAmbient && plain.isCut) {
			const evidence = `${where} is refused by ztunnel (${reason})`;
			return { cells: [seen("mtls", true, { evidence })], changed: [] };
		}
		// Whoever cannot reach the pod at all has not been refused by it.
		const health = shapeOf(pod).sidecar === "none" ? undefined : await ask(visit, healthPort, "/healthz/ready");
		if (health?.isAnswered !== true) return untested(`the API server does not reach the pod: ${reason}`);
		const evidence = `${where} is refused (${reason}), while the proxy's own port ${healthPort} answers`;
		return { cells: [seen("mtls", true, { evidence })], changed: [] };
	},
};

const ask = ({ session, pod }: Visit, port: number, path: string) =>
	askInPlainText(session.cluster, pod, { port, path, signal: session.signal });
