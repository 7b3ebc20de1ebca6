import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { OtlpResourceSpans, OtlpSpan, OtlpTraces } from "../../src/output/report/otlp.ts";

/** What a collector was sent. */
interface Received {
	path: string;
	headers: http.IncomingHttpHeaders;
	traces: OtlpTraces;
}

/** An OTLP/HTTP receiver on loopback: it takes what the specification takes, and answers as told. */
export async function startCollector(...answers: { status?: number; body?: string }[]) {
	const received: Received[] = [];
	const server = http.createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const traces = JSON.parse(Buffer.concat(chunks).toString()) as OtlpTraces;
		received.push({ path: request.url ?? "", headers: request.headers, traces });
		const isOtlp = request.method === "POST" && request.headers["content-type"] === "application/json";
		const { status = isOtlp ? 200 : 415, body = "{}" } = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
		response.writeHead(status, { "content-type": "application/json" }).end(body);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	const { port } = server.address() as AddressInfo;
	const resources = (): OtlpResourceSpans[] => received.flatMap(({ traces }) => traces.resourceSpans);
	return {
		address: `http://127.0.0.1:${port}`,
		received,
		resources,
		spans: (): OtlpSpan[] => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
	};
}
