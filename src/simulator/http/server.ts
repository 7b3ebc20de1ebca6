import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "../../certificate.ts";
import { StatusError } from "../api/status-error.ts";
import { type Answering, answer } from "./answering.ts";
import { type Exchange, sendError } from "./exchange.ts";
import { keepAlive, listen } from "./listen.ts";
import { createLists } from "./reading.ts";
import { createWatches } from "./watching.ts";

/** What the server is made of. */
export interface ServerParts extends Omit<Answering, "lists" | "watches"> {
	certificate: Certificate;
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
	const { api, clock, faults } = parts;
	const lists = createLists(api);
	const watches = createWatches({ api, clock, faults });
	const answering: Answering = { ...parts, lists, watches };
	const { key, certificate: cert } = parts.certificate;
	const server = createServer({ key, cert }, (request, response) => {
		const url = new URL(request.url ?? "/", "http://simulated");
		const exchange: Exchange = { request, response, path: url.pathname, query: url.searchParams };
		answer(answering, exchange).catch((error: unknown) => sendError(exchange, asStatusError(error)));
	});
	keepAlive(server);
	const close = await listen(server);
	return {
		origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
		dropWatches: () => watches.dropAll(),
		compact() {
			api.store.compact();
			lists.expireAll();
		},
		close,
	};
}

function asStatusError(error: unknown): StatusError {
	if (error instanceof StatusError) return error;
	return new StatusError(`Internal error occurred: ${String(error)}`, { code: 500, reason: "InternalError" });
}
