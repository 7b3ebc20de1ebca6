import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { dump } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import { type KubeconfigChoice, loadKubeconfig } from "../../src/kube/auth/kubeconfig.ts";
import { startApiServer } from "../support/api-server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Unlike the built program, a test loads all of client-node, which takes seconds on a machine that is busy.
beforeAll(() => import("../../src/kube/auth/client-node.ts"), 60_000);

const folder = temporaryFolder();
let serial = 0;

interface Parts {
	server?: string;
	cluster?: object;
	user?: object;
	context?: string;
	current?: string | undefined;
}

/** One context, cluster and user, named alike. */
function kubeconfig({ server = "https://127.0.0.1:6443", cluster = {}, user = {}, context = "bench", ...rest }: Parts) {
	return {
		apiVersion: "v1",
		kind: "Config",
		clusters: [{ name: context, cluster: { server, ...cluster } }],
		users: [{ name: context, user }],
		contexts: [{ name: context, context: { cluster: context, user: context } }],
		...("current" in rest ? { "current-context": rest.current } : { "current-context": context }),
	};
}

async function save(content: unknown, name = `config-${++serial}`): Promise<string> {
	const file = join(folder, name);
	await writeFile(file, typeof content === "string" ? content : dump(content));
	return file;
}

/** Nothing of the machine's own: no home, no variables. */
const load = (choice: Partial<KubeconfigChoice>) =>
	loadKubeconfig({ env: { HOME: join(folder, "nobody") }, ...choice });
const connectionOf = async (parts: Parts) => (await load({ file: await save(kubeconfig(parts)) })).connect();

