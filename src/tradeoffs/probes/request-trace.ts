import { randomBytes } from "node:crypto";
import { ClusterError } from "../../errors.ts";
import { type DeployedService, serviceManifest } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Hop, HopMedians, RequestTrace } from "../../report/tradeoffs.ts";
import { notTested, seen } from "../cells.ts";
import { requestTrace, type TracedRequests } from "../request-trace.ts";
import {
	type AccessLog,
	hasProxy,
	type LoggedRequest,
	requestHeader,
	waitUntilWritten,
	withAccessLog,
	writtenOf,
} from "./access-log.ts";
import { gatewayPods } from "./gateway-pods.ts";
import { hopsOf } from "./hops.ts";
import type { Answered, Findings, Probe, Visit } from "./probe.ts";
import { hopsOfSpans, spansOf } from "./spans.ts";

const column = "sidecar-time";
const warmRequests = 20;
const coldRequests = 3;

/** What nobody says: Knative's own proxy writes no line of a request unless all of a cluster's revisions are changed. */
const noteOfQueueProxy =
	"queue-proxy and the application are not separated: queue-proxy sends no Server-Timing, and its request log is a setting of all of the cluster's revisions";

/** Where the time of a request goes, warm and cold: hop by hop, by spans where there are some, else by the proxies' logs. */
export const requestTraceProbe: Probe = {
	title: "request trace",
	columns: [column],
	async run(visit) {
		// Not before: on their way to zero, copies would disturb what other probes measure.
		const copies = await Promise.all(coldNames(visit).map((name) => deployCopy(visit, name)));
		return observe(visit, copies);
	},
};

const coldNames = ({ service }: Visit) =>
	Array.from({ length: coldRequests }, (_, index) => `${service.ref.name}-cold-${index + 1}`);

/** A copy that goes to zero by itself, while warm requests are sent to the service. */
function deployCopy(visit: Visit, name: string): Promise<DeployedService> {
	const { profile, namespace, image, target } = visit;
	return visit.deploy(serviceManifest(profile, { namespace, name, image, target, timeoutSeconds: 15 }));
}

/** A request of ours with all that is known of it. */
interface Sent {
	id: string;
	traceId: string;
	answer: Answered;
}

async function observe(visit: Visit, copies: readonly DeployedService[]): Promise<Findings> {
	const changed = [`deployed ${coldNames(visit).join(", ")} and removed them`];
	const found = await withAccessLog(visit, async (log) => {
		changed.push(log.changed);
		const gateways = await gatewayPods(visit);
		if (gateways.length === 0) throw new ClusterError("no pod of the gateway was found");
		const proxies = [...gateways, ...(hasProxy(visit.pod) ? [visit.pod] : [])];
		await waitUntilWritten(visit, log, proxies);
		const warm = await observeWarm(visit, log, gateways);
		const cold = await observeCold(visit, log, { gateways, copies });
		return [warm, cold].flatMap((requests) => (requests === undefined ? [] : (requestTrace(requests) ?? [])));
	});
	return { cells: [cellOf(visit, found)], changed, traces: found };
}

