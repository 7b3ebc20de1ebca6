import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listen } from "../http/listen.ts";
import type { ClusterTruth } from "../world/truth.ts";
import { jaegerAnswer } from "./jaeger.ts";

/** A backend that knows the cluster's traces. */
export interface TraceBackend {
	/** `http://127.0.0.1:<port>`, without `/api`. */
	url: string;
	close(): Promise<void>;
}

/** Serves Jaeger's query API on a port of 127.0.0.1 that the system chooses. A span can be asked for when it has ended. */
export async function startTraceBackend(truth: () => ClusterTruth): Promise<TraceBackend> {
	const server = createServer((request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? "/", "http://simulated");
		const [status, body] = answered(() => jaegerAnswer(truth(), pathname, searchParams));
		response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
	});
	const close = await listen(server);
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function answered(answer: () => unknown): [status: number, body: unknown] {
	try {
		const body = answer();
		return body === undefined ? [404, problem(404, "not found")] : [200, body];
	} catch (error) {
		return [400, problem(400, (error as Error).message)];
	}
}

const problem = (code: number, msg: string) => ({ data: null, errors: [{ code, msg }] });
