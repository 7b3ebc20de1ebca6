import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, type StatusError, statusOf } from "../api/status-error.ts";

/** One HTTP request with its answer. */
export interface Exchange {
	request: IncomingMessage;
	response: ServerResponse;
	path: string;
	query: URLSearchParams;
}

/** Answers with a JSON value. */
export function sendJson(exchange: Exchange, status: number, value: unknown): void {
	sendText(exchange, { status, text: JSON.stringify(value), type: "application/json" });
}

/** Answers with text that is ready to be sent. */
export function sendText(
	{ response }: Exchange,
	answer: { status: number; text: string; type: string; headers?: Record<string, string> },
): void {
	if (response.headersSent || response.destroyed) return;
	const body = Buffer.from(answer.text);
	response.writeHead(answer.status, {
		...answer.headers,
		"content-type": answer.type,
		"content-length": body.length,
		"cache-control": "no-cache, private",
	});
	response.end(body);
}

/** Answers with a Status. */
export function sendError(exchange: Exchange, error: StatusError): void {
	const text = JSON.stringify(statusOf(error));
	sendText(exchange, { status: error.code, text, type: "application/json", headers: error.headers });
}

const bodyLimitBytes = 3 * 1024 * 1024;

/** The whole body as text; the API server refuses more than 3 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > bodyLimitBytes) throw badRequest("Request entity too large: limit is 3145728");
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}

/** Whether a query parameter is set as Go's ParseBool reads it. */
export function isSet(query: URLSearchParams, name: string): boolean {
	return ["1", "t", "T", "true", "TRUE", "True"].includes(query.get(name) ?? "");
}