describe("where it is", () => {
	it("is the file that was named", async () => {
		const file = await save(kubeconfig({ context: "named" }));
		const other = await save(kubeconfig({ context: "other" }));
		expect((await load({ file, env: { KUBECONFIG: other } })).context).toBe("named");
	});

	it("is $KUBECONFIG, before the home folder", async () => {
		const home = join(folder, "home");
		await mkdir(join(home, ".kube"), { recursive: true });
		await save(kubeconfig({ context: "at-home" }), "home/.kube/config");
		expect((await load({ env: { HOME: home } })).context).toBe("at-home");
		expect((await load({ env: { HOME: home, KUBECONFIG: "" } })).context).toBe("at-home");
		const named = await save(kubeconfig({ context: "named" }));
		expect((await load({ env: { HOME: home, KUBECONFIG: named } })).context).toBe("named");
	});

	it("may be several files: missing ones are ignored, the first to say something wins", async () => {
		const first = await save({ ...kubeconfig({ context: "a", server: "https://first" }), "current-context": "" });
		const second = await save({
			...kubeconfig({ context: "a", server: "https://second" }),
			"current-context": "b",
		});
		const third = await save(kubeconfig({ context: "b", server: "https://third", user: { token: "t" } }));
		const env = { KUBECONFIG: ["/nowhere/config", first, "", second, third].join(delimiter) };
		const inB = await load({ env });
		expect(inB.context).toBe("b");
		expect(await inB.connect()).toMatchObject({ origin: "https://third", headers: { Authorization: "Bearer t" } });
		expect(await (await load({ env, context: "a" })).connect()).toMatchObject({ origin: "https://first" });
	});

	it("may be empty in a list, have null in place of a list, and has its paths relative to itself", async () => {
		await mkdir(join(folder, "elsewhere"), { recursive: true });
		const empty = await save("");
		const nulls = await save({ ...kubeconfig({ context: "a" }), users: null, contexts: null, "current-context": null });
		const whole = await save(kubeconfig({ context: "a", user: { tokenFile: "token" } }), "elsewhere/config");
		await save("beside", "elsewhere/token");
		const config = await load({ env: { KUBECONFIG: [empty, nulls, whole].join(delimiter) } });
		expect(await config.connect()).toMatchObject({ headers: { Authorization: "Bearer beside" } });
	});

	it("is a pod's service account, whose token and authority are read anew", async () => {
		const podFolder = join(folder, "pod");
		await mkdir(podFolder);
		const { cert } = makeCertificate(folder, "pod-authority");
		await save(cert, "pod/ca.crt");
		await save("first\n", "pod/token");
		const env = { HOME: join(folder, "nobody"), KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
		const config = await load({ env, podFolder });
		expect(await config.connect()).toEqual({
			origin: "https://[fd00::1]:6443",
			basePath: "",
			headers: { Authorization: "Bearer first" },
			tls: { ca: cert },
		});
		await save("rotated\n", "pod/token");
		expect((await config.connect()).headers.Authorization).toBe("Bearer rotated");
	});

	it("is said when it is nowhere", async () => {
		const refused = (what: string) => ({
			exitCode: 2,
			message: expect.stringContaining(what),
			hint: expect.anything(),
		});
		await expect(load({})).rejects.toMatchObject(refused("no kubeconfig"));
		await expect(load({ file: "/nowhere/config" })).rejects.toMatchObject(
			refused("--kubeconfig names a file that is not there: /nowhere/config"),
		);
		await expect(load({ env: { KUBECONFIG: "/nowhere/a:/nowhere/b" } })).rejects.toMatchObject(
			refused("$KUBECONFIG names a file that is not there: /nowhere/a, /nowhere/b"),
		);
	});

	it("is no folder", async () => {
		await expect(load({ file: folder })).rejects.toMatchObject({
			exitCode: 2,
			message: `cannot read ${folder}: it is a directory`,
		});
	});
});

describe("a context", () => {
	it("that is not there is refused with the nearest name", async () => {
		const file = await save(kubeconfig({ context: "kind-bench" }));
		await expect(load({ file, context: "kind-bnech" })).rejects.toMatchObject({
			exitCode: 2,
			message: `${file}: no context "kind-bnech"`,
			hint: 'did you mean "kind-bench"?',
		});
		await expect(load({ file, context: "production" })).rejects.toMatchObject({
			hint: "the contexts are: kind-bench",
		});
	});

	it("must be chosen where none is current", async () => {
		const file = await save(kubeconfig({ context: "bench", current: "" }));
		await expect(load({ file })).rejects.toMatchObject({
			exitCode: 2,
			message: `${file}: no current context`,
			hint: "--context one of: bench",
		});
		expect((await load({ file, context: "bench" })).context).toBe("bench");
	});

	it.each(["clusters", "users"])("must not name %s that are not there", async (part) => {
		const file = await save({ ...kubeconfig({}), [part]: [] });
		await expect(load({ file })).rejects.toMatchObject({
			exitCode: 2,
			message: `${file}: context "bench" names a ${part.slice(0, -1)} that is not there`,
		});
	});

	it("may have no user at all, and still has the cluster's certificate authority", async () => {
		const { cert, certFile } = makeCertificate(folder, "authority");
		const config = kubeconfig({ cluster: { "certificate-authority": certFile } });
		const contexts = [{ name: "bench", context: { cluster: "bench" } }];
		const connection = await (await load({ file: await save({ ...config, users: [], contexts }) })).connect();
		expect(connection).toMatchObject({ headers: {}, tls: { ca: cert } });
	});
});

describe("a file that is not a kubeconfig", () => {
	it.each([
		["broken YAML", "clusters: [\nusers:\n- user:\n    token: top-secret\n  name: x\n   bad"],
		["an empty file", ""],
		["a text", "just words"],
		["a list", "- a\n- b"],
		["a cluster without a name", "clusters:\n- cluster: {server: https://x}\n"],
		["a cluster without a server", "clusters:\n- name: x\n  cluster: {}\n"],
	])("%s is refused in words, with the file", async (_, content) => {
		const file = await save(content);
		const error = await load({ file }).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 2, hint: expect.anything() });
		const words = wordsOf(error);
		expect(words).toContain(file);
		expect(words).not.toMatch(/top-secret|Cannot read properties|TypeError/);
	});

	it("says the line of broken YAML", async () => {
		const file = await save("apiVersion: v1\nclusters: [\nusers: }\n");
		await expect(load({ file })).rejects.toThrow(/:3:\d+: not a kubeconfig: /);
	});

	it.each(["127.0.0.1:6443", "not an address", "ftp://x"])("with the server %j is refused", async (server) => {
		const file = await save(kubeconfig({ server }));
		await expect(load({ file })).rejects.toMatchObject({
			exitCode: 2,
			message: `${file}: the server of cluster "bench" is not an address: "${server}"`,
			hint: expect.stringContaining("https://"),
		});
	});
});

