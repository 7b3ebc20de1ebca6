import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type SimulatedCluster, startSimulatedCluster } from "../../src/simulator/start.ts";
import { feed, startApiServer } from "../support/api-server.ts";
import { startBuilt } from "../support/built-program.ts";
import { makeCertificate } from "../support/certificate.ts";
import { isAlive } from "../support/is-alive.ts";
import { startProxy, startSocksProxy } from "../support/proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// The built program: what the bundle does to a package shows there only.
const folder = temporaryFolder();
let serial = 0;
let simulated: SimulatedCluster;
let real: { clusters: { cluster: { server: string } }[]; users: { user: { token: string } }[] };

beforeAll(async () => {
	simulated = await startSimulatedCluster({ model: "today", seed: 1, speed: 1 });
	real = load(simulated.kubeconfig) as typeof real;
});
afterAll(() => simulated.close());

const token = () => real.users[0]?.user.token ?? "";
const server = () => real.clusters[0]?.cluster.server ?? "";

function kubeconfig(user: object, cluster: object = {}): string {
	const file = join(folder, `config-${++serial}`);
	const content = {
		clusters: [{ name: "c", cluster: { ...real.clusters[0]?.cluster, ...cluster } }],
		users: [{ name: "u", user }],
		contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
		"current-context": "x",
	};
	writeFileSync(file, JSON.stringify(content));
	return file;
}

function plugin(text: string): string {
	const file = join(folder, `plugin-${++serial}`);
	writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
	return `./${file.split("/").at(-1)}`;
}

const exec = (command: string, more: object = {}) => ({
	exec: { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "IfAvailable", command, ...more },
});

async function clean(file: string, env: Record<string, string> = {}) {
	const { ended, output } = startBuilt(["clean", "--kubeconfig", file], env, "/");
	return { code: await ended, output: output() };
}

const nothing = { code: 0, output: "looking for what knistio put here\nnothing of knistio's is there\n" };

