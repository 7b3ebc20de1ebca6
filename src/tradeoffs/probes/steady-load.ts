import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { ClusterError } from "../../errors.ts";
import { agentFor } from "../../kube/http/agents.ts";
import type { Visit } from "./probe.ts";

/** How many requests, and at which rate in requests a second of the cluster's time. */
export interface SteadyLoad {
	requests: number;
	perSecond: number;
}

/** What came of a load. */
export interface SteadyResult {
	/** Of each answered request, in order of time. */
	latenciesMs: number[];
	/** Requests without an answer of HTTP 200. */
	failed: number;
}

/**
 * Sends GETs at a fixed rate on one kept connection, each at the time that the rate sets, whether or not the one before
 * has been answered. A request that has to wait for the answers before it is timed from when it was due, so that a slow
 * answer is not made good by the requests it kept from being sent (coordinated omission); one that found the connection
 * free is timed from when it was handed to the socket, so that this process's own timers are not counted.
 *
 * Made here because of the load generators that are kept, autocannon and k6 time a request from when they sent it, and
 * fortio is no library.
 * @throws ClusterError where the answers fall far behind the rate
 */
export async function sendSteadily(visit: Visit, { requests, perSecond }: SteadyLoad): Promise<SteadyResult> {
	const { session, now } = visit;
	const { ask, close } = await openConnection(visit);
	const gapNs = BigInt(Math.round(1e9 / perSecond));
	const result: SteadyResult = { latenciesMs: [], failed: 0 };
	try {
		// The first request opens the connection, which is not what is measured.
		await ask();
		const beganAt = now();
		let freeAt = beganAt;
		for (let index = 0; index < requests; index++) {
			const dueAt = beganAt + BigInt(index) * gapNs;
			const earlyMs = Number(dueAt - now()) / 1e6;
			if (earlyMs > 0) await session.clock.sleep(earlyMs, session.signal);
			session.signal.throwIfAborted();
			if (Number(freeAt - dueAt) / 1e6 > mostBehindMs) throw tooMany(perSecond);
			const sentAt = freeAt > dueAt ? dueAt : now();
			const isAnswered = await ask();
			freeAt = now();
			if (isAnswered) result.latenciesMs.push(Number(freeAt - sentAt) / 1e6);
			else result.failed++;
		}
	} finally {
		close();
	}
	return result;
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
async function openConnection(visit: Visit): Promise<{ ask(): Promise<boolean>; close(): void }> {
	const { url, agent, options } = await targetOf(visit);
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

async function targetOf({ session, route, service: { host } }: Visit) {
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