/** All that `--debug` could show of an error and its causes. */
function wordsOf(error: unknown): string {
	const words: string[] = [];
	for (let each = error; each instanceof Error; each = each.cause) words.push(`${each.message}`);
	return words.join("\n");
}

describe("what a connection holds", () => {
	it("is the address, a path without its last slash, and the token", async () => {
		const connection = await connectionOf({
			server: "https://10.0.0.1:6443/k8s/clusters/c-1/",
			user: { token: "top-secret" },
		});
		expect(connection).toEqual({
			origin: "https://10.0.0.1:6443",
			basePath: "/k8s/clusters/c-1",
			headers: { Authorization: "Bearer top-secret" },
			tls: {},
		});
	});

	it("is name and password", async () => {
		const connection = await connectionOf({ user: { username: "me", password: "secret" } });
		expect(connection.headers.Authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
	});

	it("is the certificates, from data or from files beside the kubeconfig", async () => {
		const { cert, key } = makeCertificate(folder, "client");
		const data = (text: string) => Buffer.from(text).toString("base64");
		const fromData = await connectionOf({
			cluster: { "certificate-authority-data": data(cert), "tls-server-name": "kubernetes" },
			user: { "client-certificate-data": data(cert), "client-key-data": data(key) },
		});
		const fromFiles = await connectionOf({
			cluster: { "certificate-authority": "client.crt" },
			user: { "client-certificate": "client.crt", "client-key": "./client.key" },
		});
		expect(fromData.tls).toEqual({ ca: cert, cert, key, servername: "kubernetes" });
		expect(fromFiles.tls).toEqual({ ca: cert, cert, key });
	});

	it("says which certificate's file is not there", async () => {
		const file = await save(kubeconfig({ cluster: { "certificate-authority": "missing.crt" } }));
		await expect((await load({ file })).connect()).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining(join(folder, "missing.crt")),
		});
	});

	it("is insecure only where that is asked for", async () => {
		expect((await connectionOf({})).tls.rejectUnauthorized).toBeUndefined();
		const connection = await connectionOf({ cluster: { "insecure-skip-tls-verify": true } });
		expect(connection.tls.rejectUnauthorized).toBe(false);
	});

	it("is the proxy and whom to impersonate", async () => {
		const connection = await connectionOf({ cluster: { "proxy-url": "http://proxy:3128" }, user: { as: "someone" } });
		expect(connection).toMatchObject({ proxyUrl: "http://proxy:3128", headers: { "Impersonate-User": "someone" } });
	});

	it("may be plain HTTP, as `kubectl proxy` serves it", async () => {
		expect(await connectionOf({ server: "http://127.0.0.1:8001" })).toMatchObject({ origin: "http://127.0.0.1:8001" });
	});

	it("is a token read from its file each time, without the line's end", async () => {
		const token = await save("one\n");
		const user = { tokenFile: token };
		const config = await load({ file: await save(kubeconfig({ user })) });
		expect((await config.connect()).headers.Authorization).toBe("Bearer one");
		await writeFile(token, "two\n");
		expect((await config.connect()).headers.Authorization).toBe("Bearer two");
	});
});

