import type { IncomingMessage, Server } from "node:http";
import { createServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Api } from "../api/api.ts";
import { joinApiVersion } from "../api/resources.ts";
import { badRequest, methodNotAllowed, notFound, StatusError } from "../api/status-error.ts";
import type { Clock } from "../clock/clock.ts";
import type { FaultEffects } from "../faults/fault.ts";
import type { Certificate } from "./certificate.ts";
import { discoveryDocument, versionInfo } from "./discovery.ts";
import { type Exchange, isSet, readBody, sendError, sendJson, sendText } from "./exchange.ts";
import { parseResourcePath, type ResourcePath } from "./paths.ts";
import { createLists, jsonOf, queryOf } from "./reading.ts";
import { createWatches } from "./watching.ts";
import { scaleOf, writeObject } from "./writing.ts";

/** What answers for `/proxy/` of a service, pod or node; throws where nothing is. */
export type ProxyHandler = (target: ResourcePath, exchange: Exchange) => void;

export interface ServerParts {
	api: Api;
	clock: Clock;
	faults: FaultEffects;
	token: string;
	certificate: Certificate;
	kubernetesVersion: string;
	/** The API server's time, ns since 1970; sent as `Date`. */
	serverEpochNs: () => bigint;
	proxy: ProxyHandler;
}

export interface ApiServer {
	origin: string;
	dropWatches(): void;
	/** Forgets history and pages, so that watches and lists cannot be resumed: 410. */
	compact(): void;
	close(): Promise<void>;
}

