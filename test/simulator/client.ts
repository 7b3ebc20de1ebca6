import type http from "node:http";
import https from "node:https";
import { load } from "js-yaml";
import type { KubeObject } from "../../src/simulator/api/objects.ts";
import { type SimulatedCluster, type SimulationOptions, startSimulatedCluster } from "../../src/simulator/start.ts";

export interface Answer {
	status: number;
	headers: http.IncomingHttpHeaders;
	text: string;
	json: Record<string, unknown>;
}

export interface WatchEvent {
	type: string;
	object: KubeObject & { code?: number; reason?: string; message?: string };
}

export interface Client {
	cluster: SimulatedCluster;
	origin: string;
	/** As `curl -X METHOD` with a JSON body. */
	call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
	/** Server-side apply. */
	apply(path: string, object: unknown, query?: string): Promise<Answer>;
	watch(path: string): {
		events: WatchEvent[];
		/** Waits for the first event and until it is so; fails when the watch ends before. */
		until(isSo: (events: WatchEvent[]) => boolean, limitMs?: number): Promise<WatchEvent[]>;
		ended: Promise<void>;
		close(): void;
	};
	close(): Promise<void>;
}

/** A client with nothing of knistio's own in it: what curl would see. */
export async function openClient(options: Partial<SimulationOptions> = {}): Promise<Client> {
	const cluster = await startSimulatedCluster({ model: "today", seed: 1, speed: 50, ...options });
	const config = load(cluster.kubeconfig) as {
		clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
		users: { user: { token: string } }[];
	};
	const origin = config.clusters[0]?.cluster.server ?? "";
	const authorization = `Bearer ${config.users[0]?.user.token}`;
	const ca = Buffer.from(config.clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64").toString();
	// Without a name of its own, Node would check the certificate against the Host header.
	const agent = new https.Agent({ keepAlive: true, ca, servername: "" });

	const call: Client["call"] = (method, path, body, headers = {}) =>
		new Promise((resolve, reject) => {
			const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
			const type: http.OutgoingHttpHeaders =
				text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
			const request = https.request(
				origin + path,
				{ method, agent, headers: { authorization, ...type, ...headers } },
				async (response) => {
					let text = "";
					for await (const chunk of response) text += chunk;
					const isJson = response.headers["content-type"] === "application/json";
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						text,
						json: isJson ? JSON.parse(text) : {},
					});
				},
			);
			request.on("error", reject);
			request.end(text);
		});

	const watch: Client["watch"] = (path) => {
		const events: WatchEvent[] = [];
		const listeners = new Set<() => void>();
		const tell = () => {
			for (const listener of [...listeners]) listener();
		};
		let hasEnded = false;
		let rest = "";
		const { promise: ended, resolve: end } = withResolvers();
		const request = https.get(
			`${origin}${path}${path.includes("?") ? "&" : "?"}watch=true`,
			{ headers: { authorization }, ca, agent: false },
			(response) => {
				response.on("data", (chunk: Buffer) => {
					const lines = (rest + chunk.toString()).split("\n");
					rest = lines.pop() ?? "";
					for (const line of lines) events.push(JSON.parse(line) as WatchEvent);
					tell();
				});
				response.on("close", () => {
					hasEnded = true;
					end();
					tell();
				});
			},
		);
		request.on("error", () => end());
		return {
			events,
			ended,
			close: () => request.destroy(),
			until: (isSo, limitMs = 10_000) =>
				new Promise((resolve, reject) => {
					const timer = setTimeout(
						() =>
							reject(
								new Error(`not seen on ${path}: ${events.map((one) => `${one.type} ${one.object.metadata?.name}`)}`),
							),
						limitMs,
					);
					const look = () => {
						const isSeen = events.length > 0 && isSo(events);
						if (!isSeen && !hasEnded) return;
						clearTimeout(timer);
						listeners.delete(look);
						if (isSeen) resolve(events);
						else reject(new Error(`the watch on ${path} ended`));
					};
					listeners.add(look);
					look();
				}),
		};
	};

	return {
		cluster,
		origin,
		call,
		apply: (path, object, query = "fieldManager=test") =>
			call("PATCH", `${path}?${query}`, object, { "content-type": "application/apply-patch+yaml" }),
		watch,
		async close() {
			agent.destroy();
			await cluster.close();
		},
	};
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
	let resolve = () => {};
	const promise = new Promise<void>((done) => {
		resolve = done;
	});
	return { promise, resolve };
}

/** A ConfigMap in the namespace default. */
export function configMap(name: string, data: Record<string, string>, labels?: Record<string, string>): KubeObject {
	return {
		apiVersion: "v1",
		kind: "ConfigMap",
		metadata: { name, namespace: "default", ...(labels ? { labels } : {}) },
		data,
	};
}
