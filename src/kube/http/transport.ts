import http from "node:http";
import https from "node:https";
import { type Agents, openAgents } from "./agents.ts";
import type { Connection, RawAnswer } from "./connection.ts";
import { unreachable } from "./unreachable.ts";

/** What a request may carry. */
export interface RequestOptions {
	headers?: Record<string, string>;
	body?: string;
	/** Without any byte of an answer for so long, the request fails; 30 s by default, 0 for never. */
	timeoutMs?: number;
	signal?: AbortSignal;
}

/** An answer whose headers have come, and the times of its request in `process.hrtime` ns. */
export interface OpenAnswer {
	response: http.IncomingMessage;
	sentAt: bigint;
	answeredAt: bigint;
}

/** HTTP to one API server over kept-alive connections. HTTP/1.1, so that a watch never shares a socket with a call. */
export interface Transport {
	request(method: string, path: string, options?: RequestOptions): Promise<RawAnswer>;
	/** Sends a request and hands over the answer as soon as its headers have come, to be read as it arrives. */
	open(method: string, path: string, options?: RequestOptions): Promise<OpenAnswer>;
	/** Replaces the credentials of later requests. */
	renew(connection: Connection): void;
	close(): void;
}

/** Opens a transport; nothing is sent before the first request. */
export async function openTransport(connection: Connection): Promise<Transport> {
	return new HttpTransport(connection, await openAgents(connection));
}

class HttpTransport implements Transport {
	readonly #agents: Agents;
	#connection: Connection;

	constructor(connection: Connection, agents: Agents) {
		this.#connection = connection;
		this.#agents = agents;
	}

	open(method: string, path: string, options: RequestOptions = {}): Promise<OpenAnswer> {
		return new Promise((resolve, reject) => {
			const { body, signal, timeoutMs = 30_000 } = options;
			const request = this.#start(method, path, options);
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
					resolve(this.open(method, path, options));
				} else reject(unreachable(cause, this.#connection.origin));
			});
			request.on("response", (answer) => {
				response = answer;
				resolve({ response, sentAt, answeredAt: process.hrtime.bigint() });
			});
			request.end(body);
		});
	}

	async request(method: string, path: string, options?: RequestOptions): Promise<RawAnswer> {
		const { response, sentAt, answeredAt } = await this.open(method, path, options);
		const chunks: Buffer[] = [];
		try {
			for await (const chunk of response) chunks.push(chunk as Buffer);
		} catch (cause) {
			throw options?.signal?.aborted ? options.signal.reason : unreachable(cause as Error, this.#connection.origin);
		}
		const { statusCode: status = 0, headers } = response;
		return { status, headers, body: Buffer.concat(chunks), sentAt, answeredAt };
	}

	renew(connection: Connection): void {
		this.#connection = connection;
		this.#agents.renew(connection.tls);
	}

	close(): void {
		this.#agents.close();
	}

	#start(method: string, path: string, options: RequestOptions): http.ClientRequest {
		const { body, signal, timeoutMs = 30_000 } = options;
		const { origin, basePath, headers: credentials } = this.#connection;
		const headers: http.OutgoingHttpHeaders = {
			Accept: "application/json",
			"User-Agent": "knistio",
			...credentials,
			...options.headers,
		};
		if (body !== undefined) headers["Content-Length"] = Buffer.byteLength(body);
		return (origin.startsWith("https:") ? https : http).request(new URL(basePath + path, origin), {
			method,
			headers,
			agent: this.#agents.current(),
			...(signal ? { signal } : {}),
			...(timeoutMs > 0 ? { timeout: timeoutMs } : {}),
		});
	}
}

/** The server had closed the kept connection, as it seems; a write may have arrived, which who sends it must look for. */
const wasIdle = (request: http.ClientRequest, { code }: NodeJS.ErrnoException) =>
	request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
