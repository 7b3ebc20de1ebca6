import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { ClusterError, UsageError } from "../errors.ts";
import type { Connection } from "./cluster.ts";

type Options = Parameters<KubeConfig["applyToHTTPSOptions"]>[0];

/**
 * Gets the credentials of a kubeconfig's current context: runs its exec plugin, reads its token file.
 * @param fresh an empty one, for client-node keeps what a plugin said for as long as the plugin claimed it to be good
 * @throws ClusterError with the plugin's own words, never with what it gave
 */
export async function connect(config: KubeConfig, fresh: KubeConfig): Promise<Connection> {
	const cluster = config.getCurrentCluster();
	if (!cluster) throw new UsageError("the kubeconfig's context has no cluster");
	// client-node wants a user before it looks at the cluster's certificates, and plain HTTP only where TLS is waived.
	const user = config.getCurrentUser() ?? { name: "anonymous" };
	const isPlain = cluster.server.startsWith("http:");
	fresh.loadFromClusterAndUser(isPlain ? { ...cluster, skipTLSVerify: true } : cluster, user);
	const options: Options = {};
	try {
		await fresh.applyToHTTPSOptions(options);
	} catch (cause) {
		throw noCredentials(config.getCurrentContext(), cause as Error, user.exec !== undefined);
	}
	const url = new URL(cluster.server);
	return {
		origin: url.origin,
		basePath: url.pathname.replace(/\/$/, ""),
		headers: headersOf(options),
		tls: isPlain ? {} : tlsOf(options),
		...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
	};
}

/** What the plugin wrote to stdout is quoted in the message of its parser, and may be a token. */
function noCredentials(context: string, cause: Error, isPlugin: boolean): ClusterError {
	let said = cause.message.trim();
	if (isPlugin && cause instanceof SyntaxError) said = "its exec plugin wrote no JSON";
	else if (isPlugin && cause instanceof TypeError) said = "its exec plugin wrote no ExecCredential";
	else if (said === "") said = "its exec plugin failed and said nothing";
	return new ClusterError(`no credentials for context "${context}": ${said}`, {
		hint: "`kubectl get namespaces` asks for the same credentials; log in again if it fails too",
	});
}

function headersOf(options: Options): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const [name, value] of Object.entries(options.headers ?? {})) {
		// The end of a token file's line is no part of the token, and not allowed in a header.
		if (value !== undefined) headers[name] = String(value).trim();
	}
	if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
	return headers;
}

function tlsOf(options: Options): Connection["tls"] {
	const tls: Connection["tls"] = {};
	for (const key of ["ca", "cert", "key", "passphrase", "servername"] as const) {
		const value = options[key];
		if (value !== undefined && value !== null) tls[key] = value.toString();
	}
	if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
	return tls;
}
