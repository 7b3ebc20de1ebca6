import { randomBytes } from "node:crypto";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Hop, RequestTrace } from "../../report/tradeoffs.ts";
import type { TracedRequests } from "../request-trace.ts";
import { hasProxy, requestHeader, writtenOf } from "./access-log.ts";
import { hopsOf } from "./hops.ts";
import type { AccessLog, LoggedRequest } from "./logged-request.ts";
import type { Answered, Visit } from "./probe.ts";
import { hopsOfSpans, spansOf } from "./spans.ts";

/** What nobody says: Knative's own proxy writes no line of a request unless all of a cluster's revisions are changed. */
const noteOfQueueProxy =
	"queue-proxy and the application are not separated: queue-proxy sends no Server-Timing, and its request log is a setting of all of the cluster's revisions";

/** A request of ours with all that is known of it. */
export interface Sent {
	id: string;
	traceId: string;
	answer: Answered;
}

/** Sends one request that every proxy on its way can be asked about; to the service's own host unless another is given. */
export async function send(visit: Visit, host?: string): Promise<Sent> {
	const traceId = randomBytes(16).toString("hex");
	const id = `${visit.target}-${traceId.slice(0, 8)}`;
	// Sampled, as far as the gateway leaves it to the client.
	const traceparent = `00-${traceId}-${traceId.slice(0, 16)}-01`;
	const headers = { [requestHeader]: id, ...(visit.traces === undefined ? {} : { traceparent }) };
	const answer = await visit.send({ headers, ...(host === undefined ? {} : { host }) });
	return { id, traceId, answer };
}

/** From handing the request to the socket to the last byte; undefined for one that was not answered. */
function clientMsOf({ answer: { status, sentAt, lastByteAt } }: Sent): number | undefined {
	if (status !== 200 || sentAt === undefined || lastByteAt === undefined) return undefined;
	return Number(BigInt(lastByteAt) - BigInt(sentAt)) / 1e6;
}

/** What the proxies of these pods have written; those without a proxy write nothing. */
export async function linesOf(
	visit: Visit,
	log: AccessLog,
	{ pods, ids }: { pods: readonly KubeObject[]; ids: ReadonlySet<string> },
): Promise<LoggedRequest[]> {
	return (await writtenOf(visit, log, { pods: pods.filter(hasProxy), ids })).flat();
}

/** Requests of one kind, and who has written of them. */
export interface Sending {
	kind: RequestTrace["kind"];
	sent: readonly Sent[];
	gateways: readonly KubeObject[];
	/** What the workload's proxies have written, and the activator's. */
	ofPods: readonly LoggedRequest[];
	ofActivators: readonly LoggedRequest[];
}

/** Copies of the service that are started cold have its name with this and a number. */
export const coldSuffix = "-cold-";

/** The hops of what was sent: by spans if the backend knows any of it, else by what the proxies have written. */
export async function traced(visit: Visit, log: AccessLog, sending: Sending): Promise<TracedRequests> {
	const { kind, sent } = sending;
	const { traces } = visit;
	const [first] = sent;
	if (traces !== undefined && first !== undefined) {
		const requests = await bySpans(visit, traces, sent);
		if (requests.length > 0) return { kind, source: "spans", sent: sent.length, requests, notes: [] };
	}
	const requests = await byLogs(visit, log, sending);
	const notes = [
		...(traces === undefined ? [] : [`${new URL(traces).origin} knows no span of these requests`]),
		...(hasProxy(visit.pod) ? [noteOfQueueProxy] : []),
	];
	return { kind, source: "access log", sent: sent.length, requests, notes };
}

async function bySpans({ session, service }: Visit, backend: string, sent: readonly Sent[]): Promise<Hop[][]> {
	const name = service.ref.name;
	// Revisions of the copies have names of their own.
	const revision = new RegExp(`\\b${name}(${coldSuffix}\\d+)?-\\d{5}\\b`, "g");
	const renamed = (text: string) =>
		text.replace(revision, name).replace(new RegExp(`\\b${name}${coldSuffix}\\d+\\b`, "g"), name);
	const found = await Promise.all(
		sent.map(async (each) => {
			const clientMs = clientMsOf(each);
			if (clientMs === undefined) return undefined;
			return hopsOfSpans(await spansOf(session, backend, each.traceId), { clientMs, renamed });
		}),
	);
	return found.filter((hops) => hops !== undefined);
}

async function byLogs(visit: Visit, log: AccessLog, sending: Sending): Promise<Hop[][]> {
	const { kind, sent, gateways, ofPods, ofActivators } = sending;
	const ids = new Set(sent.map(({ id }) => id));
	const ofGateway = await linesOf(visit, log, { pods: gateways, ids });
	return sent.flatMap((each) => {
		const clientMs = clientMsOf(each);
		if (clientMs === undefined) return [];
		const own = (lines: readonly LoggedRequest[]) => lines.filter(({ id }) => id === each.id);
		const isInbound = ({ cluster }: LoggedRequest) => cluster.startsWith("inbound|");
		const sidecar = own(ofPods).find(isInbound);
		const [comes, goes] = [own(ofActivators).find(isInbound), own(ofActivators).find((line) => !isInbound(line))];
		const activator = goes === undefined ? undefined : { in: comes, out: goes };
		if (sidecar === undefined && hasProxy(visit.pod)) return [];
		const hops = hopsOf(kind, { clientMs, gateway: own(ofGateway)[0], activator, sidecar });
		return hops === undefined ? [] : [hops];
	});
}
