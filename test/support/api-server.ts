import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One request as the server got it. */
export interface Call {
	method: string;
	path: string;
	query: URLSearchParams;
	headers: http.IncomingHttpHeaders;
	body: string;
	/** Counts the connections, from 1. */
	connection: number;
	/** `process.hrtime` ns of its arrival. */
	at: bigint;
}

/** What is answered: JSON, or text as it is. */
export interface Answer {
	status?: number;
	headers?: Record<string, string>;
	json?: unknown;
	text?: string;
}

/** An answer, a watch to be fed, no answer at all, or a connection that breaks. */
export type Reply = Answer | WatchFeed | "silence" | "hang up";
type Route = Reply | ((call: Call) => Reply | Promise<Reply>);

/** One connection of a watch, fed by the test. */
export interface WatchFeed {
	/** Resolves with the request that opened it. */
	opened: Promise<Call>;
	/** Writes text as it is: half a line, or several. */
	write(text: string): void;
	writeBytes(bytes: Buffer): void;
	event(type: string, object: unknown): void;
	bookmark(resourceVersion: string): void;
	end(): void;
	/** Breaks the connection. */
	cut(): void;
	/** The same by a TCP reset, which Node tells the request of and not only its answer. */
	reset(): void;
	/** For the server alone. */
	start(call: Call, response: http.ServerResponse): void;
}

/** A loopback API server that answers what a test tells it to. */
export interface ApiServer {
	origin: string;
	calls: Call[];
	/** Answers of one method and path, in this order; the last one stays. */
	on(route: string, ...replies: Route[]): void;
	/** Kinds that the discovery tells of, such as `{ "apps/v1": ["Deployment"] }`; names in plural follow by rule. */
	serves(kinds: Record<string, string[]>): void;
	/** Connections opened so far, and those that are still open. */
	connections(): { opened: number; open: number };
	/** Refuses every further connection. */
	stop(): Promise<void>;
}

/** Starts a server that is closed when the test is finished. @param tls for HTTPS */
export async function startApiServer(tls?: https.ServerOptions): Promise<ApiServer> {
	const routes = new Map<string, Route[]>();
	const sockets = new Map<Socket, number>();
	let opened = 0;
	const calls: Call[] = [];

	async function serve(request: http.IncomingMessage, response: http.ServerResponse) {
		const at = process.hrtime.bigint();
		const url = new URL(request.url ?? "/", "http://server");
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const call: Call = {
			method: request.method ?? "",
			path: url.pathname,
			query: url.searchParams,
			headers: request.headers,
			body: Buffer.concat(chunks).toString(),
			connection: sockets.get(request.socket) ?? 0,
			at,
		};
		calls.push(call);
		const replies = routes.get(`${call.method} ${call.path}`) ?? [];
		const route = (replies.length > 1 ? replies.shift() : replies[0]) ?? { status: 404, json: status(404, "NotFound") };
		send(typeof route === "function" ? await route(call) : route, call, response);
	}

	const onRequest: http.RequestListener = (request, response) => {
		serve(request, response).catch(() => request.socket.destroy());
	};
	const server = tls === undefined ? http.createServer(onRequest) : https.createServer(tls, onRequest);
	server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
		sockets.set(socket, ++opened);
		socket.on("close", () => sockets.delete(socket));
		socket.on("error", () => {});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		return new Promise((resolve) => server.close(() => resolve()));
	});
	const { port } = server.address() as AddressInfo;
	const api: ApiServer = {
		stop() {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		},
		origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
		calls,
		on: (route, ...replies) => void routes.set(route, replies),
		serves(kinds) {
			for (const [apiVersion, names] of Object.entries(kinds)) {
				const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
				api.on(`GET ${path}`, { json: { kind: "APIResourceList", resources: names.map(resourceOf) } });
			}
		},
		connections: () => ({ opened, open: sockets.size }),
	};
	return api;
}

function send(reply: Reply, call: Call, response: http.ServerResponse): void {
	if (reply === "silence") return;
	if (reply === "hang up") response.socket?.destroy();
	else if ("start" in reply) reply.start(call, response);
	else {
		const type = reply.text === undefined ? "application/json" : "text/plain";
		response.writeHead(reply.status ?? 200, { "Content-Type": type, ...reply.headers });
		response.end(reply.text ?? JSON.stringify(reply.json ?? {}));
	}
}

/** A watch's answer, to be given to {@link ApiServer.on}. */
export function feed(): WatchFeed {
	let response: http.ServerResponse | undefined;
	let onOpened: (call: Call) => void = () => {};
	const opened = new Promise<Call>((resolve) => {
		onOpened = resolve;
	});
	const writing = () => {
		if (response === undefined) throw new Error("the watch is not open");
		return response;
	};
	const self: WatchFeed = {
		opened,
		write: (text) => void writing().write(text),
		writeBytes: (bytes) => void writing().write(bytes),
		event: (type, object) => self.write(`${JSON.stringify({ type, object })}\n`),
		bookmark: (resourceVersion) => self.event("BOOKMARK", { kind: "Pod", metadata: { resourceVersion } }),
		end: () => void writing().end(),
		cut: () => void writing().socket?.destroy(),
		reset: () => void writing().socket?.resetAndDestroy(),
		start(call, started) {
			response = started;
			started.writeHead(200, { "Content-Type": "application/json" });
			started.flushHeaders();
			onOpened(call);
		},
	};
	return self;
}

/** A `Status`, as API servers refuse. */
export function status(code: number, reason: string, message = reason) {
	return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

/** An answer that refuses. */
export const refusal = (code: number, reason: string, message?: string): Answer => ({
	status: code,
	json: status(code, reason, message),
});

function resourceOf(kind: string) {
	const clusterWide = ["Namespace", "Node", "CustomResourceDefinition"];
	return {
		name: `${kind.toLowerCase()}s`,
		kind,
		namespaced: !clusterWide.includes(kind),
		verbs: ["get", "list", "watch", "create", "patch", "delete"],
	};
}
