import { redirectionAnnotation } from "../istio/ambient.ts";
import { askInPlainText, queueProxyPort } from "../istio/plain-text.ts";
import { type KubeObject, refOf } from "../kube/api/cluster.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { Finding } from "../report/report.ts";

/** Istio's node agent marks a pod while its sandbox is made; the mark and ztunnel's configuration take a moment. */
const settleMs = 10_000;

/** What a pod lacks of the promise that ztunnel carries its traffic, and what could not be seen. */
export interface ZtunnelProof {
	difference?: string;
	finding?: Finding;
}

/**
 * Proves that ztunnel carries a pod's traffic: the node agent has marked the pod, and a request in plain text from
 * outside of the mesh, the API server's, is refused. Where the API server is a process of the pod's own node, ambient
 * mode lets it through as it does the kubelet; that is a finding, since nothing is known then.
 */
export async function proveZtunnel(
	{ cluster, clock, signal }: Session,
	{ profile }: { profile: Profile },
	pod: KubeObject,
): Promise<ZtunnelProof> {
	const deadlineAt = clock.now() + settleMs;
	for (;;) {
		const proof = await look();
		if ((proof.difference === undefined && proof.finding === undefined) || clock.now() > deadlineAt) return proof;
		await clock.sleep(250, signal);
	}

	async function look(): Promise<ZtunnelProof> {
		const current = await cluster.get(refOf(pod), signal);
		const mark = current?.metadata.annotations?.[redirectionAnnotation];
		if (mark !== "enabled") {
			return { difference: `the pod's annotation ${redirectionAnnotation}: ${mark ?? "none"}, promised: enabled` };
		}
		if (!isStrict(profile)) return {};
		const reached = await askInPlainText(cluster, pod, { port: queueProxyPort, path: "/", signal });
		if (!reached.isAnswered) return reached.isCut ? {} : { finding: unproven(`is not possible: ${reached.reason}`) };
		return { finding: unproven(`is answered with HTTP ${reached.status}`) };
	}
}

/** Whether the profile requires mutual TLS everywhere. */
function isStrict({ security }: Profile): boolean {
	return security.some(({ kind, spec }) => {
		const { mtls } = (spec ?? {}) as { mtls?: { mode?: string } };
		return kind === "PeerAuthentication" && mtls?.mode === "STRICT";
	});
}

const unproven = (how: string): Finding => ({
	code: "mtls-not-proven",
	message: `a request in plain text to the pod, by the API server's proxy, ${how}; so it is not proven that plain text is refused`,
	hint: "where the API server runs on the pod's own node, ambient mode lets it through as it does the kubelet",
});
