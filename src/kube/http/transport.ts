import http from "node:http";
import https from "node:https";
import { openAgents } from "./agents.ts";
import type { Connection, RawAnswer } from "./connection.ts";
import { unreachable } from "./unreachable.ts";

/** What a request may carry. */
export interface RequestOptions {
	headers?: Record<string, string>;
	body?: string;
	/** Without any byte of an answer for so long, the request fails; 30 s unless told, 0 for never. */
	timeoutMs?: number;
	signal?: AbortSignal;
}

/** HTTP to one API server over kept-alive connections. HTTP/1.1, so that a watch never shares a socket with a call. */
export interface Transport {
	request(method: string, path: string, options?: RequestOptions): Promise<RawAnswer>;
	/** Sends a request and hands over the answer as soon as its headers have come, to be read as it arrives. */
	open(
		method: string,
		path: string,
		options?: RequestOptions,
	): Promise<{ response: http.IncomingMessage; sentAt: bigint; answeredAt: bigint }>;
	/** Replaces the credentials of later requests. */
	renew(connection: Connection): void;
	close(): void;
}

/** Opens a transport; nothing is sent before the first request. */
export async function openTransport(connection: Connection): Promise<Transport> {
	const secure = connection.origin.startsWith("https:");
	const agents = await openAgents(connection);
	let current = connection;

	const open: Transport["open"] = (method, path, options = {}) =>
		new Promise((resolve, reject) => {
			const { body, signal, timeoutMs = 30_000 } = options;
			const headers: http.OutgoingHttpHeaders = {
				Accept: "application/json",
				"User-Agent": "knistio",
				...current.headers,
				...options.headers,
			};
			if (body !== undefined) headers["Content-Length"] = Buffer.byteLength(body);
			const url = new URL(current.basePath + path, current.origin);
			const request = (secure ? https : http).request(url, {
				method,
				headers,
				agent: agents.current(),
				...(signal ? { signal } : {}),
				...(timeoutMs > 0 ? { timeout: timeoutMs } : {}),
			});
			let sentAt = process.hrtime.bigint();
			const isSent = () => {
				sentAt = process.hrtime.bigint();
			};
			request.on("socket", (socket) => (socket.connecting ? socket.once("connect", isSent) : isSent()));
			let response: http.IncomingMessage | undefined;
			request.on("timeout", () => (response ?? request).destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
			request.on("error", (cause: NodeJS.ErrnoException) => {
				if (signal?.aborted) reject(signal.reason);
				else if (response === undefined && wasIdle(request, cause) && method === "GET") {
					resolve(open(method, path, options));
				} else reject(unreachable(cause, current.origin));
			});
			request.on("response", (answer) => {
				response = answer;
				resolve({ response, sentAt, answeredAt: process.hrtime.bigint() });
			});
			request.end(body);
		});

	return {
		open,
		async request(method, path, options) {
			const { response, sentAt, answeredAt } = await open(method, path, options);
			const chunks: Buffer[] = [];
			try {
				for await (const chunk of response) chunks.push(chunk as Buffer);
			} catch (cause) {
				throw options?.signal?.aborted ? options.signal.reason : unreachable(cause as Error, current.origin);
			}
			return {
				status: response.statusCode ?? 0,
				headers: response.headers,
				body: Buffer.concat(chunks),
				sentAt,
				answeredAt,
			};
		},
		renew(connection) {
			current = connection;
			agents.renew(connection.tls);
		},
		close: agents.close,
	};
}

/** The server had closed the kept connection, as it seems; a write may have arrived, which who sends it must look for. */
const wasIdle = (request: http.ClientRequest, { code }: NodeJS.ErrnoException) =>
	request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
