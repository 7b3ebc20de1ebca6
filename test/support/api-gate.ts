import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { load } from "js-yaml";

/** Lies between a program and an API server, and sees every write that is done. */
export interface ApiGate {
	/** A kubeconfig that leads through it. */
	kubeconfig: string;
	/** Called when the API server has done a write, before the program gets the answer. */
	onWrite: (count: number) => void;
	/** Writes since {@link reset}. */
	readonly writes: number;
	reset(): void;
	/** What is not allowed is answered with 403, and not passed on. */
	allows: (method: string, url: string) => boolean;
	/** `POST /api/v1/…` of each that was refused. */
	readonly refused: readonly string[];
	close(): Promise<void>;
}

interface Kubeconfig {
	clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
	users: unknown;
}

/** Opens a gate to the API server that a kubeconfig names. */
export async function openApiGate(kubeconfigText: string): Promise<ApiGate> {
	const config = load(kubeconfigText) as Kubeconfig;
	const { server: origin, "certificate-authority-data": authority } = config.clusters[0].cluster;
	const agent = new https.Agent({ ca: Buffer.from(authority, "base64"), keepAlive: true });
	let writes = 0;
	const refused: string[] = [];
	const server = http.createServer((request, response) => {
		const { method, url, headers } = request;
		if (!gate.allows(method ?? "GET", url ?? "/")) {
			refused.push(`${method} ${url}`);
			response.writeHead(403).end();
			return;
		}
		const isWrite = method !== "GET" && !url?.includes("selfsubjectaccessreviews");
		const passed = https.request(`${origin}${url}`, { method, agent, headers }, (answer) => {
			if (isWrite && (answer.statusCode ?? 500) < 300) gate.onWrite(++writes);
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
		});
		passed.on("error", () => response.destroy());
		response.on("close", () => passed.destroy());
		request.pipe(passed);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const gate: ApiGate = {
		kubeconfig: JSON.stringify({
			...config,
			clusters: [{ name: "simulated", cluster: { server: `http://127.0.0.1:${port}` } }],
		}),
		onWrite: () => {},
		get writes() {
			return writes;
		},
		allows: () => true,
		refused,
		reset: () => {
			writes = 0;
		},
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections();
				agent.destroy();
				server.close(() => resolve());
			}),
	};
	return gate;
}
