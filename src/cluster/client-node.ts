// Loaded as a whole when a connection is made: client-node takes as long to load as the rest of the program.
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Cluster, User } from "@kubernetes/client-node/dist/config_types.js";
import type { Connection } from "./cluster.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig-file.ts";

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
	config.loadFromClusterAndUser(clusterOf(cluster), userOf(user));
	const options: RequestOptions = {};
	await config.applyToHTTPSOptions(options);
	return { headers: headersOf(options), tls: tlsOf(options) };
}

/**
 * Without the proxy, which agents.ts goes through: client-node's own agent keeps no connection open, looks up a server's name
 * before a SOCKS proxy could, and knows nothing of HTTPS_PROXY and NO_PROXY.
 */
function clusterOf(cluster: ClusterEntry & { server: string }): Cluster {
	return {
		name: "cluster",
		server: cluster.server,
		caFile: cluster["certificate-authority"],
		caData: cluster["certificate-authority-data"],
		tlsServerName: cluster["tls-server-name"],
		// client-node refuses plain HTTP where TLS is not waived; kubectl does not ask for that.
		skipTLSVerify: cluster.server.startsWith("http:") || cluster["insecure-skip-tls-verify"],
	} as Cluster;
}

function userOf(user: PlainUser): User {
	return {
		name: "user",
		certFile: user["client-certificate"],
		certData: user["client-certificate-data"],
		keyFile: user["client-key"],
		keyData: user["client-key-data"],
		token: user.token,
		username: user.username,
		// client-node sends the word "undefined" where there is no password; kubectl sends an empty one.
		password: user.password ?? "",
		impersonateUser: user.as,
	} as User;
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
