import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadKubeconfig } from "../../src/kube/auth/kubeconfig.ts";
import { makeCertificate } from "../support/certificate.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Unlike the built program, a test loads all of client-node, which takes seconds on a machine that is busy.
beforeAll(() => import("../../src/kube/auth/client-node.ts"), 60_000);

const folder = temporaryFolder();
const beside = join(folder, "beside");
let serial = 0;
mkdirSync(beside);
const { cert, key } = makeCertificate(beside, "me");
writeFileSync(join(beside, "token"), "from-file\n");
writeFileSync(join(beside, "empty"), "\n");
writeFileSync(join(beside, "garbage"), "garbage-secret");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const exec = (more: object = {}) => ({
	apiVersion: "client.authentication.k8s.io/v1",
	command: "sh",
	args: [
		"-c",
		`printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' plugin`,
	],
	interactiveMode: "Never",
	...more,
});
/** Its token is all that the plugin was told, as base64. */
const telling = (more: object = {}) =>
	exec({
		args: [
			"-c",
			`printf '{"apiVersion":"%s","kind":"ExecCredential","status":{"token":"%s"}}' "$V" "$(printf %s "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n')"`,
		],
		env: [{ name: "V", value: "client.authentication.k8s.io/v1" }],
		...more,
	});
writeFileSync(
	join(beside, "plugin"),
	`#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"beside"}}'\n`,
	{ mode: 0o755 },
);
const oidc = (config: object = {}) => ({
	"auth-provider": { name: "oidc", config: { "idp-issuer-url": "https://idp", "client-id": "c", ...config } },
});
const jwt = `e30.${Buffer.from('{"exp":9999999999}').toString("base64url")}.s`;

function load(cluster: object, user: object | null, env: Record<string, string | undefined> = {}) {
	const file = join(beside, `config-${++serial}`);
	const content = {
		clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443", ...cluster } }],
		users: [{ name: "u", user }],
		contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
		"current-context": "x",
	};
	writeFileSync(file, JSON.stringify(content));
	return loadKubeconfig({ file, env: { PATH: process.env.PATH, ...env } });
}
const connect = async (cluster: object, user: object | null, env?: Record<string, string>) =>
	(await load(cluster, user, env)).connect();
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe("each field of a cluster", () => {
	it.each([
		["server", { server: "https://h:1/a/?q=1#f" }, { origin: "https://h:1", basePath: "/a" }],
		["tls-server-name", { "tls-server-name": "n" }, { tls: { servername: "n" } }],
		["insecure-skip-tls-verify", { "insecure-skip-tls-verify": true }, { tls: { rejectUnauthorized: false } }],
		["certificate-authority", { "certificate-authority": "me.crt" }, { tls: { ca: cert } }],
		["certificate-authority-data", { "certificate-authority-data": base64(cert) }, { tls: { ca: cert } }],
		["proxy-url", { "proxy-url": "socks5://p:1" }, { proxyUrl: "socks5://p:1" }],
		["disable-compression", { "disable-compression": true }, { headers: {} }],
		["extensions", { extensions: [{ name: "minikube", extension: { version: "1" } }] }, { headers: {} }],
		["nothing but null", { "tls-server-name": null, "certificate-authority": null, extensions: null }, { tls: {} }],
	])("%s is followed", async (_, cluster, expected) => {
		expect(await connect(cluster, {})).toMatchObject(expected);
	});

	it("proxy-url wins over the environment's proxy, which is used without one", async () => {
		const env = { HTTPS_PROXY: "http://env:1", NO_PROXY: "" };
		expect((await connect({ "proxy-url": "http://own:1" }, {}, env)).proxyUrl).toBe("http://own:1");
		expect((await connect({}, {}, env)).proxyUrl).toBe("http://env:1");
		expect((await connect({}, {}, { ...env, NO_PROXY: "10.0.0.0/8" })).proxyUrl).toBeUndefined();
	});

	it.each([
		["no server", { server: "" }, 'cluster "c": it has no server'],
		[
			"two authorities",
			{ "certificate-authority": "me.crt", "certificate-authority-data": base64(cert) },
			"certificate-authority and certificate-authority-data",
		],
		[
			"insecure with an authority",
			{ "certificate-authority": "me.crt", "insecure-skip-tls-verify": true },
			"insecure-skip-tls-verify and a certificate-authority exclude each other",
		],
		["a foreign proxy", { "proxy-url": "ftp://me:hidden@p" }, 'the proxy-url of cluster "c" has the scheme "ftp:"'],
		["a text for a flag", { "insecure-skip-tls-verify": "yes" }, "clusters[0].cluster.insecure-skip-tls-verify: "],
		["a number for a text", { "tls-server-name": 5 }, "clusters[0].cluster.tls-server-name: "],
		[
			"a list for a text",
			{ "certificate-authority-data": ["top-secret"] },
			"clusters[0].cluster.certificate-authority-data: ",
		],
	])("is refused by name: %s", async (_, cluster, words) => {
		const error = await load(cluster, {}).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(words), hint: expect.anything() });
		expect(String(error)).not.toMatch(/hidden|top-secret/);
	});

	it.each([
		[
			"an authority's file that is none",
			{ "certificate-authority": "garbage" },
			"its certificate-authority cannot be used: ",
		],
		["a file that is not there", { "certificate-authority": "missing" }, "its certificate-authority cannot be read: "],
		["a folder", { "certificate-authority": "." }, "its certificate-authority cannot be read: EISDIR"],
		["data that is no base64", { "certificate-authority-data": "%%%" }, "its certificate-authority-data is not base64"],
		[
			"data that is no certificate",
			{ "certificate-authority-data": base64("garbage-secret") },
			"its certificate-authority cannot be used: ",
		],
	])("says of %s what it is", async (_, cluster, words) => {
		const error = await connect(cluster, {}).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 4, message: expect.stringContaining(words) });
		expect(String(error)).not.toContain("garbage-secret");
	});
});

