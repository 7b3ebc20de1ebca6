import type { Api } from "../api/api.ts";
import { joinApiVersion, type Resource } from "../api/resources.ts";
import { badRequest, methodNotAllowed, notFound, StatusError } from "../api/status-error.ts";
import type { Clock } from "../clock/clock.ts";
import type { FaultEffects } from "../faults/fault.ts";
import type { ContainerLogs } from "../world/logs.ts";
import { answerReview, checkAccess } from "./access.ts";
import { discoveryDocument, versionInfo } from "./discovery.ts";
import { type Exchange, isSet, sendJson, sendText } from "./exchange.ts";
import { parseResourcePath, type ResourcePath } from "./paths.ts";
import { sendPodLog } from "./pod-log.ts";
import { jsonOf, type Lists, queryOf } from "./reading.ts";
import type { Watches } from "./watching.ts";
import { callWebhooks } from "./webhooks.ts";
import { scaleOf, writeObject } from "./writing.ts";

/** What answers for `/proxy/` of a service, pod or node; throws where nothing is. */
export type ProxyHandler = (target: ResourcePath, exchange: Exchange) => void;

/** What the answers come from. */
export interface Answering {
	api: Api;
	clock: Clock;
	faults: FaultEffects;
	token: string;
	kubernetesVersion: string;
	/** The API server's time, ns since 1970; sent as `Date`. */
	serverEpochNs: () => bigint;
	proxy: ProxyHandler;
	logs: ContainerLogs;
	lists: Lists;
	watches: Watches;
}

/**
 * Answers one request, after the delay that a fault may cause.
 * @throws StatusError for what the API server refuses
 */
export async function answer(parts: Answering, exchange: Exchange): Promise<void> {
	await waitOn(parts.clock, parts.faults.requestDelayMs());
	parts.clock.catchUp();
	exchange.response.setHeader("date", new Date(Number(parts.serverEpochNs() / 1_000_000n)).toUTCString());
	exchange.response.setHeader("audit-id", "simulated");
	if (answeredHealth(parts, exchange)) return;
	if (exchange.request.headers.authorization !== `Bearer ${parts.token}`) {
		throw new StatusError("Unauthorized", { code: 401, reason: "Unauthorized" });
	}
	const retryAfter = parts.faults.throttledForSeconds();
	if (retryAfter !== undefined) {
		sendTooMany(exchange, retryAfter);
		return;
	}
	const document = discoveryDocument(parts.api.resources, exchange.path);
	if (document !== undefined) sendJson(exchange, 200, document);
	else if (exchange.path.endsWith("/selfsubjectaccessreviews")) await answerReview(parts.faults, exchange);
	else await answerResource(parts, exchange);
}

function sendTooMany(exchange: Exchange, retryAfterSeconds: number): void {
	sendText(exchange, {
		status: 429,
		text: "Too many requests, please try again later.\n",
		type: "text/plain; charset=utf-8",
		headers: { "retry-after": String(retryAfterSeconds) },
	});
}

function answeredHealth({ kubernetesVersion }: Answering, exchange: Exchange): boolean {
	if (/^\/(readyz|livez|healthz)$/.test(exchange.path)) {
		sendText(exchange, { status: 200, text: "ok", type: "text/plain; charset=utf-8" });
	} else if (exchange.path === "/version") sendJson(exchange, 200, versionInfo(kubernetesVersion));
	else return false;
	return true;
}

async function answerResource(parts: Answering, exchange: Exchange): Promise<void> {
	const { api, watches, lists } = parts;
	const path = parseResourcePath(exchange.path);
	const resource = path?.plural === undefined ? undefined : api.resources.find(path.group, path.version, path.plural);
	if (path === undefined || resource === undefined) {
		sendText(exchange, { status: 404, text: "404 page not found\n", type: "text/plain; charset=utf-8" });
		return;
	}
	checkAccess(parts.faults, exchange, { path, id: resource.id });
	if (path.subresource === "proxy") {
		parts.proxy(path, exchange);
		return;
	}
	const method = exchange.request.method;
	if (path.subresource === "log" && resource.id === "pods" && method === "GET") sendPodLog(parts, exchange, path);
	else if (method !== "GET") {
		callWebhooks(parts, { resource, path, method });
		const { status, value } = await writeObject({ api, exchange, resource, path });
		sendJson(exchange, status, value);
	} else if (path.name !== undefined) sendObject(api, exchange, { path, resource });
	else if (isSet(exchange.query, "watch")) watches.open(exchange, queryOf(resource, path, exchange.query));
	else {
		const text = lists.list(queryOf(resource, path, exchange.query), exchange.query);
		sendText(exchange, { status: 200, text, type: "application/json" });
	}
}

function sendObject(
	api: Api,
	exchange: Exchange,
	{ path, resource }: { path: ResourcePath; resource: Resource },
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

/** Resolves after simulated milliseconds. */
function waitOn(clock: Clock, delayMs: number): Promise<void> {
	if (delayMs <= 0) return Promise.resolve();
	return new Promise((resolve) => clock.after(delayMs, resolve));
}
