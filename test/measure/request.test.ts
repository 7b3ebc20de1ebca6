import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type RequestOrder, sendRequest } from "../../src/measure/observing/request.ts";
import type { RequestTimes } from "../../src/recording/entries.ts";
import { connectionTo } from "../kube/connection.ts";
import { feed, startApiServer } from "../support/api-server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const now = () => process.hrtime.bigint();

const orderTo = (url: string, more: Partial<RequestOrder> = {}): RequestOrder => ({
	route: { kind: "direct", url, by: "given" },
	host: "hello.x.example.com",
	expectBody: "Hello mark-1!",
	timeoutMs: 1_000,
	...more,
});

const order = ["connectStartedAt", "connectedAt", "sentAt", "firstByteAt", "lastByteAt"] as const;

/** The times that were taken, in the order in which they must be. */
function taken(times: RequestTimes) {
	const names = order.filter((name) => times[name] !== undefined);
	const values = names.map((name) => BigInt(times[name] ?? 0));
	expect(values).toEqual([...values].sort((a, b) => (a < b ? -1 : 1)));
	return names;
}

describe("a request that is answered", () => {
	it("has every time, in order, around the server's work", async () => {
		const server = await startApiServer();
		server.on("GET /", { headers: { Server: "istio-envoy" }, text: "Hello mark-1!\n" });
		const before = now();
		const times = await sendRequest(orderTo(server.origin, { headers: { "x-own": "1" } }), now);
		expect(taken(times)).toEqual(order);
		expect(BigInt(times.connectStartedAt)).toBeGreaterThan(before);
		expect(BigInt(times.firstByteAt ?? 0)).toBeGreaterThan(server.calls[0]?.at ?? 0n);
		expect(times).toMatchObject({ status: 200, server: "istio-envoy", bodyMatches: true });
		expect(times).not.toHaveProperty("body");
		expect(times).not.toHaveProperty("error");
		expect(server.calls[0]?.headers).toMatchObject({ host: "hello.x.example.com", "x-own": "1" });
		expect(server.calls[0]?.headers).not.toHaveProperty("authorization");
	});

	it("may be any request: method, path with query, headers and body", async () => {
		const server = await startApiServer();
		server.on("POST /v1/x", { status: 201, headers: { "X-Envoy-Upstream-Service-Time": "3" }, text: "made" });
		const own = { method: "POST", path: "/v1/x?dry=1", headers: { "content-type": "text/x" }, body: Buffer.from("né") };
		const times = await sendRequest(orderTo(`${server.origin}/`, { ...own, expectBody: "" }), now);
		expect(taken(times)).toEqual(order);
		expect(times).toMatchObject({ status: 201, bodyMatches: true, isFromUpstream: true });
		expect(server.calls[0]).toMatchObject({ method: "POST", body: "né" });
		expect(server.calls[0]?.headers).toMatchObject({ "content-type": "text/x", "content-length": "3" });
	});

	it("is on a connection of its own, which is closed", async () => {
		const server = await startApiServer();
		server.on("GET /", { text: "Hello mark-1!" });
		await sendRequest(orderTo(server.origin), now);
		await sendRequest(orderTo(server.origin), now);
		expect(server.connections().opened).toBe(2);
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("keeps first and last byte of a slow body apart", async () => {
		const server = await startApiServer();
		const body = feed();
		server.on("GET /", body);
		const answer = sendRequest(orderTo(server.origin), now);
		await body.opened;
		body.write("Hello ");
		setTimeout(() => {
			body.write("mark-1!");
			body.end();
		}, 30);
		const times = await answer;
		expect(times.bodyMatches).toBe(true);
		expect(Number(BigInt(times.lastByteAt ?? 0) - BigInt(times.firstByteAt ?? 0)) / 1e6).toBeGreaterThan(25);
	});

	it("has its first byte when that comes, not when the whole head has come", async () => {
		const gap = 60;
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", () => {
				socket.write("HTTP/1.1 2");
				setTimeout(() => socket.end("00 OK\r\nContent-Length: 13\r\n\r\nHello mark-1!"), gap);
			});
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		onTestFinished(() => void server.close());
		const { port } = server.address() as AddressInfo;
		const times = await sendRequest(orderTo(`http://127.0.0.1:${port}`), now);
		expect(times).toMatchObject({ status: 200, bodyMatches: true });
		expect(Number(BigInt(times.lastByteAt ?? 0) - BigInt(times.firstByteAt ?? 0)) / 1e6).toBeGreaterThan(gap / 2);
	});

	it("is looked through to its end, also where the expected text is cut in two", async () => {
		const server = await startApiServer();
		const body = feed();
		server.on("GET /", body);
		const answer = sendRequest(orderTo(server.origin), now);
		await body.opened;
		body.write("x".repeat(200_000));
		for (const piece of ["Hel", "lo mark", "-1", "!", "y".repeat(200_000)]) {
			body.write(piece);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		body.end();
		expect(await answer).toMatchObject({ bodyMatches: true });
		server.on("GET /", { text: `${"x".repeat(200_000)}Hello mark-1` });
		expect(await sendRequest(orderTo(server.origin), now)).toMatchObject({ bodyMatches: false });
	});

	it("with another body shows its beginning", async () => {
		const server = await startApiServer();
		server.on("GET /", { status: 503, text: `no healthy upstream ${"x".repeat(50_000)}` });
		const times = await sendRequest(orderTo(server.origin), now);
		expect(times).toMatchObject({ status: 503, bodyMatches: false });
		expect(times.body).toMatch(/^no healthy upstream x{180}$/);
	});
});

describe("a request that fails", () => {
	it("because nothing listens has no time but the first", async () => {
		const times = await sendRequest(orderTo("http://127.0.0.1:1"), now);
		expect(times.error).toContain("ECONNREFUSED");
		expect(taken(times)).toEqual(["connectStartedAt"]);
		expect((await sendRequest(orderTo("http://localhost:1"), now)).error).toContain("ECONNREFUSED");
	});

	it("because nothing is answered in time was sent and no more", async () => {
		const server = await startApiServer();
		server.on("GET /", "silence");
		const times = await sendRequest(orderTo(server.origin, { timeoutMs: 50 }), now);
		expect(times.error).toBe("no complete answer within 0.05 s");
		expect(taken(times)).toEqual(["connectStartedAt", "connectedAt", "sentAt"]);
		expect(times).not.toHaveProperty("status");
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("because the body does not end in time has no last byte", async () => {
		const server = await startApiServer();
		const body = feed();
		server.on("GET /", body);
		body.opened.then(() => body.write("Hello mark-1!"));
		const times = await sendRequest(orderTo(server.origin, { timeoutMs: 60 }), now);
		expect(times).toMatchObject({ status: 200, error: "no complete answer within 0.06 s" });
		expect(taken(times)).toEqual(order.slice(0, -1));
		expect(times).not.toHaveProperty("bodyMatches");
	});

	it("because the server hangs up is not repeated", async () => {
		const server = await startApiServer();
		server.on("GET /", "hang up");
		expect(await sendRequest(orderTo(server.origin), now)).toMatchObject({ error: "socket hang up" });
		expect(server.calls).toHaveLength(1);
	});

	it("in the middle of the body is no answer", async () => {
		const server = await startApiServer();
		const body = feed();
		server.on("GET /", body);
		body.opened.then(() => {
			body.write("Hello mark-1!");
			setTimeout(body.cut, 20);
		});
		const times = await sendRequest(orderTo(server.origin), now);
		expect(times).toMatchObject({ status: 200, error: "aborted" });
		expect(times).not.toHaveProperty("lastByteAt");
	});
});

describe("the API server's proxy", () => {
	const path = "/api/v1/namespaces/istio-system/services/http:istio-ingressgateway:80/proxy/";
	const route = { kind: "service-proxy", path } as const;

	it("gets the credentials and the service's Host", async () => {
		const server = await startApiServer();
		server.on(`GET /base${path}`, { text: "Hello mark-1!" });
		const connection = connectionTo(server.origin, { basePath: "/base" });
		const times = await sendRequest(orderTo("", { route }), now, connection);
		expect(times).toMatchObject({ status: 200, bodyMatches: true });
		expect(server.calls[0]?.headers).toMatchObject({
			host: "hello.x.example.com",
			authorization: "Bearer first-secret",
		});
	});

	it("is checked by its own name, not by the service's", async () => {
		const { cert, key } = makeCertificate(folder, "server");
		const server = await startApiServer({ cert, key });
		server.on(`GET ${path}`, { text: "Hello mark-1!" });
		const send = (ca: string) => sendRequest(orderTo("", { route }), now, connectionTo(server.origin, { tls: { ca } }));
		const times = await send(cert);
		expect(times).toMatchObject({ status: 200 });
		expect(taken(times)).toEqual(order);
		expect(server.calls[0]?.headers.host).toBe("hello.x.example.com");
		expect((await send(makeCertificate(folder, "foreign").cert)).error).toMatch(/self-signed/);
	});

	it("is reached through the kubeconfig's proxy", async () => {
		const { cert, key } = makeCertificate(folder, "server");
		const server = await startApiServer({ cert, key });
		server.on(`GET ${path}`, { text: "Hello mark-1!" });
		const proxy = await startProxy();
		const connection = connectionTo(server.origin, { tls: { ca: cert }, proxyUrl: proxy.url });
		const times = await sendRequest(orderTo("", { route }), now, connection);
		expect(times).toMatchObject({ status: 200, bodyMatches: true });
		expect(taken(times)).toEqual(expect.arrayContaining(["sentAt", "firstByteAt", "lastByteAt"]));
		expect(proxy.heads).toEqual([`CONNECT ${new URL(server.origin).host} HTTP/1.1`]);
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("needs a connection", async () => {
		await expect(sendRequest(orderTo("", { route }), now)).rejects.toThrow("needs a connection");
	});
});
