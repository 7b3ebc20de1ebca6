// Loaded only when a connection is made: most commands need none, and it is half a megabyte.
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { newClusters, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import type { Connection } from "../http/connection.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig-file.ts";

/** For client-node's lookup alone. */
const name = "current";

/** A user with credentials as they are; whatever renews them has been asked before. */
export type PlainUser = Pick<
	UserEntry,
	"token" | "username" | "password" | "as" | `client-${"certificate" | "key"}${"" | "-data"}`
>;

/**
 * Has client-node read the certificates and keys of a cluster and a user, and make TLS options and headers of them.
 * @throws Error of the file system for a file that cannot be read, with its path
 */
export async function optionsOf(
	cluster: ClusterEntry & { server: string },
	user: PlainUser,
): Promise<Pick<Connection, "headers" | "tls">> {
	const config = new KubeConfig();
	config.loadFromOptions({
		clusters: newClusters([{ name, cluster: usable(cluster) }]),
		// client-node sends the word "undefined" where there is no password; kubectl sends an empty one.
		users: newUsers([{ name, user: { ...user, password: user.password ?? "", exec: null, "auth-provider": null } }]),
		contexts: [{ name, cluster: name, user: name }],
		currentContext: name,
	});
	const options: RequestOptions = {};
	await config.applyToHTTPSOptions(options);
	return { headers: headersOf(options), tls: tlsOf(options) };
}

/**
 * Without the proxy, which agents.ts goes through: client-node's own agent keeps no connection open, looks up a server's name
 * before a SOCKS proxy could, and knows nothing of HTTPS_PROXY and NO_PROXY.
 */
function usable(cluster: ClusterEntry & { server: string }): object {
	const isPlain = cluster.server.startsWith("http:");
	// client-node refuses plain HTTP where TLS is not waived; kubectl does not ask for that.
	const isInsecure = isPlain || cluster["insecure-skip-tls-verify"];
	return { ...cluster, "proxy-url": undefined, "insecure-skip-tls-verify": isInsecure };
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
	return {
		...(headers as Record<string, string>),
		// client-node leaves name and password to Node's http.request; here every header is told, for watches too.
		...(auth ? { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {}),
	};
}

function tlsOf(options: RequestOptions): Connection["tls"] {
	const tls: Connection["tls"] = {};
	for (const key of ["ca", "cert", "key", "servername"] as const) {
		const value = options[key];
		if (value) tls[key] = value.toString();
	}
	if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
	return tls;
}
