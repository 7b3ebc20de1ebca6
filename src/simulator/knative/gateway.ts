import type { World } from "../world/world.ts";
import type { Activator } from "./activator.ts";
import type { Autoscaler } from "./autoscaler.ts";
import {
	type GatewayAnswer,
	GatewayExchange,
	type GatewayExchangeParts,
	type GatewayRequest,
	type RequestCounts,
} from "./gateway-exchange.ts";
import { isGatewayThere, type ProgrammedRules } from "./ingresses.ts";
import { startOtherClients } from "./other-clients.ts";

/** The Istio ingress gateway: routes by Host, through Knative's activator. */
export interface Gateway {
	/** Whether connections are accepted. */
	isOpen(): boolean;
	/** Calls back once with the answer; the result ends the request early. */
	handle(request: GatewayRequest, onAnswer: (answer: GatewayAnswer) => void): () => void;
	counts: RequestCounts;
}

/** What is behind the gateway. */
export interface GatewayParts {
	activator: Activator;
	autoscaler: Autoscaler;
	rules: ProgrammedRules;
}

export function startGateway(world: World, { activator, autoscaler, rules }: GatewayParts): Gateway {
	const counts: RequestCounts = { served: new Map(), checked: new Map(), routed: new Map() };
	const parts: GatewayExchangeParts = { world, activator, autoscaler, counts };
	const exchanged = (request: GatewayRequest, onAnswer: (answer: GatewayAnswer) => void) => {
		const exchange = new GatewayExchange(parts, request, onAnswer);
		const revisionKey = findRevision(world, rules, request.host);
		if (revisionKey === undefined) exchange.refuse();
		else exchange.sendTo(revisionKey);
		return () => exchange.end();
	};
	const toldOf = startOtherClients(world, (host) => {
		exchanged({ host, path: "/", headers: {} }, () => {});
	});
	return {
		isOpen: () => isGatewayThere(world),
		handle(request, onAnswer) {
			const host = request.host.replace(/:\d+$/, "").toLowerCase();
			toldOf(host);
			return exchanged({ ...request, host }, onAnswer);
		},
		counts,
	};
}

/** `namespace/revision` that the host leads to; one of several is chosen by chance, weighted by their percents. */
function findRevision({ random }: World, rules: ProgrammedRules, host: string): string | undefined {
	for (const rule of [...rules.values()].flat()) {
		if (rule.visibility !== "ExternalIP" || !rule.hosts.includes(host)) continue;
		const splits = rule.http.paths[0]?.splits ?? [];
		let left = splits.length > 1 ? random.unit(`split/${host}`) * 100 : 0;
		const chosen = splits.find(({ percent }) => {
			left -= percent;
			return left < 0;
		});
		if (chosen !== undefined) return `${chosen.serviceNamespace}/${chosen.serviceName}`;
	}
	return undefined;
}
