import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { validateHeaderValue } from "node:http";
import { createSecureContext } from "node:tls";
import { ClusterError, KnistioError, UsageError } from "../../errors.ts";
import type { Connection } from "../http/connection.ts";
import { proxyFromEnvironment } from "../http/proxy-url.ts";
import type { PlainUser } from "./client-node.ts";
import type { PluginCredentials, PluginTerminal } from "./exec-plugin.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig-file.ts";

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
 * Gets the credentials of a context: reads its files, runs its exec plugin, refreshes its token. client-node makes headers and
 * TLS options of what was found.
 * @throws ClusterError with the plugin's own words, never with what it gave; UsageError for data that is none
 */
export async function connect(login: Login, signal?: AbortSignal): Promise<Connection> {
	const { cluster, user, context } = login;
	const url = new URL(cluster.server);
	const proxyUrl = cluster["proxy-url"] ?? proxyFromEnvironment(cluster.server, login.env);
	try {
		const { optionsOf } = await import("./client-node.ts");
		checkBase64({ ...cluster, ...user });
		const known = { ...user, token: await tokenOf(user) };
		const own = await optionsOf(cluster, known);
		checkTls(own.tls);
		const given = await askForCredentials(login, own, signal);
		const { headers, tls } = given === undefined ? own : await optionsOf(cluster, { ...known, ...asFields(given) });
		Object.assign(headers, furtherImpersonation(user));
		checkHeaders(headers);
		checkTls(tls);
		return {
			origin: url.origin,
			basePath: url.pathname.replace(/\/+$/, ""),
			headers,
			tls: url.protocol === "http:" ? {} : tls,
			...(proxyUrl === undefined ? {} : { proxyUrl }),
			...(given?.expiresAtMs === undefined ? {} : { expiresAtMs: given.expiresAtMs }),
		};
	} catch (cause) {
		if (signal?.aborted) throw signal.reason;
		if (cause instanceof UsageError) throw cause;
		const { message, hint } = cause as KnistioError;
		throw new ClusterError(`no credentials for context "${context}": ${unreadable(cause, login) ?? message}`, {
			cause,
			hint: (cause instanceof KnistioError ? hint : undefined) ?? "`kubectl get namespaces` reads the same kubeconfig",
		});
	}
}

/**
 * As kubectl: who has a token, a password or a certificate is asked for no other. client-node's own logins are not used:
 * - it cannot refresh an OpenID Connect token, for it hands its library a text where that takes a URL; and without an
 *   id-token it goes on without credentials;
 * - it tells a plugin nothing (KUBERNETES_EXEC_INFO), shows what it says only when it has failed, leaves it running when
 *   knistio is interrupted, and takes any JSON for its answer.
 */
async function askForCredentials(
	{ user, cluster, env, terminal, loginLimitMs }: Login,
	{ headers, tls }: Pick<Connection, "headers" | "tls">,
	signal?: AbortSignal,
): Promise<PluginCredentials | undefined> {
	if (headers.Authorization !== undefined) return undefined;
	if (user["auth-provider"]) {
		const { idToken } = await import("./oidc.ts");
		return idToken(user["auth-provider"].config, { env, ...(signal === undefined ? {} : { signal }) });
	}
	if (!user.exec || user["client-certificate"] || user["client-certificate-data"]) return undefined;
	const { runPlugin } = await import("./exec-plugin.ts");
	return runPlugin(user.exec, {
		env,
		cluster: async () => toldToPlugin(cluster, tls.ca),
		...(terminal === undefined ? {} : { terminal }),
		...(signal === undefined ? {} : { signal }),
		...(loginLimitMs === undefined ? {} : { limitMs: loginLimitMs }),
	});
}

/** What was given, as a kubeconfig would have it. */
function asFields({ token, cert, key }: PluginCredentials): Partial<PlainUser> {
	const data = (pem: string) => Buffer.from(pem).toString("base64");
	return {
		...(token === undefined ? {} : { token }),
		...(cert && key ? { "client-certificate-data": data(cert), "client-key-data": data(key) } : {}),
	};
}

/**
 * A token's file is newer than a token. It is read at each call: whoever runs the cluster renews it, in a pod each hour.
 * client-node does not know a user's tokenFile, and sends the end of a line as part of a pod's token.
 */
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

/** client-node sends `as` alone: without its groups, the same user would have other rights than for kubectl. */
function furtherImpersonation(user: UserEntry): Connection["headers"] {
	const headers: Connection["headers"] = {};
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

/** client-node decodes what it can of a text that is not base64, and leaves out the rest. */
function checkBase64(fields: object): void {
	for (const [key, value] of Object.entries(fields)) {
		const isData = key.endsWith("-data") && typeof value === "string";
		if (isData && !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(value)) throw new ClusterError(`its ${key} is not base64`);
	}
}

/** client-node hands on whatever it has read: TLS would fail at it later, and not say which field is wrong. */
function checkTls({ ca, cert, key }: Connection["tls"]): void {
	if (ca !== undefined) checkPem("certificate-authority", () => new X509Certificate(ca));
	if (cert && key) checkPem("client certificate with its key", () => createSecureContext({ cert, key }));
}

/** OpenSSL's words say what is wrong, and hold nothing of the text. */
function checkPem(what: string, read: () => unknown): void {
	try {
		read();
	} catch (cause) {
		throw new ClusterError(`its ${what} cannot be used: ${(cause as Error).message}`, { cause });
	}
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The field whose file client-node could not read. */
function unreadable(cause: unknown, { cluster, user }: Login): string | undefined {
	const { path, code, message } = cause as NodeJS.ErrnoException;
	const files = Object.entries({ ...cluster, ...user });
	// Node does not name a folder that it is to read as a file.
	const isUnread = (value: string) => value === path || (code === "EISDIR" && path === undefined && isFolder(value));
	const field = files.find(([, value]) => typeof value === "string" && isUnread(value))?.[0];
	return field === undefined ? undefined : `its ${field} cannot be read: ${message}`;
}

/** The `spec.cluster` of an ExecCredential. */
function toldToPlugin(cluster: Login["cluster"], ca: string | undefined): object {
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
