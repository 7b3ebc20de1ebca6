import { seen } from "../cells.ts";
import { hasProxy, requestHeader, waitUntilWritten, writtenOf } from "./access-log.ts";
import type { Findings, Probe, Visit } from "./probe.ts";

const column = "identity";
const requests = 5;

/**
 * Who asks, as the pod's proxy knows it from the certificate of mutual TLS, and as it tells the application by the header
 * X-Forwarded-Client-Cert.
 */
export const identityProbe: Probe = {
	title: "identity of the caller",
	columns: [column],
	readsLogs: true,
	shares: ["service"],
	async run(visit) {
		if (hasProxy(visit.pod)) return observe(visit);
		const evidence = "the pod has no proxy that could know who asks, or tell its application";
		return { cells: [seen(column, false, { evidence })], changed: [] };
	},
};

async function observe(visit: Visit): Promise<Findings> {
	const log = await visit.accessLog();
	await waitUntilWritten(visit, log, { pods: [visit.pod] });
	const ids = new Set(Array.from({ length: requests }, (_, index) => `${visit.target}-identity-${index}`));
	for (const id of ids) await visit.send({ headers: { [requestHeader]: id } });
	const lines = (await writtenOf(visit, log, { pods: [visit.pod], ids })).flat();
	const peers = lines.map(({ peer }) => peer);
	const isKnown = lines.length > 0 && peers.every((peer) => peer?.startsWith("spiffe://") === true);
	const names = [...new Set(peers.map((peer) => peer ?? "nobody"))].join(", ");
	const told = lines.filter(({ peer, forwarded }) => peer !== undefined && forwarded?.includes(`URI=${peer}`)).length;
	const evidence = [
		`of ${requests} requests the pod's proxy has written ${lines.length} down, as those of ${names === "" ? "nobody" : names}`,
		`${told === 0 ? "no" : told} header X-Forwarded-Client-Cert tells the application so`,
	].join("; ");
	return { cells: [seen(column, isKnown && told === lines.length, { evidence })], changed: [log.changed] };
}