describe("each field of a user", () => {
	it.each([
		[
			"client-certificate and client-key",
			{ "client-certificate": "me.crt", "client-key": "me.key" },
			{ tls: { cert, key } },
		],
		[
			"client-certificate-data and client-key-data",
			{ "client-certificate-data": base64(cert), "client-key-data": base64(key) },
			{ tls: { cert, key } },
		],
		["token", { token: "t" }, bearer("t")],
		["tokenFile", { tokenFile: "token" }, bearer("from-file")],
		["tokenFile before token", { tokenFile: "token", token: "stale" }, bearer("from-file")],
		["token where the tokenFile is not there", { tokenFile: "missing", token: "t" }, bearer("t")],
		["as", { as: "me" }, { headers: { "Impersonate-User": "me" } }],
		["as-uid", { as: "me", "as-uid": "7" }, { headers: { "Impersonate-User": "me", "Impersonate-Uid": "7" } }],
		["as-groups", { as: "me", "as-groups": ["a", "b"] }, { headers: { "Impersonate-Group": ["a", "b"] } }],
		[
			"as-user-extra",
			{ as: "me", "as-user-extra": { "x.io/a%b é": ["1", "2"] } },
			{ headers: { "Impersonate-Extra-x.io%2Fa%25b%20%C3%A9": ["1", "2"] } },
		],
		[
			"username and password",
			{ username: "n", password: "p" },
			{ headers: { Authorization: `Basic ${base64("n:p")}` } },
		],
		["username without a password", { username: "n" }, { headers: { Authorization: `Basic ${base64("n:")}` } }],
		["password without a username, as for kubectl,", { password: "p" }, { headers: {} }],
		["auth-provider", oidc({ "id-token": jwt }), { ...bearer(jwt), expiresAtMs: 9_999_999_999_000 }],
		["token before auth-provider", { ...oidc({ "id-token": jwt }), token: "t" }, bearer("t")],
		["exec", { exec: exec() }, bearer("plugin")],
		["exec's command beside the kubeconfig", { exec: exec({ command: "./plugin" }) }, bearer("beside")],
		["token before exec", { exec: exec({ command: "/nowhere" }), token: "t" }, bearer("t")],
		[
			"certificate before exec",
			{ exec: exec({ command: "/nowhere" }), "client-certificate": "me.crt", "client-key": "me.key" },
			{ headers: {}, tls: { cert } },
		],
		["extensions", { extensions: [{ name: "x", extension: {} }] }, { headers: {} }],
		[
			"nothing but null",
			{ token: null, exec: null, "auth-provider": null, "as-groups": null, "as-user-extra": null },
			{ headers: {} },
		],
		["no entry at all", null, { headers: {} }],
	])("%s is followed", async (_, user, expected) => {
		const connection = await connect({}, user);
		expect(connection).toMatchObject(expected);
		if (
			Object.keys(expected).includes("headers") &&
			Object.keys((expected as { headers: object }).headers).length === 0
		) {
			expect(connection.headers).toEqual({});
		}
	});

	it("exec's provideClusterInfo tells the plugin all of the cluster", async () => {
		const cluster = {
			"tls-server-name": "n",
			"certificate-authority": "me.crt",
			"proxy-url": "http://p:1",
			"disable-compression": true,
			extensions: [
				{ name: "other", extension: {} },
				{ name: "client.authentication.k8s.io/exec", extension: { audience: "a", deep: [null, 1] } },
			],
		};
		const connection = await connect(cluster, { exec: telling({ provideClusterInfo: true }) });
		const told = Buffer.from(String(connection.headers.Authorization).slice(7), "base64").toString();
		expect(JSON.parse(told)).toEqual({
			apiVersion: "client.authentication.k8s.io/v1",
			kind: "ExecCredential",
			spec: {
				interactive: false,
				cluster: {
					server: "https://10.0.0.1:6443",
					"tls-server-name": "n",
					"certificate-authority-data": base64(cert),
					"proxy-url": "http://p:1",
					"disable-compression": true,
					config: { audience: "a", deep: [null, 1] },
				},
			},
		});
	});

	it.each([
		[
			"two certificates",
			{ "client-certificate": "me.crt", "client-certificate-data": "x", "client-key": "me.key" },
			"client-certificate and client-certificate-data",
		],
		[
			"two keys",
			{ "client-certificate": "me.crt", "client-key-data": "x", "client-key": "me.key" },
			"client-key and client-key-data",
		],
		["a certificate without a key", { "client-certificate": "me.crt" }, "a client-certificate and no client-key"],
		["a key without a certificate", { "client-key-data": "x" }, "a client-key and no client-certificate"],
		[
			"a token and a password",
			{ token: "top-secret", username: "n", password: "p" },
			"a token and a username exclude each other",
		],
		["a tokenFile and a password", { tokenFile: "token", username: "n" }, "a token and a username exclude each other"],
		["as-uid alone", { "as-uid": "7" }, "need a user to impersonate"],
		["as-groups alone", { "as-groups": ["a"] }, "need a user to impersonate"],
		["as-user-extra alone", { "as-user-extra": { a: ["b"] } }, "need a user to impersonate"],
		[
			"auth-provider openstack",
			{ "auth-provider": { name: "openstack" } },
			'user "u": no Auth Provider found for name "openstack"',
		],
		["auth-provider gcp", { "auth-provider": { name: "gcp" } }, 'no Auth Provider found for name "gcp"'],
		["auth-provider without a name", { "auth-provider": {} }, 'no Auth Provider found for name ""'],
		["exec and auth-provider", { exec: exec(), ...oidc() }, "auth-provider and exec exclude each other"],
		["oidc without an issuer", oidc({ "idp-issuer-url": "" }), "has no idp-issuer-url"],
		["oidc without a client", oidc({ "client-id": "" }), "has no client-id"],
		[
			"oidc with an issuer that is not an address",
			oidc({ "idp-issuer-url": "idp" }),
			"its idp-issuer-url is not an address",
		],
		["exec without a command", { exec: exec({ command: "" }) }, "its exec has no command"],
		["exec without a version", { exec: exec({ apiVersion: null }) }, "its exec has no apiVersion"],
		[
			"exec of an old version",
			{ exec: exec({ apiVersion: "client.authentication.k8s.io/v1alpha1" }) },
			'the apiVersion "client.authentication.k8s.io/v1alpha1"',
		],
		["exec without interactiveMode", { exec: exec({ interactiveMode: null }) }, "its exec has no interactiveMode"],
		["exec with another interactiveMode", { exec: exec({ interactiveMode: "Maybe" }) }, 'the interactiveMode "Maybe"'],
		[
			"exec with a nameless variable",
			{ exec: exec({ env: [{ value: "top-secret" }] }) },
			"its exec has an env without a name",
		],
		["a number as token", { token: 12345 }, "users[0].user.token: "],
		["a text as as-groups", { as: "me", "as-groups": "admins" }, "users[0].user.as-groups: "],
		[
			"a number in a provider's config",
			{ "auth-provider": { name: "oidc", config: { "client-id": 1 } } },
			"users[0].user.auth-provider.config.client-id: ",
		],
	])("is refused by name: %s", async (_, user, words) => {
		const error = await load({}, user).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(words), hint: expect.anything() });
		expect(String(error)).not.toMatch(/top-secret|12345/);
	});

	it.each([
		["gcp", "gke-gcloud-auth-plugin"],
		["azure", "kubelogin"],
		["openstack", "exec plugin"],
	])("auth-provider %s is refused with what took its place", async (name, successor) => {
		await expect(load({}, { "auth-provider": { name } })).rejects.toMatchObject({
			hint: expect.stringContaining(successor),
		});
	});

	it("exec of v1beta1 may ask if it can, without an interactiveMode", async () => {
		const apiVersion = "client.authentication.k8s.io/v1beta1";
		const user = { exec: telling({ apiVersion, interactiveMode: null, env: [{ name: "V", value: apiVersion }] }) };
		expect(await connect({}, user)).toHaveProperty("headers.Authorization");
	});

	it.each([
		["an empty tokenFile", { tokenFile: "empty" }, `its tokenFile ${join(beside, "empty")} is empty`],
		["a tokenFile that is not there", { tokenFile: "missing" }, join(beside, "missing")],
		["a token over two lines", { token: "top-secret\nsecond" }, "its token holds characters that no header may hold"],
		["a name over two lines", { as: "a\nb" }, "its Impersonate-User holds characters"],
		[
			"a key's file that is not there",
			{ "client-certificate": "me.crt", "client-key": "missing" },
			"its client-key cannot be read: ",
		],
		[
			"a key's data that is no base64",
			{ "client-certificate": "me.crt", "client-key-data": "%" },
			"its client-key-data",
		],
		[
			"a key of another certificate",
			{ "client-certificate": "me.crt", "client-key": "garbage" },
			"its client certificate with its key cannot be used: ",
		],
	])("says of %s what it is", async (_, user, words) => {
		const error = await connect({}, user).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 4, message: expect.stringContaining(words), hint: expect.anything() });
		expect(String(error)).not.toMatch(/top-secret|garbage-secret/);
	});
});

