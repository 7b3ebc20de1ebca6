import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { startTimer } from "../../clock/timer.ts";
import type { GatewayRoute } from "../../knative/route.ts";
import { agentFor } from "../../kube/http/agents.ts";
import type { Connection } from "../../kube/http/connection.ts";
import type { RequestTimes } from "../../recording/entries.ts";

/** One request to the service under test. */
export interface RequestOrder {
	route: GatewayRoute;
	/** The Host header by which the gateway knows the service. */
	host: string;
	/** The answer's body must hold this. */
	expectBody: string;
	timeoutMs: number;
	headers?: Record<string, string>;
}

/**
 * Sends one GET on a connection of its own and takes the times at the socket: connected, handed to the kernel, the
 * first byte back, the last. Never repeats: a repetition would hide a failed cold start.
 * @param now nanoseconds since the epoch on the client's clock
 * @param connection for the API server's proxy only
 */
export async function sendRequest(
	order: RequestOrder,
	now: () => bigint,
	connection?: Connection,
): Promise<RequestTimes> {
	const { url, options } = await targetOf(order, connection);
	const times: RequestTimes = { connectStartedAt: now().toString() };
	return new Promise((resolve) => {
		const isSecure = url.protocol === "https:";
		const request = (isSecure ? https : http).get(url, options);
		const fail = (error: NodeJS.ErrnoException) => {
			stop();
			resolve({ ...times, error: error.message || (error.code ?? error.name) });
		};
		const stop = startTimer(order.timeoutMs, () => {
			const error = new Error(`no complete answer within ${order.timeoutMs / 1000} s`);
			request.destroy(error);
			fail(error);
		});
		request.on("socket", (socket) => {
			socket.once(isSecure ? "secureConnect" : "connect", () => {
				times.connectedAt = now().toString();
			});
			socket.prependListener("data", () => {
				times.firstByteAt ??= now().toString();
			});
		});
		request.on("finish", () => {
			times.sentAt = now().toString();
		});
		request.on("error", fail);
		request.on("response", (response) => {
			times.status = response.statusCode ?? 0;
			const { server } = response.headers;
			if (typeof server === "string") times.server = server;
			const { location } = response.headers;
			if (typeof location === "string") times.location = location.slice(0, shownLength);
			const body = openSearch(order.expectBody);
			response.setEncoding("utf8");
			response.on("data", body.add);
			response.on("error", fail);
			response.on("end", () => {
				stop();
				times.lastByteAt = now().toString();
				times.bodyMatches = body.isFound();
				if (!times.bodyMatches) times.body = body.beginning();
				resolve(times);
			});
		});
	});
}

/** How much of what is not ours is kept. */
const shownLength = 200;

/** Looks for a text in one that comes in pieces; no more is kept than a match that has begun, and the beginning. */
function openSearch(wanted: string) {
	let isFound = wanted === "";
	let beginning = "";
	let tail = "";
	return {
		add(chunk: string) {
			if (beginning.length < shownLength) beginning += chunk.slice(0, shownLength - beginning.length);
			if (isFound) return;
			const text = tail + chunk;
			isFound = text.includes(wanted);
			tail = text.slice(Math.max(0, text.length - wanted.length + 1));
		},
		isFound: () => isFound,
		beginning: () => beginning,
	};
}

async function targetOf({ route, host, headers }: RequestOrder, connection?: Connection) {
	if (route.kind === "direct") {
		const options: https.RequestOptions = { headers: { ...headers, Host: host }, agent: false };
		return { url: new URL(route.url), options };
	}
	if (connection === undefined) throw new Error("the API server's proxy needs a connection");
	const url = new URL(connection.basePath + route.path, connection.origin);
	const options: https.RequestOptions = {
		...connection.tls,
		// Node would check the API server's certificate against the Host header, which is the service's.
		servername: connection.tls.servername ?? (isIP(url.hostname) ? "" : url.hostname),
		headers: { ...connection.headers, ...headers, Host: host },
		agent: connection.proxyUrl === undefined ? false : await agentFor(connection, false),
	};
	return { url, options };
}
