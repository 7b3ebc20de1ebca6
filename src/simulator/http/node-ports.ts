import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Api } from "../api/api.ts";
import { keyOf, type Service, type ServicePort } from "../api/objects.ts";
import type { Clock } from "../clock/clock.ts";
import type { Gateway, GatewayAnswer } from "../knative/gateway.ts";
import { listen } from "./listen.ts";

/** Node ports that really listen on 127.0.0.1. */
export interface NodePorts {
	close(): Promise<void>;
}

const firstPort = 30_000;
const portCount = 2768;
const poolSize = 12;

/** The Service of Istio's ingress gateway, whose requests go on; other services accept no connection. */
function isGateway(service: Service): boolean {
	return service.metadata.namespace === "istio-system" && service.spec.selector?.istio === "ingressgateway";
}

/**
 * Opens some ports of Kubernetes' range before any Service asks, so that one that gets a node port gets one that is
 * really free. A port that a Service names itself is opened if it can be.
 */
export async function openNodePorts(parts: { api: Api; clock: Clock; gateway: Gateway }): Promise<NodePorts> {
	const { api, clock, gateway } = parts;
	const closers: (() => Promise<void>)[] = [];
	const free: number[] = [];
	const users = new Map<number, { service: string; port: ServicePort; isGateway: boolean }>();

	async function open(port: number): Promise<boolean> {
		const server = createServer((request, response) => serve(port, request, response));
		try {
			closers.push(await listen(server, port));
			return true;
		} catch {
			return false;
		}
	}

	function serve(port: number, request: IncomingMessage, response: ServerResponse): void {
		clock.catchUp();
		const user = users.get(port);
		if (user?.isGateway !== true || !gateway.isOpen() || (user.port.port !== 80 && user.port.name !== "http2")) {
			request.socket.destroy();
			return;
		}
		const asked = { host: request.headers.host ?? "", path: request.url ?? "/", headers: request.headers };
		const cancel = gateway.handle(asked, (answer) => sendAnswer(response, answer));
		response.on("close", cancel);
	}

	for (
		let start = Math.floor(Math.random() * portCount), step = 0;
		free.length < poolSize && step < portCount;
		step++
	) {
		const port = firstPort + ((start + step * 17) % portCount);
		if (await open(port)) free.push(port);
	}

	api.onCreate((resource, object) => {
		if (resource.id === "services") assign(object as Service);
	});

	function assign(service: Service): void {
		if (service.spec.type !== "NodePort" && service.spec.type !== "LoadBalancer") return;
		for (const port of service.spec.ports ?? []) {
			if (port.nodePort === undefined) {
				const next = free.shift();
				if (next !== undefined) port.nodePort = next;
			} else if (!users.has(port.nodePort)) {
				const index = free.indexOf(port.nodePort);
				if (index >= 0) free.splice(index, 1);
				else void open(port.nodePort);
			}
		}
		use(service);
	}

	function use(service: Service): void {
		for (const port of service.spec.ports ?? []) {
			if (port.nodePort !== undefined)
				users.set(port.nodePort, { service: keyOf(service.metadata), port, isGateway: isGateway(service) });
		}
	}

	api.watch("services", ({ type, object }) => {
		const service = object as Service;
		if (type === "MODIFIED") use(service);
		if (type !== "DELETED") return;
		for (const [port, user] of users) {
			if (user.service !== keyOf(service.metadata)) continue;
			users.delete(port);
			free.push(port);
		}
	});
	return {
		close: async () => {
			await Promise.all(closers.map((close) => close()));
		},
	};
}

/** Writes what the gateway answers. */
export function sendAnswer(response: ServerResponse, answer: GatewayAnswer): void {
	if (response.destroyed) return;
	const body = Buffer.from(answer.body);
	response.writeHead(answer.status, { ...answer.headers, "content-length": body.length });
	response.end(body);
}