describe("the built program", { timeout: 30_000 }, () => {
	it.each(["socks5", "socks5h", "socks4", "socks4a"])("connects through a %s proxy", async (kind) => {
		const proxy = await startSocksProxy();
		const file = kubeconfig({ token: token() }, { "proxy-url": `${kind}://127.0.0.1:${proxy.port}` });
		expect(await clean(file)).toEqual(nothing);
		expect(proxy.asked.length).toBeGreaterThan(0);
	});

	it.each([
		"HTTPS_PROXY",
		"https_proxy",
	])("connects through the proxy of %s, except where NO_PROXY says so", async (name) => {
		const proxy = await startProxy();
		const cluster = { server: server().replace(/\/\/[^:]+/, "//api.lab.invalid"), "tls-server-name": "localhost" };
		const file = kubeconfig({ token: token() }, cluster);
		expect(await clean(file, { [name]: proxy.url })).toEqual(nothing);
		expect(proxy.heads[0]).toMatch(/^CONNECT api\.lab\.invalid:\d+ /);
		const direct = await clean(file, { [name]: proxy.url, no_proxy: ".lab.invalid" });
		expect(direct).toMatchObject({ code: 4, output: expect.stringContaining("ENOTFOUND") });
	});

	it("names a proxy that wants a login, and shows no password", async () => {
		const { url } = await startProxy({ login: "me:right" });
		const { code, output } = await clean(kubeconfig({}, { "proxy-url": url.replace("//", "//me:hidden@") }));
		expect(code).toBe(4);
		expect(output).toContain(`the proxy ${url} wants a name and password (HTTP 407)`);
		expect(output).not.toContain("hidden");
	});

	it("logs in by a token's file, and by a plugin beside the kubeconfig", async () => {
		writeFileSync(join(folder, "token"), `${token()}\n`);
		expect(await clean(kubeconfig({ tokenFile: "token", token: "stale" }))).toEqual(nothing);
		const answer = {
			apiVersion: "client.authentication.k8s.io/v1",
			kind: "ExecCredential",
			status: { token: token() },
		};
		const command = plugin(`[ -n "$KUBERNETES_EXEC_INFO" ] && echo '${JSON.stringify(answer)}'`);
		expect(await clean(kubeconfig(exec(command)))).toEqual(nothing);
	});

	it("shows a missing plugin's installHint", async () => {
		const { code, output } = await clean(kubeconfig(exec("/nowhere/it", { installHint: "brew install it" })));
		expect({ code, output }).toEqual({
			code: 4,
			output:
				'error: no credentials for context "x": its exec plugin /nowhere/it is not there\nhint: brew install it\n',
		});
	});

	it("refuses an unknown auth-provider", async () => {
		const { code, output } = await clean(kubeconfig({ "auth-provider": { name: "openstack" } }));
		expect(code).toBe(2);
		expect(output).toContain('no Auth Provider found for name "openstack"');
	});

	it("refreshes an OpenID Connect token", async () => {
		const issuer = await startApiServer();
		issuer.on("GET /.well-known/openid-configuration", { json: { token_endpoint: `${issuer.origin}/token` } });
		issuer.on("POST /token", { status: 400, json: { error: "invalid_grant" } });
		const config = { "idp-issuer-url": issuer.origin, "client-id": "c", "refresh-token": "r" };
		const { code, output } = await clean(kubeconfig({ "auth-provider": { name: "oidc", config } }));
		expect(code).toBe(4);
		expect(output).toContain(`the identity provider ${issuer.origin}: it refused to refresh the token`);
	});

	it.each([
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("shows a login's prompt at once, and on %s ends with %d and the plugin with it", async (signal, code) => {
		const command = plugin(`sleep 300 & echo "enter the code ABCD $$ $!" >&2; wait`);
		const { child, ended, output } = startBuilt(["clean", "--kubeconfig", kubeconfig(exec(command))]);
		await vi.waitFor(() => expect(output()).toMatch(/enter the code ABCD \d+ \d+\n/), { timeout: 10_000 });
		const started = output().match(/\d+/g)?.map(Number) ?? [];
		child.kill(signal);
		expect(await ended).toBe(code);
		expect(output()).toContain(`error: interrupted by ${signal}`);
		expect(started).toHaveLength(2);
		await vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]), { timeout: 5_000 });
	});
});

describe("the built observer's thread", () => {
	it.each(["http", "socks5"])("watches through a proxy of the kind %s, with a client certificate", async (kind) => {
		const [ours, own] = [makeCertificate(folder, `api-${kind}`), makeCertificate(folder, `own-${kind}`)];
		const api = await startApiServer({ ...ours, requestCert: true, rejectUnauthorized: true, ca: own.cert });
		const watched = feed();
		api.on("GET /pods", { json: { metadata: { resourceVersion: "1" }, items: [] } }, watched);
		const proxyUrl =
			kind === "http" ? (await startProxy()).url : `socks5://127.0.0.1:${(await startSocksProxy()).port}`;
		const worker = new Worker(pathToFileURL("dist/observer-thread.js"), {
			workerData: {
				connection: {
					origin: api.origin,
					basePath: "",
					headers: { Authorization: "Bearer t", "Impersonate-Group": ["a", "b"] },
					tls: { ca: ours.cert, cert: own.cert, key: own.key },
					proxyUrl,
				},
				clock: { hrtimeAtStart: 0n, epochNsAtStart: 0n, speed: 1 },
				watches: [{ watch: "pod", path: "/pods", apiVersion: "v1", objectKind: "Pod" }],
			},
		});
		onTestFinished(async () => void (await worker.terminate()));
		const messages: { kind: string }[] = [];
		worker.on("message", (message) => messages.push(message));
		await vi.waitFor(() => expect(messages).toContainEqual({ kind: "ready" }), { timeout: 10_000 });
		const call = await watched.opened;
		expect(call.query.get("watch")).toBe("true");
		expect(call.headers).toMatchObject({ authorization: "Bearer t", "impersonate-group": "a, b" });
	});
});
