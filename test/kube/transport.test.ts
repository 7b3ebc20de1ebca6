import { describe, expect, it, vi } from "vitest";
import { feed, startApiServer } from "../support/api-server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { connectionTo, transportTo } from "./connection.ts";

const folder = temporaryFolder();
const [ours, client, foreign] = ["ours", "client", "foreign"].map((name) => makeCertificate(folder, name)) as [
	ReturnType<typeof makeCertificate>,
	ReturnType<typeof makeCertificate>,
	ReturnType<typeof makeCertificate>,
];

describe("requests", () => {
	it("uses one connection for 50 calls", async () => {
		const server = await startApiServer();
		server.on("GET /version", { json: { gitVersion: "v1.34.0" } });
		const transport = await transportTo(server.origin);
		for (let count = 0; count < 50; count++) {
			const { status, body } = await transport.request("GET", "/version");
			expect([status, JSON.parse(body.toString())]).toEqual([200, { gitVersion: "v1.34.0" }]);
		}
		expect(server.calls).toHaveLength(50);
		expect(server.connections().opened).toBe(1);
	});

	it("never lets a call wait behind an open watch", async () => {
		const server = await startApiServer();
		const watch = feed();
		server.on("GET /watch", watch);
		server.on("GET /version", {});
		const transport = await transportTo(server.origin);
		const { response } = await transport.open("GET", "/watch");
		expect(response.statusCode).toBe(200);
		expect((await transport.request("GET", "/version")).status).toBe(200);
		expect(server.connections()).toEqual({ opened: 2, open: 2 });
	});

	it("sends the base path, the credentials, the body and its length, and no credentials that were replaced", async () => {
		const server = await startApiServer();
		server.on("POST /behind/a/path/api", {});
		const transport = await transportTo(server.origin, { basePath: "/behind/a/path" });
		await transport.request("POST", "/api?x=1", { body: "äö", headers: { "Content-Type": "text/x" } });
		transport.renew(connectionTo(server.origin, { headers: { Authorization: "Bearer second" } }));
		await transport.request("POST", "/behind/a/path/api");
		const [first, second] = server.calls;
		expect(first).toMatchObject({ path: "/behind/a/path/api", body: "äö" });
		expect(first?.query.get("x")).toBe("1");
		expect(first?.headers).toMatchObject({
			authorization: "Bearer first-secret",
			"content-type": "text/x",
			"content-length": "4",
			accept: "application/json",
		});
		expect(second?.headers.authorization).toBe("Bearer second");
	});

	it("bounds the server's work from both sides", async () => {
		const server = await startApiServer();
		let answeredAt = 0n;
		server.on("GET /slow", async () => {
			await new Promise((resolve) => setTimeout(resolve, 20));
			answeredAt = process.hrtime.bigint();
			return {};
		});
		const transport = await transportTo(server.origin);
		for (const call of [0, 1]) {
			const before = process.hrtime.bigint();
			const answer = await transport.request("GET", "/slow");
			expect(answer.sentAt).toBeGreaterThan(before);
			expect(answer.sentAt).toBeLessThan(server.calls[call]?.at ?? 0n);
			expect(answer.answeredAt).toBeGreaterThan(answeredAt);
		}
	});

	it("gives up when no byte comes", async () => {
		const server = await startApiServer();
		server.on("GET /silent", "silence");
		const transport = await transportTo(server.origin);
		await expect(transport.request("GET", "/silent", { timeoutMs: 30 })).rejects.toMatchObject({
			exitCode: 4,
			message: `the API server at ${server.origin} cannot be reached: no answer within 0.03 s`,
			hint: expect.stringContaining("firewall"),
		});
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("says it when an answer breaks off", async () => {
		const server = await startApiServer();
		const half = feed();
		server.on("GET /half", half);
		const transport = await transportTo(server.origin);
		const answer = transport.request("GET", "/half");
		await half.opened;
		half.write('{"items":');
		setTimeout(half.cut, 10);
		await expect(answer).rejects.toMatchObject({ exitCode: 4, hint: expect.stringContaining("restarting") });
	});

	it("says why when an answer begins and then nothing more comes", async () => {
		const server = await startApiServer();
		const half = feed();
		server.on("GET /half", half);
		const transport = await transportTo(server.origin);
		await expect(transport.request("GET", "/half", { timeoutMs: 30 })).rejects.toThrow(/no answer within 0.03 s/);
	});

	it("repeats a request once whose kept connection the server had just closed", async () => {
		const server = await startApiServer();
		server.on("GET /version", {}, "hang up", { json: { again: true } });
		const transport = await transportTo(server.origin);
		await transport.request("GET", "/version");
		expect((await transport.request("GET", "/version")).body.toString()).toBe('{"again":true}');
		expect(server.connections().opened).toBe(2);
	});

	it.each(["cut", "reset"] as const)("does not repeat a watch that breaks (%s)", async (how) => {
		const server = await startApiServer();
		const watch = feed();
		server.on("GET /version", {});
		server.on("GET /watch", watch);
		const transport = await transportTo(server.origin);
		await transport.request("GET", "/version");
		const { response } = await transport.open("GET", "/watch");
		const broken = new Promise((resolve) => response.on("error", resolve));
		response.resume();
		watch[how]();
		expect(await broken).toBeInstanceOf(Error);
		expect(server.calls.map(({ path, connection }) => [path, connection])).toEqual([
			["/version", 1],
			["/watch", 1],
		]);
	});

	it("repeats neither what was refused on a new connection nor what would be done twice", async () => {
		const server = await startApiServer();
		server.on("GET /fresh", "hang up");
		server.on("GET /version", {});
		server.on("POST /thing", "hang up");
		const transport = await transportTo(server.origin);
		await expect(transport.request("GET", "/fresh")).rejects.toThrow("socket hang up");
		await transport.request("GET", "/version");
		await expect(transport.request("POST", "/thing", { body: "{}" })).rejects.toThrow("socket hang up");
		expect(server.calls.map(({ path }) => path)).toEqual(["/fresh", "/version", "/thing"]);
	});
});

describe("abort", () => {
	it.each(["before", "during", "in the body"])("%s ends a request with the signal's own reason", async (when) => {
		const server = await startApiServer();
		const half = feed();
		server.on("GET /silent", when === "in the body" ? half : "silence");
		const transport = await transportTo(server.origin);
		const controller = new AbortController();
		const reason = new Error("stop");
		if (when === "before") controller.abort(reason);
		const request = transport.request("GET", "/silent", { signal: controller.signal });
		if (when === "during") setTimeout(() => controller.abort(reason), 20);
		if (when === "in the body") half.opened.then(() => setTimeout(() => controller.abort(reason), 10));
		await expect(request).rejects.toBe(reason);
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("closes idle connections", async () => {
		const server = await startApiServer();
		server.on("GET /version", {});
		const transport = await transportTo(server.origin);
		await transport.request("GET", "/version");
		expect(server.connections().open).toBe(1);
		transport.close();
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});
});

describe("TLS", () => {
	it("trusts the given authority and shows the client's certificate, also for a watch", async () => {
		const server = await startApiServer({ ...ours, requestCert: true, rejectUnauthorized: true, ca: client.cert });
		server.on("GET /version", {});
		const { cert, key } = client;
		const transport = await transportTo(server.origin, { tls: { ca: ours.cert, cert, key } });
		for (let count = 0; count < 5; count++) await transport.request("GET", "/version");
		expect(server.connections().opened).toBe(1);
	});

	it("trusts no other authority, and says what to look at", async () => {
		const server = await startApiServer(ours);
		const transport = await transportTo(server.origin, { tls: { ca: foreign.cert } });
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({
			exitCode: 4,
			hint: expect.stringContaining("certificate-authority"),
		});
	});

	it("says so when the server does not accept the client", async () => {
		const server = await startApiServer({ ...ours, requestCert: true, rejectUnauthorized: true, ca: client.cert });
		const transport = await transportTo(server.origin, { tls: { ca: ours.cert } });
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({ exitCode: 4 });
	});

	it("says so when the server speaks no TLS", async () => {
		const server = await startApiServer();
		const transport = await transportTo(server.origin.replace("http", "https"));
		await expect(transport.request("GET", "/version")).rejects.toMatchObject({
			exitCode: 4,
			hint: expect.stringContaining("TLS failed"),
		});
	});
});

describe("a proxy", () => {
	it("is gone through by one tunnel to a TLS server", async () => {
		const server = await startApiServer(ours);
		server.on("GET /version", {});
		const proxy = await startProxy();
		const transport = await transportTo(server.origin, { tls: { ca: ours.cert }, proxyUrl: proxy.url });
		for (let count = 0; count < 3; count++) expect((await transport.request("GET", "/version")).status).toBe(200);
		expect(proxy.heads).toEqual([`CONNECT ${new URL(server.origin).host} HTTP/1.1`]);
	});

	it("that is not there is named as what cannot be reached", async () => {
		const transport = await transportTo("https://127.0.0.1:1", { proxyUrl: "http://user:hidden@127.0.0.1:9" });
		const error = await transport.request("GET", "/version").catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 4, hint: expect.stringContaining("running") });
		expect(String((error as Error).message)).not.toContain("hidden");
	});
});
