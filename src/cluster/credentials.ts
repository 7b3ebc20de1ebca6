import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { validateHeaderValue } from "node:http";
import { createSecureContext } from "node:tls";
import { ClusterError, KnistioError, UsageError } from "../errors.ts";
import type { Connection } from "./cluster.ts";
import type { PluginTerminal } from "./exec-plugin.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig-file.ts";
import { proxyFromEnvironment } from "./proxy-url.ts";

/** A kubeconfig's context, looked up and checked. */
export interface Login {
	/** For messages. */
	context: string;
	cluster: ClusterEntry & { server: string };
	/** Tokens that are refreshed are kept in its auth-provider's config. */
	user: UserEntry;
	env: Record<string, string | undefined>;
	terminal?: PluginTerminal;
	/** How long an exec plugin may take. */
	loginLimitMs?: number;
}

/** The name of the cluster's extension that is meant for its exec plugin. */
const pluginExtension = "client.authentication.k8s.io/exec";

/**
 * Gets the credentials of a context: reads its files, runs its exec plugin, refreshes its token.
 * @throws ClusterError with the plugin's own words, never with what it gave; UsageError for data that is none
 */
export async function connect(login: Login, signal?: AbortSignal): Promise<Connection> {
	const { cluster, context } = login;
	const url = new URL(cluster.server);
	const proxyUrl = cluster["proxy-url"] ?? proxyFromEnvironment(cluster.server, login.env);
	try {
		const [ca, own] = [await authorityOf(cluster), await ownCertificate(login.user)];
		const given = await credentialsOf(login, own !== undefined, signal);
		const headers = { ...impersonation(login.user), ...authorization(given) };
		checkHeaders(headers);
		const certificate = own ?? (given.cert && given.key ? { cert: given.cert, key: given.key } : undefined);
		checkPair(certificate);
		return {
			origin: url.origin,
			basePath: url.pathname.replace(/\/+$/, ""),
			headers,
			tls: url.protocol === "http:" ? {} : { ...tlsOf(cluster, ca), ...certificate },
			...(proxyUrl === undefined ? {} : { proxyUrl }),
			...(given.expiresAtMs === undefined ? {} : { expiresAtMs: given.expiresAtMs }),
		};
	} catch (cause) {
		if (signal?.aborted) throw signal.reason;
		if (cause instanceof UsageError) throw cause;
		const { message, hint } = cause as KnistioError;
		throw new ClusterError(`no credentials for context "${context}": ${message}`, {
			cause,
			hint: (cause instanceof KnistioError ? hint : undefined) ?? "`kubectl get namespaces` reads the same kubeconfig",
		});
	}
}

interface Given {
	token?: string;
	/** `name:password`. */
	basic?: string;
	cert?: string;
	key?: string;
	expiresAtMs?: number;
}

/** As kubectl: who has a token, a password or a certificate is asked for no other, and a token's file is newer. */
async function credentialsOf(login: Login, hasCertificate: boolean, signal?: AbortSignal): Promise<Given> {
	const { user, cluster, env, terminal, loginLimitMs } = login;
	const token = await tokenOf(user);
	if (token !== undefined) return { token };
	if (user.username !== undefined || user.password !== undefined) {
		return { basic: `${user.username ?? ""}:${user.password ?? ""}` };
	}
	if (user["auth-provider"]) {
		const { idToken } = await import("./oidc.ts");
		return idToken(user["auth-provider"].config, { env, ...(signal === undefined ? {} : { signal }) });
	}
	if (!user.exec || hasCertificate) return {};
	const { runPlugin } = await import("./exec-plugin.ts");
	return runPlugin(user.exec, {
		env,
		cluster: () => toldToPlugin(cluster),
		...(terminal === undefined ? {} : { terminal }),
		...(signal === undefined ? {} : { signal }),
		...(loginLimitMs === undefined ? {} : { limitMs: loginLimitMs }),
	});
}

/** The file is read at each call: whoever runs the cluster renews it, in a pod each hour. */
async function tokenOf({ token, tokenFile }: UserEntry): Promise<string | undefined> {
	if (tokenFile === undefined) return token?.trim();
	const read = await readFile(tokenFile, "utf8").catch((cause: Error) => {
		if (token !== undefined) return token;
		throw new ClusterError(`its tokenFile cannot be read: ${cause.message}`, { cause });
	});
	// The end of the file's line is no part of the token, and not allowed in a header.
	const trimmed = read.trim();
	if (trimmed === "") throw new ClusterError(`its tokenFile ${tokenFile} is empty`);
	return trimmed;
}

