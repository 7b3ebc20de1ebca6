import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { startTimer } from "../../clock/timer.ts";
import type { GatewayRoute } from "../../knative/route.ts";
import { agentFor } from "../../kube/http/agents.ts";
import type { Connection } from "../../kube/http/connection.ts";
import type { RequestTimes } from "../../recording/entries.ts";

/** What is asked of the service under test, and what it must answer. */
export interface ServiceRequest {
	/** GET unless another is given. */
	method?: string;
	/** Path and query, `/` unless another is given. */
	path?: string;
	headers?: Record<string, string>;
	body?: string | Uint8Array;
	/** 200 unless another is given. */
	expectStatus?: number;
	/** The answer's body must hold this; empty for any. */
	expectBody: string;
}

/** One request to the service under test. */
export interface RequestOrder extends ServiceRequest {
	route: GatewayRoute;
	/** The Host header by which the gateway knows the service. */
	host: string;
	timeoutMs: number;
}

/** `POST /v1/x`, as messages name a request: without the query, in which there may be something secret. */
export function describeRequest({ method = "GET", path = "/" }: Pick<ServiceRequest, "method" | "path">): string {
	return `${method} ${path.replace(/\?.*$/s, "")}`;
}

/**
 * Sends one request on a connection of its own and takes the times at the socket: connected, handed to the kernel, the
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
		const request = (isSecure ? https : http).request(url, options);
		request.end(order.body);
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
			// Envoy adds it to what a service behind it has answered, and not to its own answers.
			if (response.headers["x-envoy-upstream-service-time"] !== undefined) times.isFromUpstream = true;
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

/** Of `http://a/proxy/` and `/v1/x`: `http://a/proxy/v1/x`; with the path `/` the base itself. */
function urlBelow(base: string, path: string): URL {
	return new URL(path === "/" ? base : base.replace(/\/$/, "") + path);
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

async function targetOf({ route, host, headers, method = "GET", path = "/" }: RequestOrder, connection?: Connection) {
	if (route.kind === "direct") {
		const options: https.RequestOptions = { method, headers: { ...headers, Host: host }, agent: false };
		return { url: urlBelow(route.url, path), options };
	}
	if (connection === undefined) throw new Error("the API server's proxy needs a connection");
	const url = urlBelow(new URL(connection.basePath + route.path, connection.origin).href, path);
	const options: https.RequestOptions = {
		method,
		...connection.tls,
		// Node would check the API server's certificate against the Host header, which is the service's.
		servername: connection.tls.servername ?? (isIP(url.hostname) ? "" : url.hostname),
		headers: { ...connection.headers, ...headers, Host: host },
		agent: connection.proxyUrl === undefined ? false : await agentFor(connection, false),
	};
	return { url, options };
}