async function send(visit: Visit, host?: string): Promise<Sent> {
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

async function observeWarm(visit: Visit, log: AccessLog, gateways: readonly KubeObject[]): Promise<TracedRequests> {
	const sent: Sent[] = [];
	for (let index = 0; index < warmRequests; index++) {
		visit.session.signal.throwIfAborted();
		sent.push(await send(visit));
	}
	const ids = new Set(sent.map(({ id }) => id));
	const ofPods = await linesOf(visit, log, { pods: [visit.pod], ids });
	return traced(visit, log, { kind: "warm", sent, gateways, ofPods, ofActivators: [] });
}

/** What the proxies of these pods have written; those without a proxy write nothing. */
async function linesOf(
	visit: Visit,
	log: AccessLog,
	{ pods, ids }: { pods: readonly KubeObject[]; ids: ReadonlySet<string> },
): Promise<LoggedRequest[]> {
	return (await writtenOf(visit, log, { pods: pods.filter(hasProxy), ids })).flat();
}

interface Sending {
	kind: RequestTrace["kind"];
	sent: readonly Sent[];
	gateways: readonly KubeObject[];
	/** What the workload's proxies have written, and the activator's. */
	ofPods: readonly LoggedRequest[];
	ofActivators: readonly LoggedRequest[];
}

/** The hops of what was sent: by spans if the backend knows any of it, else by what the proxies have written. */
async function traced(visit: Visit, log: AccessLog, sending: Sending): Promise<TracedRequests> {
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
	const revision = new RegExp(`\\b${name}(-cold-\\d+)?-\\d{5}\\b`, "g");
	const renamed = (text: string) =>
		text.replace(revision, name).replace(new RegExp(`\\b${name}-cold-\\d+\\b`, "g"), name);
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

/** Each copy is started once, so that no request is answered by a pod that another one has started. */
async function observeCold(
	visit: Visit,
	log: AccessLog,
	{ gateways, copies }: { gateways: readonly KubeObject[]; copies: readonly DeployedService[] },
): Promise<TracedRequests> {
	const { session } = visit;
	const activators = (await podsOf(visit, "knative-serving", "app=activator")).filter(hasProxy);
	const sent: Sent[] = [];
	const ofPods: LoggedRequest[] = [];
	const ofActivators: LoggedRequest[] = [];
	for (const { revision, host } of copies) {
		await waitForNoPod(visit, revision);
		session.signal.throwIfAborted();
		const one = await send(visit, host);
		sent.push(one);
		const ids = new Set([one.id]);
		// At once: the pod soon goes, and its log with it.
		ofPods.push(...(await linesOf(visit, log, { pods: await podsOfRevision(visit, revision), ids })));
		ofActivators.push(...(await linesOf(visit, log, { pods: activators, ids })));
	}
	return traced(visit, log, { kind: "cold", sent, gateways, ofPods, ofActivators });
}

const podsOf = (visit: Visit, namespace: string, labelSelector: string) =>
	visit.session.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, visit.session.signal);

const podsOfRevision = (visit: Visit, revision: string) =>
	podsOf(visit, visit.namespace, `serving.knative.dev/revision=${revision}`);

/** Knative lets it go to zero within a minute. */
async function waitForNoPod(visit: Visit, revision: string): Promise<void> {
	const { clock, signal, timeoutMs } = visit.session;
	const deadlineAt = clock.now() + timeoutMs;
	while ((await podsOfRevision(visit, revision)).length > 0) {
		if (clock.now() > deadlineAt) throw new ClusterError(`revision ${revision} did not go to zero for a cold request`);
		await clock.sleep(500, signal);
	}
}

function cellOf(visit: Visit, traces: readonly RequestTrace[]) {
	const warm = traces.find(({ kind }) => kind === "warm");
	if (warm === undefined) return notTested(column, "of no warm request every hop was written down");
	const words = traces.map(traceWords).join("; ");
	if (!hasProxy(visit.pod)) return seen(column, false, { evidence: `the pod has no proxy; ${words}` });
	const own = sidecarOf(warm)?.own;
	if (own === undefined) return notTested(column, `the pod's proxy is in no trace; ${words}`);
	const { ms, ...range } = own;
	return seen(column, true, { evidence: words, amounts: [{ name: "own time", value: ms, unit: "ms", ...range }] });
}

/** Of a log it is the hop of that name; of spans the innermost that a proxy beside queue-proxy has written. */
function sidecarOf({ source, medians }: RequestTrace): HopMedians | undefined {
	if (source === "access log") return medians.find(({ name }) => name === "istio-proxy");
	const inner = medians.findIndex(({ name }) => /queue-?proxy/.test(name));
	return inner > 0 ? medians[inner - 1] : undefined;
}

function traceWords({ kind, source, complete, sent, medians }: RequestTrace): string {
	const [client] = medians;
	const hops = medians.slice(1).map(({ name, own }) => `${name} ${own.ms.toFixed(2)}`);
	const whole = complete === sent ? `${sent}` : `${complete} of ${sent}`;
	return `${kind} request (by ${source}, medians of ${whole}, ms): ${client?.total.ms.toFixed(2)}, of which ${hops.join(", ")}, the rest ${client?.own.ms.toFixed(2)}`;
}
