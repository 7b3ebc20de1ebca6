import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { ClusterError } from "../../errors.ts";
import { agentFor } from "../../kube/http/agents.ts";
import type { Visit } from "./probe.ts";

/** How many requests, and at which rate in requests a second of the cluster's time. */
export interface SteadyLoad {
	/** In all. */
	requests: number;
	perSecond: number;
	/** Several hosts are asked in turns, so many requests each; all of them where it is undefined. */
	blockOf?: number;
}

/** Requests to one host that follow each other. */
export interface Block {
	/** Its place among the hosts. */
	host: number;
	/** Of each answered request, in order of time. */
	latenciesMs: number[];
	/** Requests without an answer of HTTP 200. */
	failed: number;
}

/** The order of two hosts' turns, again and again: what drifts as time goes is in both alike. */
const turns = [0, 1, 1, 0];

/**
 * Sends GETs at a fixed rate, on one kept connection for each host, each request at the time that the rate sets, whether or
 * not the one before has been answered. A request that has to wait for the answers before it is timed from when it was due,
 * so that a slow answer is not made good by the requests it kept from being sent (coordinated omission); one that found the
 * connection free is timed from when it was handed to the socket, so that this process's own timers are not counted. What
 * one block is late, the next one is put off: a host is not timed by what another one's answers took.
 *
 * Made here because of the load generators that are kept, autocannon and k6 time a request from when they sent it, and
 * fortio is no library.
 * @param hosts one, or two that take turns as ABBA
 * @throws ClusterError where the answers fall far behind the rate
 */
export async function sendSteadily(visit: Visit, hosts: readonly string[], load: SteadyLoad): Promise<Block[]> {
	const { requests, perSecond, blockOf = requests } = load;
	const connections = await Promise.all(hosts.map((host) => openConnection(visit, host)));
	const blocks: Block[] = [];
	try {
		// The first request opens the connection, which is not what is measured.
		for (const { ask } of connections) await ask();
		const gapNs = BigInt(Math.round(1e9 / perSecond));
		const beganAt = visit.now();
		for (let sent = 0; sent < requests; sent += blockOf) {
			const host = (turns[blocks.length % turns.length] ?? 0) % hosts.length;
			const connection = connections[host];
			if (connection === undefined) break;
			const block: Block = { host, latenciesMs: [], failed: 0 };
			blocks.push(block);
			const plannedAt = beganAt + BigInt(sent) * gapNs;
			await sendBlock(visit, connection, block, { requests: Math.min(blockOf, requests - sent), plannedAt, gapNs });
			if (Number(visit.now() - plannedAt - BigInt(blockOf) * gapNs) / 1e6 > mostBehindMs) throw tooMany(perSecond);
		}
	} finally {
		for (const { close } of connections) close();
	}
	return blocks;
}

async function sendBlock(
	{ session, now }: Visit,
	{ ask }: Connection,
	block: Block,
	{ requests, plannedAt, gapNs }: { requests: number; plannedAt: bigint; gapNs: bigint },
): Promise<void> {
	let freeAt = now();
	const beganAt = freeAt > plannedAt ? freeAt : plannedAt;
	for (let index = 0; index < requests; index++) {
		const dueAt = beganAt + BigInt(index) * gapNs;
		const earlyMs = Number(dueAt - now()) / 1e6;
		if (earlyMs > 0) await session.clock.sleep(earlyMs, session.signal);
		session.signal.throwIfAborted();
		if (Number(freeAt - dueAt) / 1e6 > mostBehindMs) throw tooMany(1e9 / Number(gapNs));
		const sentAt = freeAt > dueAt ? dueAt : now();
		const isAnswered = await ask();
		freeAt = now();
		if (isAnswered) block.latenciesMs.push(Number(freeAt - sentAt) / 1e6);
		else block.failed++;
	}
}

/** A service that is so far behind its rate will not catch up. */
const mostBehindMs = 10_000;

/** A rate that one connection cannot carry. */
export function tooMany(perSecond: number): ClusterError {
	return new ClusterError(
		`${perSecond} requests a second are too many for one connection: the answers fell behind the rate`,
		{ hint: "the machine or the cluster is too busy for a latency to mean anything; run again when it is not" },
	);
}

/** How long a warm request may take. */
const timeoutMs = 10_000;

/** One connection to the gateway, and a request on it that tells whether it was answered with HTTP 200. */
interface Connection {
	ask(): Promise<boolean>;
	close(): void;
}

async function openConnection(visit: Visit, host: string): Promise<Connection> {
	const { url, agent, options } = await targetOf(visit, host);
	agent.maxSockets = 1;
	const get = url.protocol === "https:" ? https.get : http.get;
	const ask = () =>
		new Promise<boolean>((resolve) => {
			const request = get(url, { ...options, agent, timeout: timeoutMs }, (response) => {
				response.on("error", () => resolve(false));
				response.on("end", () => resolve(response.statusCode === 200));
				response.resume();
			});
			request.on("timeout", () => request.destroy());
			request.on("error", () => resolve(false));
			request.on("close", () => resolve(false));
		});
	return { ask, close: () => agent.destroy() };
}

async function targetOf({ session, route }: Visit, host: string) {
	if (route.kind === "direct") {
		const agent: http.Agent = route.url.startsWith("https:")
			? new https.Agent({ keepAlive: true })
			: new http.Agent({ keepAlive: true });
		return { url: new URL(route.url), agent, options: { headers: { Host: host } } };
	}
	const connection = await session.cluster.connection();
	const url = new URL(connection.basePath + route.path, connection.origin);
	// Node would check the API server's certificate against the Host header, which is the service's.
	const servername = connection.tls.servername ?? (isIP(url.hostname) ? "" : url.hostname);
	const options = { ...connection.tls, servername, headers: { ...connection.headers, Host: host } };
	return { url, agent: await agentFor(connection), options };
}