/** The HTTPS side of the API server, on a port of 127.0.0.1 that the system chooses. */
export async function startServer(parts: ServerParts): Promise<ApiServer> {
	const { api, clock } = parts;
	const lists = createLists(api);
	const watches = createWatches({ api, clock, faults: parts.faults });

	const { key, certificate: cert } = parts.certificate;
	const server = createServer({ key, cert }, (request, response) => {
		const url = new URL(request.url ?? "/", "http://simulated");
		const exchange: Exchange = { request, response, path: url.pathname, query: url.searchParams };
		answer(exchange).catch((error: unknown) => {
			if (error instanceof StatusError) sendError(exchange, error);
			else
				sendError(
					exchange,
					new StatusError(`Internal error occurred: ${String(error)}`, { code: 500, reason: "InternalError" }),
				);
		});
	});

	async function answer(exchange: Exchange): Promise<void> {
		await waitOn(clock, parts.faults.requestDelayMs());
		clock.catchUp();
		exchange.response.setHeader("date", new Date(Number(parts.serverEpochNs() / 1_000_000n)).toUTCString());
		exchange.response.setHeader("audit-id", "simulated");
		if (answeredHealth(exchange)) return;
		if (exchange.request.headers.authorization !== `Bearer ${parts.token}`) {
			throw new StatusError("Unauthorized", { code: 401, reason: "Unauthorized" });
		}
		const retryAfter = parts.faults.throttledForSeconds();
		if (retryAfter !== undefined) {
			const text = "Too many requests, please try again later.\n";
			sendText(exchange, {
				status: 429,
				text,
				type: "text/plain; charset=utf-8",
				headers: { "retry-after": String(retryAfter) },
			});
			return;
		}
		const document = discoveryDocument(api.resources, exchange.path);
		if (document !== undefined) sendJson(exchange, 200, document);
		else if (exchange.path.endsWith("/selfsubjectaccessreviews")) await review(exchange);
		else await answerResource(exchange);
	}

	function answeredHealth(exchange: Exchange): boolean {
		if (/^\/(readyz|livez|healthz)$/.test(exchange.path)) {
			sendText(exchange, { status: 200, text: "ok", type: "text/plain; charset=utf-8" });
		} else if (exchange.path === "/version") sendJson(exchange, 200, versionInfo(parts.kubernetesVersion));
		else return false;
		return true;
	}

	async function review(exchange: Exchange): Promise<void> {
		const given = JSON.parse(await readBody(exchange.request)) as { spec?: Record<string, Record<string, string>> };
		const { group = "", resource = "", verb = "" } = given.spec?.resourceAttributes ?? {};
		const isAllowed = !parts.faults.isForbidden(verb, group === "" ? resource : `${resource}.${group}`);
		sendJson(exchange, 201, {
			...given,
			status: { allowed: isAllowed, ...(isAllowed ? { reason: "simulated" } : {}) },
		});
	}

	async function answerResource(exchange: Exchange): Promise<void> {
		const path = parseResourcePath(exchange.path);
		const resource = path?.plural === undefined ? undefined : api.resources.find(path.group, path.version, path.plural);
		if (path === undefined || resource === undefined) {
			sendText(exchange, { status: 404, text: "404 page not found\n", type: "text/plain; charset=utf-8" });
			return;
		}
		checkAccess(exchange, path, resource.id);
		if (path.subresource === "proxy") {
			parts.proxy(path, exchange);
			return;
		}
		const method = exchange.request.method;
		if (method !== "GET") {
			const { status, value } = await writeObject({ api, exchange, resource, path });
			sendJson(exchange, status, value);
		} else if (path.name !== undefined) sendObject(exchange, path, resource);
		else if (isSet(exchange.query, "watch")) watches.open(exchange, queryOf(resource, path, exchange.query));
		else {
			const text = lists.list(queryOf(resource, path, exchange.query), exchange.query);
			sendText(exchange, { status: 200, text, type: "application/json" });
		}
	}

	function sendObject(
		exchange: Exchange,
		path: ResourcePath,
		resource: NonNullable<ReturnType<typeof api.resources.byId>>,
	): void {
		const name = path.name ?? "";
		if (resource.namespaced && path.namespace === undefined)
			throw badRequest("an empty namespace may not be set when a resource name is provided");
		const object = api.get(resource.id, { name, namespace: resource.namespaced ? path.namespace : undefined });
		if (object === undefined) throw notFound({ resource, name });
		if (path.subresource === "scale" && resource.hasScale) sendJson(exchange, 200, scaleOf(object));
		else if (path.subresource === undefined || (path.subresource === "status" && resource.hasStatus)) {
			const text = jsonOf(object, joinApiVersion(path.group, path.version));
			sendText(exchange, { status: 200, text, type: "application/json" });
		} else throw methodNotAllowed();
	}

	function checkAccess({ request, query }: Exchange, path: ResourcePath, id: string): void {
		const verb = verbOf(request, query, path);
		if (!parts.faults.isForbidden(verb, id)) return;
		const name = path.name === undefined ? "" : ` "${path.name}"`;
		const where = path.namespace === undefined ? "at the cluster scope" : `in the namespace "${path.namespace}"`;
		const what = `User "simulated" cannot ${verb} resource "${path.plural}" in API group "${path.group}" ${where}`;
		throw new StatusError(`${id}${name} is forbidden: ${what}`, {
			code: 403,
			reason: "Forbidden",
			details: { ...(path.name === undefined ? {} : { name: path.name }), group: path.group, kind: path.plural ?? "" },
		});
	}

	const stop = await listen(server);
	return {
		origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
		dropWatches: () => watches.dropAll(),
		compact() {
			api.store.compact();
			lists.expireAll();
		},
		close: stop,
	};
}

function verbOf(request: IncomingMessage, query: URLSearchParams, path: ResourcePath): string {
	const isOne = path.name !== undefined;
	switch (request.method) {
		case "POST":
			return "create";
		case "PUT":
			return "update";
		case "PATCH":
			return "patch";
		case "DELETE":
			return isOne ? "delete" : "deletecollection";
		default:
			return isOne ? "get" : isSet(query, "watch") ? "watch" : "list";
	}
}

/** Resolves after simulated milliseconds. */
function waitOn(clock: Clock, delayMs: number): Promise<void> {
	if (delayMs <= 0) return Promise.resolve();
	return new Promise((resolve) => clock.after(delayMs, resolve));
}

/** Listens on 127.0.0.1, on the port given or one that the system chooses; the result closes every connection. */
export function listen(server: Server | SecureServer, port = 0): Promise<() => Promise<void>> {
	const sockets = new Set<Socket>();
	server.keepAliveTimeout = 120_000;
	server.requestTimeout = 0;
	server.on("connection", (socket: Socket) => {
		socket.setNoDelay(true);
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => resolve(close));
	});
}
