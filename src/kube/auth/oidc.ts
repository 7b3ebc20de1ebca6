import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { z } from "zod";
import { ClusterError } from "../../errors.ts";
import { agentFor } from "../http/agents.ts";
import { proxyFromEnvironment } from "../http/proxy-url.ts";

/** The `config` of the auth-provider `oidc`. */
export type OidcConfig = Record<string, string>;

/** What a refresh needs of the outside world. */
export interface OidcSurroundings {
	env: Record<string, string | undefined>;
	signal?: AbortSignal;
	/** ms since the epoch. */
	nowMs?(): number;
}

/** kubectl's own margin for clocks that differ. */
const marginMs = 10_000;
const answerLimitMs = 30_000;

/**
 * The user's ID token, refreshed at the identity provider when it has run out. The new tokens are put into `config`,
 * which is in memory: the kubeconfig is never written.
 * @throws ClusterError that names the provider, and never holds a token
 */
export async function idToken(
	config: OidcConfig,
	surroundings: OidcSurroundings,
): Promise<{ token: string; expiresAtMs?: number }> {
	const { nowMs = Date.now } = surroundings;
	const known = config["id-token"];
	if (known) {
		const expiresAtMs = expiryOf(known);
		if (expiresAtMs !== undefined && nowMs() + marginMs < expiresAtMs) return { token: known, expiresAtMs };
	}
	const refreshToken = config["refresh-token"];
	if (!refreshToken) {
		throw new ClusterError("its id-token has run out, and there is no refresh-token", { hint: "log in again" });
	}
	const answer = await refresh(config, refreshToken, surroundings);
	config["id-token"] = answer.id_token;
	if (answer.refresh_token) config["refresh-token"] = answer.refresh_token;
	const expiresAtMs = expiryOf(answer.id_token);
	return { token: answer.id_token, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

/** The `exp` of a JSON Web Token, without a look at its signature, which is the API server's to check. */
function expiryOf(token: string): number | undefined {
	const [, payload = "", ...rest] = token.split(".");
	try {
		const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { exp?: unknown };
		if (rest.length === 1 && typeof exp === "number") return exp * 1000;
	} catch {
		// No JSON Web Token: reported below.
	}
	throw new ClusterError("its id-token is not a JSON Web Token with a time of expiry", { hint: "log in again" });
}

const tokens = z.object({ id_token: z.string().min(1), refresh_token: z.string().nullish() });

async function refresh(config: OidcConfig, refreshToken: string, surroundings: OidcSurroundings) {
	const issuer = config["idp-issuer-url"] ?? "";
	const ca = await authorityOf(config);
	const ask = (url: string, form?: Record<string, string>, authorization?: string) =>
		send(url, { issuer, ca, form, authorization, surroundings });
	const found = await ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
	const endpoint = z.object({ token_endpoint: z.url({ protocol: /^https?$/ }) }).safeParse(found.json);
	if (found.status !== 200 || !endpoint.success) {
		throw refused(issuer, `its answer names no token_endpoint (HTTP ${found.status})`);
	}
	const [id = "", secret = ""] = [config["client-id"], config["client-secret"]];
	const form = { grant_type: "refresh_token", refresh_token: refreshToken };
	const inForm = { ...form, client_id: id, ...(secret ? { client_secret: secret } : {}) };
	// RFC 6749 wants every server to take the secret in the header, and some take it in the form only.
	let answer = secret
		? await ask(endpoint.data.token_endpoint, form, basic(id, secret))
		: await ask(endpoint.data.token_endpoint, inForm);
	if (secret && answer.status >= 400) answer = await ask(endpoint.data.token_endpoint, inForm);
	if (answer.status !== 200) {
		const { error = "" } = (answer.json ?? {}) as { error?: unknown };
		throw refused(issuer, `it refused to refresh the token (HTTP ${answer.status}${codeOf(error)})`);
	}
	const fresh = tokens.safeParse(answer.json);
	if (!fresh.success) throw refused(issuer, "its answer holds no id_token; was `openid` asked for at the login?");
	return fresh.data;
}

/** The codes that OAuth has for refusals are words; other text of a foreign server is not repeated. */
const codeOf = (error: unknown) => (typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? `, ${error}` : "");

const basic = (id: string, secret: string) =>
	`Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;

const refused = (issuer: string, why: string) =>
	new ClusterError(`the identity provider ${issuer}: ${why}`, { hint: "log in again" });

async function authorityOf(config: OidcConfig): Promise<string | undefined> {
	const [data, file] = [config["idp-certificate-authority-data"], config["idp-certificate-authority"]];
	if (data) return Buffer.from(data, "base64").toString("utf8");
	if (!file) return undefined;
	return readFile(file, "utf8").catch((cause: Error) => {
		throw new ClusterError(`its idp-certificate-authority cannot be read: ${cause.message}`, { cause });
	});
}

interface Asking {
	issuer: string;
	ca: string | undefined;
	form: Record<string, string> | undefined;
	authorization: string | undefined;
	surroundings: OidcSurroundings;
}

async function send(url: string, asking: Asking): Promise<{ status: number; json: unknown }> {
	const { issuer, ca, form, authorization, surroundings } = asking;
	const { env, signal } = surroundings;
	const { origin } = new URL(url);
	const proxyUrl = proxyFromEnvironment(url, env);
	const tls = ca === undefined ? {} : { ca };
	const agent = await agentFor({ origin, tls, ...(proxyUrl === undefined ? {} : { proxyUrl }) }, false);
	const body = form && new URLSearchParams(form).toString();
	const request = (origin.startsWith("https:") ? https : http).request(url, {
		method: body === undefined ? "GET" : "POST",
		agent,
		signal: AbortSignal.any([AbortSignal.timeout(answerLimitMs), ...(signal === undefined ? [] : [signal])]),
		headers: {
			Accept: "application/json",
			...(body === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" }),
			...(authorization === undefined ? {} : { Authorization: authorization }),
		},
	});
	try {
		const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
			request.on("response", resolve).on("error", reject).end(body);
		});
		const chunks: Buffer[] = [];
		for await (const chunk of response) chunks.push(chunk as Buffer);
		return { status: response.statusCode ?? 0, json: parse(Buffer.concat(chunks).toString("utf8")) };
	} catch (cause) {
		if (signal?.aborted) throw signal.reason;
		const { message, code, name } = cause as NodeJS.ErrnoException;
		const said = name === "AbortError" ? `no answer within ${answerLimitMs / 1000} s` : message || code;
		throw new ClusterError(`the identity provider ${issuer} cannot be reached: ${said}`, {
			cause,
			hint:
				(cause instanceof ClusterError ? cause.hint : undefined) ??
				"check its idp-issuer-url, idp-certificate-authority and your VPN, or log in again",
		});
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
