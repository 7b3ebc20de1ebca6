import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { idToken } from "../../src/kube/auth/oidc.ts";
import { type Call, startApiServer } from "../support/api-server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const nowMs = () => 1_000_000_000;

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (expSeconds: number) => `${part({ alg: "none" })}.${part({ exp: expSeconds })}.signature`;
const fresh = jwt(2_000_000);

/** An identity provider; `answers` are those of its token endpoint. */
async function startIssuer(
	answers: Parameters<Awaited<ReturnType<typeof startApiServer>>["on"]>[1][],
	tls?: { cert: string; key: string },
) {
	const server = await startApiServer(tls);
	server.on("GET /dex/.well-known/openid-configuration", { json: { token_endpoint: `${server.origin}/dex/token` } });
	server.on("POST /dex/token", ...answers);
	const tokenCalls = () => server.calls.filter(({ path }) => path === "/dex/token");
	return { server, issuer: `${server.origin}/dex`, tokenCalls };
}

function configOf(issuer: string, more: Record<string, string> = {}): Record<string, string> {
	return {
		"idp-issuer-url": issuer,
		"client-id": "kubernetes",
		"id-token": jwt(1),
		"refresh-token": "refresh-1",
		...more,
	};
}

const formOf = ({ body }: Call) => Object.fromEntries(new URLSearchParams(body));

describe("an ID token", () => {
	it("that is good is used, and the provider not asked", async () => {
		const { issuer, server } = await startIssuer([{ status: 500 }]);
		const good = jwt(1_000_011);
		expect(await idToken(configOf(issuer, { "id-token": good }), { env: {}, nowMs })).toEqual({
			token: good,
			expiresAtMs: 1_000_011_000,
		});
		expect(server.calls).toEqual([]);
	});

	it.each([
		["has run out", jwt(999_999)],
		["runs out within ten seconds", jwt(1_000_010)],
		["is not there", ""],
	])("that %s is refreshed, and both new tokens kept for the next time", async (_, old) => {
		const { issuer, tokenCalls } = await startIssuer([{ json: { id_token: fresh, refresh_token: "refresh-2" } }]);
		const config = configOf(`${issuer}/`, { "id-token": old });
		expect(await idToken(config, { env: {}, nowMs })).toEqual({ token: fresh, expiresAtMs: 2_000_000_000 });
		expect(tokenCalls().map(formOf)).toEqual([
			{ grant_type: "refresh_token", refresh_token: "refresh-1", client_id: "kubernetes" },
		]);
		expect((await idToken(config, { env: {}, nowMs })).token).toBe(fresh);
		expect(tokenCalls()).toHaveLength(1);
		expect(config["refresh-token"]).toBe("refresh-2");
	});

	it("is asked for with the client's secret in the header, and else in the form", async () => {
		const { issuer, tokenCalls } = await startIssuer([
			{ status: 401, json: { error: "invalid_client" } },
			{ json: { id_token: fresh } },
		]);
		const config = configOf(issuer, { "client-secret": "s/1" });
		expect((await idToken(config, { env: {}, nowMs })).token).toBe(fresh);
		const [first, second] = tokenCalls();
		expect(first?.headers.authorization).toBe(`Basic ${Buffer.from("kubernetes:s%2F1").toString("base64")}`);
		expect(second && formOf(second)).toMatchObject({ client_id: "kubernetes", client_secret: "s/1" });
		expect(config["refresh-token"]).toBe("refresh-1");
	});

	it.each([["idp-certificate-authority"], ["idp-certificate-authority-data"]])("trusts the %s", async (key) => {
		const certificate = makeCertificate(folder, `issuer-${key}`);
		const { issuer } = await startIssuer([{ json: { id_token: fresh } }], certificate);
		const value = key.endsWith("data") ? Buffer.from(certificate.cert).toString("base64") : certificate.certFile;
		expect((await idToken(configOf(issuer, { [key]: value }), { env: {}, nowMs })).token).toBe(fresh);
		await expect(idToken(configOf(issuer), { env: {}, nowMs })).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining(`the identity provider ${issuer} cannot be reached: self-signed certificate`),
			hint: expect.stringContaining("idp-certificate-authority"),
		});
	});

	it("is asked for by the environment's proxy", async () => {
		const { server, issuer } = await startIssuer([{ json: { id_token: fresh } }]);
		const { port } = new URL(server.origin);
		const proxy = await startProxy();
		server.on("GET /dex/.well-known/openid-configuration", {
			json: { token_endpoint: `http://idp.lab:${port}/dex/token` },
		});
		const config = configOf(issuer.replace("127.0.0.1", "idp.lab"));
		expect((await idToken(config, { env: { HTTP_PROXY: proxy.url }, nowMs })).token).toBe(fresh);
		expect(proxy.heads).toEqual(Array(2).fill(`CONNECT idp.lab:${port} HTTP/1.1`));
	});
});

describe("a refresh that fails", () => {
	it.each([
		[
			"refused",
			{ status: 400, json: { error: "invalid_grant" } },
			"refused to refresh the token (HTTP 400, invalid_grant)",
		],
		["refused with other words", { status: 400, json: { error: "refresh-1 is bad" } }, "refresh the token (HTTP 400)"],
		["answered with HTML", { text: "<html>" }, "holds no id_token"],
		["answered without an ID token", { json: { access_token: "x" } }, "holds no id_token"],
	])("because it is %s names the provider and no token", async (_, answer, words) => {
		const { issuer } = await startIssuer([answer]);
		const error = await idToken(configOf(issuer), { env: {}, nowMs }).catch((error: Error) => error);
		expect(error).toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(new RegExp(`^the identity provider ${issuer}: `)),
			hint: "log in again",
		});
		expect(String(error)).toContain(words);
		expect(String(error)).not.toContain("refresh-1");
	});

	it("because the provider tells of no token_endpoint says so", async () => {
		const { server, issuer } = await startIssuer([{}]);
		server.on("GET /dex/.well-known/openid-configuration", { status: 404, text: "no" });
		await expect(idToken(configOf(issuer), { env: {}, nowMs })).rejects.toThrow("names no token_endpoint (HTTP 404)");
	});

	it("because there is no refresh-token, or no JSON Web Token, says so", async () => {
		await expect(idToken(configOf("http://x", { "refresh-token": "" }), { env: {}, nowMs })).rejects.toThrow(
			"its id-token has run out, and there is no refresh-token",
		);
		for (const token of ["top-secret", "a.b.c", `${part({})}.${part({ exp: "soon" })}.x`]) {
			const error = await idToken(configOf("http://x", { "id-token": token }), { env: {}, nowMs }).catch(
				(e: Error) => e,
			);
			expect(error).toMatchObject({
				exitCode: 4,
				message: "its id-token is not a JSON Web Token with a time of expiry",
			});
		}
	});

	it("because its authority's file is not there says so", async () => {
		const missing = join(folder, "missing.crt");
		await expect(
			idToken(configOf("https://x", { "idp-certificate-authority": missing }), { env: {}, nowMs }),
		).rejects.toThrow(missing);
	});

	it("because we are interrupted ends with the signal's reason", async () => {
		const { issuer, server } = await startIssuer(["silence"]);
		const interruption = new AbortController();
		const reason = new InterruptedError("SIGINT");
		server.on("POST /dex/token", () => {
			interruption.abort(reason);
			return "silence" as const;
		});
		await expect(idToken(configOf(issuer), { env: {}, nowMs, signal: interruption.signal })).rejects.toBe(reason);
	});
});
