import { connect, isIPv6 } from "node:net";
import { ClusterError } from "../errors.ts";
import { gatewayName, istioNamespace } from "../istio/names.ts";
import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { ApiError } from "../kube/http/api-error.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../kube/untrusted.ts";
import type { GatewayRoute } from "./route.ts";
import { viaApiServer } from "./route.ts";

/** net-istio's gateways serve HTTP on port 80 of the gateway's Service, which Istio names http2. */
const httpPort = 80;
const httpsPort = 443;

/** How a gateway route is named in reports: how, and never an address of somebody's network. */
export function describeRoute(route: GatewayRoute): string {
	return route.kind === "direct" ? route.by : "API server's service proxy";
}

/**
 * The way to the gateway, of the same kind as before where there was one: what goes another way takes another time, and
 * cannot be compared. A gateway that was just installed may take a moment to be reached like the one before it.
 * @throws ClusterError when there is no gateway, or none by that way
 */
export async function findSameGateway(
	cluster: Cluster,
	options: GatewayOptions & { before: string | undefined; sleep(ms: number): Promise<void> },
): Promise<GatewayRoute> {
	const { before, sleep } = options;
	for (let look = 0; ; look++) {
		const route = await findGateway(cluster, options);
		const now = describeRoute(route);
		if (before === undefined || now === before) return route;
		if (look === looks) {
			throw new ClusterError(`the gateway was reached by ${before} before, and is now by ${now} only`, {
				hint: "give a way that is there for every profile with --gateway: its address, or service-proxy",
			});
		}
		await sleep(1_000);
	}
}

const looks = 30;

/** How the gateway is looked for. */
export interface GatewayOptions {
	/** The user's word for it. */
	given?: string;
	signal: AbortSignal;
	canConnect?: typeof tcpConnects;
}

/**
 * Finds a way to the Istio ingress gateway: an address given by the user, its load balancer, a node's port, and only
 * where none of these can be reached the API server's proxy. To be called once a service is Ready: before that the
 * gateway has nothing to listen for.
 * @throws ClusterError when there is no gateway
 */
export async function findGateway(cluster: Cluster, options: GatewayOptions): Promise<GatewayRoute> {
	const { given, signal, canConnect = tcpConnects } = options;
	if (given !== undefined && given !== viaApiServer) return { kind: "direct", url: given, by: "given" };
	const service = await cluster.get(
		{ apiVersion: "v1", kind: "Service", namespace: istioNamespace, name: gatewayName },
		signal,
	);
	if (service === undefined) {
		throw new ClusterError(`no Service ${istioNamespace}/${gatewayName}: the Istio ingress gateway is not there`, {
			hint: "install a profile with the ingress gateway, or give the gateway's address with --gateway URL",
		});
	}
	const http = httpPortOf(service);
	const candidates = [
		...balancerAddresses(service, http?.port ?? httpPort),
		...(await nodeAddresses(cluster, http?.nodePort, signal)),
	];
	const found = given === viaApiServer ? undefined : await firstReachable(candidates, canConnect, signal);
	if (found !== undefined) {
		const host = isIPv6(found.host) ? `[${found.host}]` : found.host;
		return { kind: "direct", url: `http://${host}:${found.port}/`, by: found.by };
	}
	const port = http?.port ?? httpPort;
	const path = `/api/v1/namespaces/${istioNamespace}/services/http:${gatewayName}:${port}/proxy/`;
	return { kind: "service-proxy", path };
}

/** Where the gateway's port 443 can be reached, by the same way as HTTP; empty where no address of it is known. */
export async function secureGateways(
	cluster: Cluster,
	route: GatewayRoute,
	signal: AbortSignal,
): Promise<{ host: string; port: number }[]> {
	if (route.kind !== "direct" || route.by === "given") return [];
	const ref = { apiVersion: "v1", kind: "Service", namespace: istioNamespace, name: gatewayName };
	const service = await cluster.get(ref, signal);
	const port = service === undefined ? undefined : portsOf(service).find((each) => each.port === httpsPort);
	if (service === undefined || port === undefined) return [];
	if (route.by === "load balancer") return balancerAddresses(service, port.port);
	return nodeAddresses(cluster, port.nodePort, signal);
}

interface Candidate {
	host: string;
	port: number;
	by: "load balancer" | "node port";
}

interface ServicePort {
	name: string | undefined;
	port: number;
	nodePort: number | undefined;
}

function portsOf(service: KubeObject): ServicePort[] {
	return objectsOf(objectOf(service.spec).ports).flatMap(({ name, port, nodePort }) => {
		const number = numberOf(port);
		return number === undefined ? [] : [{ name: textOf(name), port: number, nodePort: numberOf(nodePort) }];
	});
}

function httpPortOf(service: KubeObject): ServicePort | undefined {
	const ports = portsOf(service);
	return ports.find(({ port }) => port === httpPort) ?? ports.find(({ name }) => name?.startsWith("http"));
}

function balancerAddresses(service: KubeObject, port: number): Candidate[] {
	return objectsOf(objectOf(objectOf(service.status).loadBalancer).ingress).flatMap(({ ip, hostname }) => {
		const host = textOf(ip) ?? textOf(hostname);
		return host === undefined ? [] : [{ host, port, by: "load balancer" as const }];
	});
}

async function nodeAddresses(cluster: Cluster, port: number | undefined, signal: AbortSignal): Promise<Candidate[]> {
	if (port === undefined) return [];
	const nodes = await cluster.list({ apiVersion: "v1", kind: "Node" }, signal).catch((error) => {
		// Who may not see the nodes has other ways.
		if (error instanceof ApiError && error.status === 403) return [];
		throw error;
	});
	return nodes.flatMap((node) => {
		const addresses = objectsOf(objectOf(node.status).addresses);
		return ["ExternalIP", "InternalIP"].flatMap((type) =>
			addresses
				.filter((each) => each.type === type)
				.flatMap(({ address }) => textOf(address) ?? [])
				.map((host) => ({ host, port, by: "node port" as const })),
		);
	});
}

/** How many addresses are tried at the same time: a cluster may have thousands of nodes. */
const mostAtOnce = 32;

/** The first in the order of preference that accepts a connection; all are tried at once, those of no use are let go. */
async function firstReachable(
	candidates: readonly Candidate[],
	canConnect: typeof tcpConnects,
	signal: AbortSignal,
): Promise<Candidate | undefined> {
	for (let from = 0; from < candidates.length; from += mostAtOnce) {
		const group = candidates.slice(from, from + mostAtOnce);
		const enough = new AbortController();
		const either = AbortSignal.any([signal, enough.signal]);
		const looks = group.map(({ host, port }) => canConnect(host, port, either));
		try {
			for (const [index, look] of looks.entries()) if (await look) return group[index];
		} finally {
			enough.abort();
			await Promise.allSettled(looks);
		}
		signal.throwIfAborted();
	}
	return undefined;
}

/** Whether something accepts a TCP connection there within so many milliseconds. */
export function tcpConnects(host: string, port: number, signal: AbortSignal, timeoutMs = 1_000): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout: timeoutMs, signal });
		const answer = (isThere: boolean) => () => {
			socket.destroy();
			resolve(isThere);
		};
		socket.on("connect", answer(true));
		socket.on("timeout", answer(false));
		socket.on("error", answer(false));
	});
}
