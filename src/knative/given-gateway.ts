import { lookup } from "node:dns/promises";
import { ClusterError, UsageError } from "../errors.ts";
import { tcpConnects } from "./gateway.ts";
import { viaApiServer } from "./route.ts";

/** What is known of a gateway's address before anything is installed. */
export interface GivenGateway {
	/** The user's word for it; undefined where it is to be found. */
	given: string | undefined;
	/** Whether the gateway must be there already; one that is yet to be installed has no more than a name. */
	isInstalled: boolean;
	signal: AbortSignal;
	resolve?: (host: string) => Promise<unknown>;
	canConnect?: typeof tcpConnects;
}

/** Longer than for one of many candidates: there is no other way than this. */
const connectMs = 5_000;

/**
 * Finds out before anything is installed whether the gateway's address can be right: its name is known, and where the
 * gateway is there already, it accepts a connection.
 * @throws UsageError for a name that is not known, ClusterError for an address that nobody listens at
 */
export async function requireGivenGateway(options: GivenGateway): Promise<void> {
	const { given, isInstalled, signal, resolve = lookup, canConnect = tcpConnects } = options;
	if (given === undefined || given === viaApiServer) return;
	const { hostname, port, protocol, host: shown } = new URL(given);
	const host = hostname.replace(/^\[|\]$/g, "");
	try {
		await resolve(host);
	} catch (cause) {
		signal.throwIfAborted();
		const { code } = cause as NodeJS.ErrnoException;
		throw new UsageError(`--gateway: the name ${host} cannot be resolved${code === undefined ? "" : ` (${code})`}`, {
			cause,
			hint: "look at its spelling, or give the gateway's IP address; without --gateway knistio looks for it itself",
		});
	}
	if (!isInstalled) return;
	const usual = protocol === "https:" ? 443 : 80;
	const isThere = await canConnect(host, port === "" ? usual : Number(port), signal, connectMs);
	signal.throwIfAborted();
	if (isThere) return;
	throw new ClusterError(`--gateway: nothing accepts a connection at ${shown}`, {
		hint: "look at the address and at what is between it and here; `--gateway service-proxy` goes through the API server",
	});
}
