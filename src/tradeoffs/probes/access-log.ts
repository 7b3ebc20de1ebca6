import { ClusterError } from "../../errors.ts";
import { meshConfigRef, meshText, readMeshConfig, withProviders } from "../../istio/mesh-config.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../../kube/untrusted.ts";
import { type Session, uninterrupted } from "../../kube/wait/task.ts";
import { oneLine } from "../../text/one-line.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { AccessLog, LoggedRequest } from "./logged-request.ts";
import { openPatience } from "./patience.ts";
import type { Visit } from "./probe.ts";

/** The container of a proxy, in gateways and sidecars alike. */
export const proxyContainer = "istio-proxy";

/** Every proxy and Knative pass it on unchanged, so one request has one id in every log. */
export const requestHeader = "x-knistio-request";

/** Command operators of Envoy; `COMMON_DURATION` is there since Envoy 1.31, which is Istio 1.23. */
const format = {
	[requestHeader]: `%REQ(${requestHeader.toUpperCase()})%`,
	cluster: "%UPSTREAM_CLUSTER_RAW%",
	total_us: "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
	upstream_us: "%COMMON_DURATION(US_TX_BEG:US_RX_END:us)%",
	peer: "%DOWNSTREAM_PEER_URI_SAN%",
	forwarded: "%REQ(X-FORWARDED-CLIENT-CERT)%",
};

const provider = {
	name: "knistio-access-log",
	envoyFileAccessLog: { path: "/dev/stdout", logFormat: { labels: format } },
};

/** So much of a log is read at most. */
const mostBytes = 16 * 2 ** 20;

/**
 * Has every proxy of the mesh write a line for each request from now on: the mesh's configuration gets one more provider,
 * beside those it has, and it alone writes. `close` puts the configuration back as it was, to the letter, also after an
 * interruption; a kill in between is put right by the next install or `clean`.
 * @throws ClusterError where the configuration cannot be read or changed
 */
export async function openAccessLog(session: Session): Promise<AccessLog & { close(): Promise<void> }> {
	const { cluster, signal } = session;
	const found = await cluster.get(meshConfigRef, signal);
	if (found === undefined) throw new ClusterError("there is no ConfigMap istio-system/istio to ask for access logs");
	const { text, mesh } = readMeshConfig(found);
	const openedAt = session.clock.now();
	const set = (value: string, by: Session) => by.cluster.patch(meshConfigRef, { data: { mesh: value } }, by.signal);
	const close = async () => void (await set(text, uninterrupted(session)));
	try {
		await set(meshText(writing(mesh)), session);
	} catch (error) {
		await close();
		throw error;
	}
	return {
		read: (pod, ids) => readLog(session, pod, { ids, sinceMs: session.clock.now() - openedAt }),
		changed: "had the proxies write access logs, by ConfigMap istio-system/istio, and put it back",
		close,
	};
}

/** The mesh's configuration with our provider as the one that writes; all others stay. */
function writing(mesh: Record<string, unknown>): Record<string, unknown> {
	return {
		...mesh,
		extensionProviders: withProviders(mesh.extensionProviders, [provider]),
		defaultProviders: { ...objectOf(mesh.defaultProviders), accessLogging: [provider.name] },
	};
}

