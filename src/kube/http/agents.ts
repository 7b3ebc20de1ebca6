import http from "node:http";
import https from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { Connection } from "./connection.ts";

type Route = Pick<Connection, "origin" | "tls" | "proxyUrl">;

/** The connections to one server: kept alive, through its proxy, with its certificates. */
export async function agentFor(route: Route, keepAlive = true): Promise<http.Agent> {
	return (await agentMaker(route))(route.tls, keepAlive);
}

type MakeAgent = (tls: Connection["tls"], keepAlive: boolean) => http.Agent;

/** What proxies need is loaded only where there is one. */
async function agentMaker({ origin, proxyUrl }: Route): Promise<MakeAgent> {
	const keep = { maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 16 };
	const isSecure = origin.startsWith("https:");
	if (proxyUrl !== undefined) {
		const { proxyAgent } = await import("./proxy-agents.ts");
		return (tls, keepAlive) => proxyAgent(proxyUrl, isSecure, { ...keep, keepAlive, ...(isSecure ? tls : {}) });
	}
	if (isSecure) return (tls, keepAlive) => new https.Agent({ ...keep, keepAlive, ...tls });
	return (_, keepAlive) => new http.Agent({ ...keep, keepAlive });
}

/** The agent of a server's present credentials, and those of earlier ones, whose requests may be under way. */
export interface Agents {
	current(): http.Agent;
	/** Client certificates and CAs belong to a connection: with other ones, later requests go over new connections. */
	renew(tls: Connection["tls"]): void;
	close(): void;
}

export async function openAgents(route: Route): Promise<Agents> {
	const make = await agentMaker(route);
	let { tls } = route;
	const agents = [make(tls, true)];
	return {
		current: () => agents.at(-1) as http.Agent,
		renew(fresh) {
			if (isDeepStrictEqual(fresh, tls)) return;
			tls = fresh;
			agents.push(make(tls, true));
		},
		close() {
			for (const agent of agents) agent.destroy();
		},
	};
}
