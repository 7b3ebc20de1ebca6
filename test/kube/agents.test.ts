import { describe, expect, it } from "vitest";
import { startApiServer } from "../support/api-server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startProxy, startSocksProxy } from "../support/proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { connectionTo, transportTo } from "./connection.ts";

const folder = temporaryFolder();
const ours = makeCertificate(folder, "server");
const foreign = makeCertificate(folder, "foreign");
const [first, second] = [makeCertificate(folder, "first"), makeCertificate(folder, "second")];

/** The test's proxies know every name as their own machine; nobody else knows this one. */
const named = (origin: string) => origin.replace("127.0.0.1", "api.lab.invalid");

describe("a SOCKS proxy", () => {
	it.each([
		"socks4a",
		"socks5",
		"socks5h",
		"socks",
	])("of the kind %s looks up the server's name itself", async (kind) => {
		const server = await startApiServer(ours);
		server.on("GET /version", {});
		const proxy = await startSocksProxy();
		const transport = await transportTo(named(server.origin), {
			tls: { ca: ours.cert, rejectUnauthorized: false },
			proxyUrl: `${kind}://127.0.0.1:${proxy.port}`,
		});
		for (let count = 0; count < 2; count++) expect((await transport.request("GET", "/version")).status).toBe(200);
		expect(proxy.asked).toEqual(["api.lab.invalid"]);
	});

	it("of version 4 is given an address", async () => {
		const server = await startApiServer(ours);
		server.on("GET /version", {});
		const proxy = await startSocksProxy();
		const proxyUrl = `socks4://127.0.0.1:${proxy.port}`;
		const transport = await transportTo(server.origin, { tls: { ca: ours.cert }, proxyUrl });
		expect((await transport.request("GET", "/version")).status).toBe(200);
		expect(proxy.asked).toEqual(["127.0.0.1"]);
	});

	it("does not hide that the server's certificate is not trusted", async () => {
		const server = await startApiServer(ours);
		const proxyUrl = `socks5://127.0.0.1:${(await startSocksProxy()).port}`;
		const transport = await transportTo(server.origin, { tls: { ca: foreign.cert }, proxyUrl });
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({
			message: expect.stringContaining("self-signed certificate"),
			hint: expect.stringContaining("certificate-authority"),
		});
	});

	it("that is not there is named, with what to look at", async () => {
		const transport = await transportTo("https://10.0.0.1", { proxyUrl: "socks5://me:hidden@127.0.0.1:9" });
		const error = await transport.request("GET", "/version").catch((error: Error) => error);
		expect(error).toMatchObject({
			exitCode: 4,
			message:
				"the API server at https://10.0.0.1 cannot be reached: by the proxy socks5://127.0.0.1:9: connect ECONNREFUSED 127.0.0.1:9",
			hint: expect.stringContaining("proxy-url"),
		});
	});
});

describe("an HTTP proxy", () => {
	it("is given its name and password", async () => {
		const server = await startApiServer(ours);
		server.on("GET /version", {});
		const proxy = await startProxy({ login: "me:p@ss" });
		const proxyUrl = proxy.url.replace("//", "//me:p%40ss@");
		const transport = await transportTo(server.origin, { tls: { ca: ours.cert }, proxyUrl });
		expect((await transport.request("GET", "/version")).status).toBe(200);
	});

	it.each(["https://10.0.0.1", "http://10.0.0.1"])("that wants a login is named on the way to %s", async (origin) => {
		const proxy = await startProxy({ login: "me:right" });
		const transport = await transportTo(origin, { proxyUrl: proxy.url.replace("//", "//me:hidden@") });
		const error = await transport.request("GET", "/version").catch((error: Error) => error);
		expect(error).toMatchObject({
			exitCode: 4,
			message: `the API server at ${origin} cannot be reached: the proxy ${proxy.url} wants a name and password (HTTP 407)`,
			hint: expect.stringContaining("HTTPS_PROXY"),
		});
		expect(JSON.stringify(error)).not.toContain("hidden");
	});

	it("that refuses the way is named with what it answered", async () => {
		const proxy = await startProxy({ refuses: 403 });
		const transport = await transportTo("https://10.0.0.1", { proxyUrl: proxy.url });
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({
			message: expect.stringContaining(`by the proxy ${proxy.url}: it refused the tunnel with HTTP 403`),
			hint: expect.stringContaining("NO_PROXY"),
		});
	});

	it("does not hide that the server's certificate is not trusted", async () => {
		const server = await startApiServer(ours);
		const { url } = await startProxy();
		const transport = await transportTo(server.origin, { tls: { ca: foreign.cert }, proxyUrl: url });
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({
			message: expect.stringContaining("self-signed certificate"),
		});
	});
});

describe("new credentials", () => {
	it("with another client certificate are shown on new connections", async () => {
		const server = await startApiServer({
			...ours,
			requestCert: true,
			rejectUnauthorized: true,
			ca: [first.cert, second.cert],
		});
		server.on("GET /version", {});
		const tls = (own: typeof first) => ({ ca: ours.cert, cert: own.cert, key: own.key });
		const transport = await transportTo(server.origin, { tls: tls(first) });
		await transport.request("GET", "/version");
		transport.renew(connectionTo(server.origin, { tls: tls(first), headers: { Authorization: "Bearer new" } }));
		await transport.request("GET", "/version");
		expect(server.connections().opened).toBe(1);
		transport.renew(connectionTo(server.origin, { tls: tls(second) }));
		await transport.request("GET", "/version");
		expect(server.connections().opened).toBe(2);
		expect(server.calls.map(({ headers }) => headers.authorization)[1]).toBe("Bearer new");
	});

	it("of several values are sent as several headers, and nothing compressed is asked for", async () => {
		const server = await startApiServer();
		server.on("GET /version", {});
		const headers = { "Impersonate-User": "me", "Impersonate-Group": ["a", "b"] };
		const transport = await transportTo(server.origin, { headers });
		await transport.request("GET", "/version");
		expect(server.calls[0]?.headers).toMatchObject({ "impersonate-user": "me", "impersonate-group": "a, b" });
		expect(server.calls[0]?.headers["accept-encoding"]).toBeUndefined();
	});
});