describe("plain HTTP", () => {
	const plain = { server: "http://10.0.0.1:8080" };

	it.each([
		["token", { token: "t" }],
		["tokenFile", { tokenFile: "token" }],
		["password", { password: "p" }],
		["auth-provider", oidc()],
		["exec", { exec: exec() }],
	])("takes no %s over the network", async (field, user) => {
		await expect(load(plain, user)).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringContaining(`${field} would be sent unencrypted to http://10.0.0.1:8080`),
		});
	});

	it("takes who is impersonated over the network, and a token on the own machine", async () => {
		expect((await connect(plain, { as: "me" })).headers).toEqual({ "Impersonate-User": "me" });
		const { headers, tls } = await connect({ server: "http://[::1]:8080" }, { token: "t" });
		expect({ headers, tls }).toEqual({ headers: { Authorization: "Bearer t" }, tls: {} });
	});
});

describe("names", () => {
	it.each(["clusters", "users", "contexts"])("that are twice among the %s of a file are refused", async (part) => {
		const file = join(beside, `twice-${part}`);
		const entry = { name: "x", cluster: { server: "https://h" }, user: {}, context: { cluster: "x" } };
		writeFileSync(file, JSON.stringify({ [part]: [entry, entry] }));
		await expect(loadKubeconfig({ file, env: {} })).rejects.toMatchObject({
			exitCode: 2,
			message: `${file}: not a kubeconfig: the name "x" is twice among its ${part}`,
		});
	});

	it("of clusters that the context does not use may be without a server", async () => {
		const file = join(beside, "others");
		const clusters = [{ name: "c", cluster: { server: "https://h" } }, { name: "other" }];
		writeFileSync(file, JSON.stringify({ clusters, contexts: [{ name: "x", context: { cluster: "c" } }] }));
		expect((await loadKubeconfig({ file, context: "x", env: {} })).context).toBe("x");
	});
});