function authorization({ token, basic }: Given): Record<string, string> {
	if (token !== undefined) return { Authorization: `Bearer ${token}` };
	return basic === undefined ? {} : { Authorization: `Basic ${Buffer.from(basic).toString("base64")}` };
}

function impersonation(user: UserEntry): Connection["headers"] {
	if (user.as === undefined) return {};
	const headers: Connection["headers"] = { "Impersonate-User": user.as };
	if (user["as-uid"] !== undefined) headers["Impersonate-Uid"] = user["as-uid"];
	if (user["as-groups"].length > 0) headers["Impersonate-Group"] = user["as-groups"];
	for (const [key, values] of Object.entries(user["as-user-extra"])) {
		if (values.length > 0) headers[`Impersonate-Extra-${headerName(key)}`] = values;
	}
	return headers;
}

/** A key may hold any character, a header's name few: the others are percent-encoded (KEP-1513, as client-go). */
function headerName(key: string): string {
	const isAllowed = (byte: number) => /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
	return [...Buffer.from(key)]
		.map((byte) =>
			isAllowed(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
		)
		.join("");
}

function checkHeaders(headers: Connection["headers"]): void {
	for (const [name, value] of Object.entries(headers)) {
		try {
			for (const each of [value].flat()) validateHeaderValue(name, each);
		} catch {
			throw new ClusterError(
				`its ${name === "Authorization" ? "token" : name} holds characters that no header may hold`,
			);
		}
	}
}

async function authorityOf(cluster: ClusterEntry): Promise<string | undefined> {
	const ca = await dataOrFile(cluster, "certificate-authority");
	if (ca !== undefined) checkPem("certificate-authority", () => new X509Certificate(ca));
	return ca;
}

async function ownCertificate(user: UserEntry): Promise<{ cert: string; key: string } | undefined> {
	const [cert, key] = [await dataOrFile(user, "client-certificate"), await dataOrFile(user, "client-key")];
	return cert !== undefined && key !== undefined ? { cert, key } : undefined;
}

function checkPair(pair: { cert: string; key: string } | undefined): void {
	if (pair !== undefined) checkPem("client certificate with its key", () => createSecureContext(pair));
}

/** OpenSSL's words say what is wrong, and hold nothing of the text. */
function checkPem(what: string, read: () => unknown): void {
	try {
		read();
	} catch (cause) {
		throw new ClusterError(`its ${what} cannot be used: ${(cause as Error).message}`, { cause });
	}
}

type Entry<K extends string> = { [key in K | `${K}-data`]?: string | undefined };

async function dataOrFile<K extends string>(entry: Entry<K>, key: K): Promise<string | undefined> {
	const data = entry[`${key}-data`];
	if (data !== undefined) {
		if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data)) throw new ClusterError(`its ${key}-data is not base64`);
		return Buffer.from(data, "base64").toString("utf8");
	}
	const file = entry[key];
	if (file === undefined) return undefined;
	return readFile(file, "utf8").catch((cause: Error) => {
		throw new ClusterError(`its ${key} cannot be read: ${cause.message}`, { cause });
	});
}

function tlsOf(cluster: ClusterEntry, ca: string | undefined): Connection["tls"] {
	const servername = cluster["tls-server-name"];
	return {
		...(ca === undefined ? {} : { ca }),
		...(servername === undefined ? {} : { servername }),
		...(cluster["insecure-skip-tls-verify"] ? { rejectUnauthorized: false } : {}),
	};
}

/** The `spec.cluster` of an ExecCredential. */
async function toldToPlugin(cluster: Login["cluster"]): Promise<object> {
	const ca = await authorityOf(cluster);
	const config = cluster.extensions.find(({ name }) => name === pluginExtension)?.extension;
	return {
		server: cluster.server,
		...(cluster["tls-server-name"] ? { "tls-server-name": cluster["tls-server-name"] } : {}),
		...(cluster["insecure-skip-tls-verify"] ? { "insecure-skip-tls-verify": true } : {}),
		...(ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
		...(cluster["proxy-url"] ? { "proxy-url": cluster["proxy-url"] } : {}),
		...(cluster["disable-compression"] ? { "disable-compression": true } : {}),
		config: config ?? null,
	};
}