async function readLog(
	{ cluster, signal }: Session,
	{ metadata: { namespace, name } }: KubeObject,
	{ ids, sinceMs }: { ids: ReadonlySet<string>; sinceMs: number },
): Promise<LoggedRequest[]> {
	// Counted by the node's own clock; what is older is no request of these.
	const query = new URLSearchParams({
		container: proxyContainer,
		sinceSeconds: String(Math.ceil(sinceMs / 1000) + 5),
		limitBytes: String(mostBytes),
	});
	const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`;
	const { status, body } = await cluster.raw("GET", path, { signal, timeoutMs: 15_000 });
	const text = body.toString("utf8");
	if (status === 200) return parseAccessLog(text).filter(({ id }) => ids.has(id));
	throw new ClusterError(
		`the log of pod ${namespace}/${name} cannot be read: HTTP ${status}: ${oneLine(text).slice(0, 200)}`,
		{ hint: "reading it needs the right to get pods/log" },
	);
}

/** The requests in a proxy's log; lines that are none of ours are left out, and so are requests that were broken off. */
export function parseAccessLog(text: string): LoggedRequest[] {
	return text.split("\n").flatMap((line) => {
		if (!line.startsWith("{") || !line.includes(requestHeader)) return [];
		const logged = loggedRequest(parsed(line));
		return logged === undefined ? [] : [logged];
	});
}

function parsed(line: string): Record<string, unknown> {
	try {
		return objectOf(JSON.parse(line));
	} catch {
		return {};
	}
}

/** Envoy writes `-` or null for what it does not know. */
const known = (value: unknown) => (value === "-" ? undefined : textOf(value));

function loggedRequest(line: Record<string, unknown>): LoggedRequest | undefined {
	const [id, total] = [known(line[requestHeader]), microseconds(line.total_us)];
	if (id === undefined || total === undefined) return undefined;
	const upstream = microseconds(line.upstream_us);
	const [peer, forwarded] = [known(line.peer), known(line.forwarded)];
	return {
		id,
		cluster: known(line.cluster) ?? "",
		totalMs: total / 1000,
		...(upstream === undefined ? {} : { upstreamMs: upstream / 1000 }),
		...(peer === undefined ? {} : { peer }),
		...(forwarded === undefined ? {} : { forwarded }),
	};
}

function microseconds(value: unknown): number | undefined {
	const text = textOf(value);
	return text !== undefined && /^\d+$/.test(text) ? Number(text) : numberOf(value);
}

/**
 * A new configuration has reached a proxy by then: kubelet gives istiod the changed ConfigMap within a minute. And what the
 * proxy writes has reached its file: Istio has Envoy flush each second.
 */
const reaching = { ms: 75_000, leastLooks: 20 };
const flushing = { ms: 6_000, leastLooks: 4 };

/** Nobody has this host: the gateway answers 404, writes that down, and passes nothing on. */
const nobody = "nobody.knistio.example";

/**
 * Sends requests until the gateway's proxies write them down; no service gets one.
 * @throws ClusterError that names a pod which writes none
 */
export async function waitUntilGatewayWrites(visit: Visit, log: AccessLog): Promise<void> {
	const gateways = await gatewayPods(visit);
	if (gateways.length === 0) throw new ClusterError("no pod of the gateway was found");
	await waitUntilWritten(visit, log, { pods: gateways, host: nobody });
}

/**
 * Sends requests until each of the pods has written a line of one.
 * @throws ClusterError that names a pod which writes none
 */
export async function waitUntilWritten(
	visit: Visit,
	log: AccessLog,
	{ pods, ...asked }: { pods: readonly KubeObject[]; host?: string },
): Promise<void> {
	const { clock, signal } = visit.session;
	const isOver = openPatience(clock, reaching);
	const ids = new Set<string>();
	let silent = [...pods];
	while (silent.length > 0) {
		const id = `${visit.target}-first-${silent[0]?.metadata.name}-${ids.size}`;
		ids.add(id);
		await visit.send({ ...asked, headers: { [requestHeader]: id } });
		await clock.sleep(500, signal);
		const lines = await Promise.all(silent.map((pod) => log.read(pod, ids)));
		silent = silent.filter((_, index) => lines[index]?.length === 0);
		if (silent.length === 0 || !isOver()) continue;
		throw new ClusterError(
			`the proxy of pod ${silent[0]?.metadata.name} writes no access log that knistio asks for by the mesh's configuration`,
			{
				hint: "a Telemetry of the cluster may turn access logs off, and an Istio before 1.23 does not know the format",
			},
		);
	}
}

/** What the pods' proxies have written of these requests, once each is there or should be. */
export async function writtenOf(
	{ session: { clock, signal } }: Visit,
	log: AccessLog,
	{ pods, ids }: { pods: readonly KubeObject[]; ids: ReadonlySet<string> },
): Promise<LoggedRequest[][]> {
	const isOver = openPatience(clock, flushing);
	for (;;) {
		const lines = await Promise.all(pods.map((pod) => log.read(pod, ids)));
		const isThere = lines.every((ofPod) => new Set(ofPod.map(({ id }) => id)).size === ids.size);
		if (isThere || isOver()) return lines;
		await clock.sleep(500, signal);
	}
}

/** The proxies of these containers' pods write logs; others have none. */
export function hasProxy(pod: KubeObject): boolean {
	const { containers, initContainers } = objectOf(pod.spec);
	return [...objectsOf(containers), ...objectsOf(initContainers)].some(({ name }) => name === proxyContainer);
}