describe("exec plugins", () => {
	const credential = '"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"';

	async function plugin(script: string): Promise<object> {
		const command = await save(`#!/bin/sh\n${script}\n`);
		await chmod(command, 0o755);
		return { exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" } };
	}

	it("run again each time that credentials are asked for, though the last ones claim to be good", async () => {
		const counter = join(folder, `count-${++serial}`);
		const status = `{"token": "token-'$(wc -c < ${counter} | tr -d " ")'", "expirationTimestamp": "2999-01-01T00:00:00Z"}`;
		const user = await plugin(`printf x >> ${counter}; echo '{${credential}, "status": ${status}}'`);
		const config = await load({ file: await save(kubeconfig({ user })) });
		expect((await config.connect()).headers.Authorization).toBe("Bearer token-1");
		expect((await config.connect()).headers.Authorization).toBe("Bearer token-2");
	});

	it("may give a client certificate", async () => {
		const { cert, key } = makeCertificate(folder, "from-plugin");
		const status = JSON.stringify({ clientCertificateData: cert, clientKeyData: key });
		const user = await plugin(`cat <<'EOF'\n{${credential}, "status": ${status}}\nEOF`);
		expect((await connectionOf({ user })).tls).toEqual({ cert, key });
	});

	it("that give what is no certificate are told so, without what they gave", async () => {
		const status = JSON.stringify({ clientCertificateData: "top-secret", clientKeyData: "top-secret" });
		const error = await connectionOf({ user: await plugin(`echo '{${credential}, "status": ${status}}'`) }).catch(
			(error: Error) => error,
		);
		expect(error).toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("its client certificate with its key cannot be used: "),
		});
		expect(wordsOf(error)).not.toContain("top-secret");
	});

	it("run once for all who ask at the same time", async () => {
		const counter = join(folder, `count-${++serial}`);
		const user = await plugin(`printf x >> ${counter}; echo '{${credential}, "status": {"token": "t"}}'`);
		const config = await load({ file: await save(kubeconfig({ user })) });
		await Promise.all([config.connect(), config.connect()]);
		expect(await readFile(counter, "utf8")).toBe("x");
	});

	it.each([
		["fails", "echo please log in >&2; exit 1", "please log in"],
		["fails without a word", "exit 3", "said nothing"],
		["writes no JSON", "echo token-top-secret", "no JSON"],
		["writes no credential", "echo '{}'", "no ExecCredential"],
	])("that %s is told in its own words", async (_, script, words) => {
		const file = await save(kubeconfig({ user: await plugin(script) }));
		const error = await (await load({ file })).connect().catch((error: Error) => error);
		expect(error).toMatchObject({
			exitCode: 4,
			message: expect.stringContaining('no credentials for context "bench"'),
			hint: expect.stringContaining("log in"),
		});
		expect(wordsOf(error)).toContain(words);
		expect(wordsOf(error)).not.toContain("top-secret");
	});

	it("that is not there is named", async () => {
		const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
		const user = { exec: { ...exec, command: "/nowhere/plugin" } };
		await expect(connectionOf({ user })).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("/nowhere/plugin"),
		});
	});
});

describe("from the file to the server", () => {
	it("goes with a client certificate, and fails in words with another authority", async () => {
		const ours = makeCertificate(folder, "server");
		makeCertificate(folder, "me");
		makeCertificate(folder, "foreign");
		const server = await startApiServer({
			cert: ours.cert,
			key: ours.key,
			requestCert: true,
			ca: makeCertificate(folder, "me").cert,
		});
		server.serves({ v1: ["Namespace"] });
		server.on("GET /api/v1/namespaces", { json: { metadata: {}, items: [{ metadata: { name: "default" } }] } });
		const user = { "client-certificate": "me.crt", "client-key": "me.key" };
		const open = async (authority: string) =>
			openKube({
				file: await save(kubeconfig({ server: server.origin, cluster: { "certificate-authority": authority }, user })),
				env: {},
			});
		const cluster = await open("server.crt");
		expect(await cluster.list({ apiVersion: "v1", kind: "Namespace" })).toMatchObject([
			{ metadata: { name: "default" } },
		]);
		cluster.close();
		const wrong = await open("foreign.crt");
		await expect(wrong.list({ apiVersion: "v1", kind: "Namespace" })).rejects.toMatchObject({
			exitCode: 4,
			hint: expect.stringContaining("certificate-authority"),
		});
	});

	it("fails in words where the name is not known", async () => {
		const cluster = await openKube({
			file: await save(kubeconfig({ server: "https://nowhere.invalid:6443" })),
			env: {},
		});
		await expect(cluster.resource("v1", "Pod")).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(/^the API server at https:\/\/nowhere\.invalid:6443 cannot be reached: /),
			hint: expect.stringContaining("kubeconfig's `server`"),
		});
	});
});
