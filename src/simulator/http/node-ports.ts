import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:net";
import type { Api } from "../api/api.ts";
import { keyOf, type Service, type ServicePort } from "../api/objects.ts";
import type { Clock } from "../clock/clock.ts";
import type { Gateway } from "../knative/gateway.ts";
import type { GatewayAnswer, GatewayRequest } from "../knative/gateway-exchange.ts";
import { keepAlive, listen } from "./listen.ts";
import { createSecureDoor } from "./secure-door.ts";

/** Node ports that really listen on 127.0.0.1. */
export interface NodePorts {
	close(): Promise<void>;
}

const firstPort = 30_000;
const portCount = 2768;
const poolSize = 12;

/** The Service of Istio's ingress gateway, whose requests are forwarded; other services accept no connection. */
function isGateway(service: Service): boolean {
	return service.metadata.namespace === "istio-system" && service.spec.selector?.istio === "ingressgateway";
}

/** Who uses a node port. */
interface PortUser {
	service: string;
	port: ServicePort;
	isGateway: boolean;
}

interface PortsState extends NodePortsParts {
	closers: (() => Promise<void>)[];
	/** Open ports that no Service uses. */
	free: number[];
	users: Map<number, PortUser>;
}

/** What node ports need of the cluster. */
export interface NodePortsParts {
	api: Api;
	clock: Clock;
	gateway: Gateway;
}

/**
 * Opens some ports of Kubernetes' range before any Service needs one, so that every port that is assigned is really
 * free on this machine. A port that a Service names itself is opened if it is free.
 */
export async function openNodePorts(parts: NodePortsParts): Promise<NodePorts> {
	const state: PortsState = { ...parts, closers: [], free: [], users: new Map() };
	await fillPool(state);
	parts.api.onCreate((resource, object) => {
		if (resource.id === "services") assign(state, object as Service);
	});
	parts.api.watch("services", ({ type, object }) => {
		if (type === "MODIFIED") use(state, object as Service);
		if (type === "DELETED") release(state, object as Service);
	});
	return {
		close: async () => {
			await Promise.all(state.closers.map((close) => close()));
		},
	};
}

async function fillPool(state: PortsState): Promise<void> {
	const start = Math.floor(Math.random() * portCount);
	for (let step = 0; state.free.length < poolSize && step < portCount; step++) {
		const port = firstPort + ((start + step * 17) % portCount);
		if (await open(state, port)) state.free.push(port);
	}
}

async function open(state: PortsState, port: number): Promise<boolean> {
	const http = createHttpServer((request, response) => serve(state, { request, response }));
	keepAlive(http);
	const secure = createSecureDoor(state.api, (socket) => http.emit("connection", socket));
	const server = createServer((socket) => {
		state.clock.catchUp();
		const kind = kindOf(state, port);
		if (kind === "http") http.emit("connection", socket);
		else if (kind === "https") secure(socket);
		else socket.destroy();
	});
	try {
		state.closers.push(await listen(server, port));
		return true;
	} catch {
		return false;
	}
}

/** What the gateway behind a port speaks; undefined for a port of which it knows nothing. */
function kindOf({ gateway, users }: PortsState, port: number): "http" | "https" | undefined {
	const user = users.get(port);
	if (user?.isGateway !== true || !gateway.isOpen()) return undefined;
	if (user.port.port === 80 || user.port.name === "http2") return "http";
	return user.port.port === 443 ? "https" : undefined;
}

function serve(
	{ clock, gateway }: PortsState,
	{ request, response }: { request: IncomingMessage; response: ServerResponse },
): void {
	clock.catchUp();
	if (!gateway.isOpen()) {
		request.socket.destroy();
		return;
	}
	const cancel = gateway.handle(gatewayRequest(request, request.url ?? "/"), (answer) => sendAnswer(response, answer));
	response.on("close", cancel);
}

/** A request whose body may still be coming. */
export function gatewayRequest(request: IncomingMessage, path: string): GatewayRequest {
	const chunks: Buffer[] = [];
	request.on("data", (chunk: Buffer) => chunks.push(chunk));
	return {
		host: request.headers.host ?? "",
		...(request.method === undefined ? {} : { method: request.method }),
		path,
		headers: request.headers,
		body: () => Buffer.concat(chunks).toString("utf8"),
	};
}

/** Gives a new Service its node ports, as the API server does. */
function assign(state: PortsState, service: Service): void {
	const { free, users } = state;
	if (service.spec.type !== "NodePort" && service.spec.type !== "LoadBalancer") return;
	for (const port of service.spec.ports ?? []) {
		if (port.nodePort === undefined) {
			const next = free.shift();
			if (next !== undefined) port.nodePort = next;
		} else if (!users.has(port.nodePort)) {
			const index = free.indexOf(port.nodePort);
			if (index >= 0) free.splice(index, 1);
			else void open(state, port.nodePort);
		}
	}
	use(state, service);
}

function use({ users }: PortsState, service: Service): void {
	for (const port of service.spec.ports ?? []) {
		if (port.nodePort !== undefined)
			users.set(port.nodePort, { service: keyOf(service.metadata), port, isGateway: isGateway(service) });
	}
}

function release({ users, free }: PortsState, service: Service): void {
	for (const [port, user] of users) {
		if (user.service !== keyOf(service.metadata)) continue;
		users.delete(port);
		free.push(port);
	}
}

/** Writes the answer of the gateway. */
export function sendAnswer(response: ServerResponse, answer: GatewayAnswer): void {
	if (response.destroyed) return;
	const body = Buffer.from(answer.body);
	response.writeHead(answer.status, { ...answer.headers, "content-length": body.length });
	response.end(body);
}
