// Loaded as a whole when there is a proxy. Both packages are CommonJS: by a dynamic import of their own they would lose
// their named exports in the bundle, so this file names them statically.
import type http from "node:http";
import type { AgentOptions } from "node:https";
import type { Duplex } from "node:stream";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import { SocksProxyAgent } from "socks-proxy-agent";
import { ClusterError } from "../../errors.ts";
import { proxyName } from "./proxy-url.ts";

/** What failed on the way to or at the proxy, not at the API server; the message shows no password. */
export class ProxyError extends ClusterError {}

/** An agent whose connections go through a proxy. Its failures are {@link ProxyError}. */
export function proxyAgent(proxyUrl: string, isSecure: boolean, options: AgentOptions): http.Agent {
	const agent = makeAgent(proxyUrl, isSecure, options);
	if (!(agent instanceof SocksProxyAgent)) nameFailures(agent, proxyUrl);
	else {
		const connect = agent.connect.bind(agent);
		agent.connect = async (request, how) => {
			try {
				return await connect(request, { ...how, checkServerIdentity: identityOf(how) } as typeof how);
			} catch (cause) {
				throw proxyError(proxyUrl, cause as Error);
			}
		};
	}
	return agent as unknown as http.Agent;
}

/** socks-proxy-agent tells TLS no address: a server without a name would be taken for `localhost`. */
function identityOf({ servername, host }: { servername?: string | undefined; host?: string | undefined }) {
	return (_: string, certificate: PeerCertificate) => checkServerIdentity(servername || host || "", certificate);
}

function makeAgent(proxyUrl: string, isSecure: boolean, options: AgentOptions) {
	// As kubectl, and other than curl: the proxy looks up the server's name, whose network may be the only one to know it.
	if (proxyUrl.startsWith("socks")) return new SocksProxyAgent(proxyUrl.replace(/^socks5?:/, "socks5h:"), options);
	return isSecure
		? new HttpsProxyAgent({ ...options, proxy: proxyUrl })
		: new HttpProxyAgent({ ...options, proxy: proxyUrl });
}

type Done = (error: Error | null, socket: Duplex | null) => void;

/** hpagent says `Bad response: 407` and never of whom. */
function nameFailures(agent: HttpProxyAgent | HttpsProxyAgent, proxyUrl: string): void {
	const connecting = agent as unknown as { createConnection(options: object, done: Done): void };
	const createConnection = connecting.createConnection.bind(agent);
	connecting.createConnection = (options, done) =>
		createConnection(options, (error, socket) => done(error && proxyError(proxyUrl, error), socket));
}

function proxyError(proxyUrl: string, cause: NodeJS.ErrnoException): ProxyError {
	const status = /^Bad response: (\d+)$/.exec(cause.message)?.[1];
	const isLogin = status === "407" || /authentication/i.test(cause.message);
	const name = proxyName(proxyUrl);
	if (isLogin) {
		return new ProxyError(`the proxy ${name} wants a name and password${status ? " (HTTP 407)" : ""}`, {
			cause,
			hint: "put them into the kubeconfig's `proxy-url` or into HTTPS_PROXY, as http://NAME:PASSWORD@HOST:PORT",
		});
	}
	const said = status === undefined ? cause.message || cause.code : `it refused the tunnel with HTTP ${status}`;
	return new ProxyError(`by the proxy ${name}: ${said}`, {
		cause,
		hint: "check the kubeconfig's `proxy-url`, HTTPS_PROXY and NO_PROXY: is the proxy running, and may it go there?",
	});
}
