import type { Outcome } from "../report/report.ts";
import type { Receipt } from "./facts/fact.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type { SampleRecord } from "./facts/sample.ts";

/** A cold start counts only with proof; whatever is not proven is said. */
export function prove(
	{ sample, request, asked }: SampleRecord,
	seen: { sentAt: bigint; scaled: Receipt | undefined; pods: PodFacts[] },
): { outcome: Outcome; reason?: string } {
	const because = (outcome: Outcome, reason: string) => ({ outcome, reason });
	if (sample.podsBefore.length > 0) {
		return because("warm", `${sample.podsBefore.length} pod(s) of the revision were there before the request`);
	}
	if (sample.replicasBefore !== undefined && sample.replicasBefore > 0) {
		return because("warm", `the Deployment asked for ${sample.replicasBefore} pod(s) before the request`);
	}
	if (request === undefined) return because("unresolved", "the run ended before the request was answered");
	if (request.error !== undefined) return because("failed", withTrouble(request.error, seen.pods));
	if (request.status !== (asked?.expectStatus ?? 200)) {
		const to = asked === undefined ? "" : ` to ${asked.method} ${asked.path}`;
		return because("failed", withTrouble(`the answer${to} was HTTP ${request.status}`, seen.pods));
	}
	if (request.bodyMatches !== true) return because("failed", `the answer is not the service's: ${request.body ?? ""}`);
	if (seen.scaled !== undefined && seen.scaled.at < seen.sentAt) {
		return because("warm", "the Deployment was scaled up before the request was sent");
	}
	if (sample.replicasBefore === undefined) return because("unresolved", "the Deployment was not seen at zero");
	if (seen.scaled === undefined) return because("unresolved", "the Deployment was not seen to scale up");
	if (seen.scaled.isListed) return because("unresolved", "the Deployment scaled up while its watch had a gap");
	if (seen.pods.length === 0) return because("unresolved", "no new pod was seen");
	return { outcome: "cold" };
}

const withTrouble = (what: string, pods: PodFacts[]) => {
	const trouble = pods.map((pod) => pod.trouble).find((text) => text !== undefined);
	return trouble === undefined ? what : `${what} (${trouble})`;
};
