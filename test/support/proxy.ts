import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a proxy of the tests may do beside tunnelling. */
export interface ProxyOptions {
	/** `name:password` without which it answers 407. */
	login?: string;
	/** It answers this status to every tunnel. */
	refuses?: number;
}

/** A loopback HTTP proxy that tunnels, and remembers the first line of each tunnel's request. It knows every name as its own machine. */
export async function startProxy(options: ProxyOptions = {}): Promise<{ url: string; heads: string[] }> {
	const heads: string[] = [];
	const port = await listen((socket) => {
		socket.once("data", (chunk) => {
			const head = chunk.toString();
			heads.push(head.split("\r\n")[0] ?? "");
			const login = /^proxy-authorization: Basic (\S+)/im.exec(head)?.[1] ?? "";
			if (options.login !== undefined && Buffer.from(login, "base64").toString() !== options.login) {
				socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
			} else if (options.refuses !== undefined) socket.end(`HTTP/1.1 ${options.refuses} No\r\n\r\n`);
			else tunnel(socket, Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]), "HTTP/1.1 200 OK\r\n\r\n");
		});
	});
	return { url: `http://127.0.0.1:${port}`, heads };
}

/** A loopback SOCKS proxy of the versions 4, 4a and 5; `asked` holds the names or addresses that it was given. */
export async function startSocksProxy(): Promise<{ port: number; asked: string[] }> {
	const asked: string[] = [];
	const port = await listen((socket) => {
		socket.once("data", (hello) => {
			if (hello[0] === 4) {
				const name = hello.subarray(8).toString("latin1").split("\0")[1];
				asked.push(name || [...hello.subarray(4, 8)].join("."));
				return tunnel(socket, hello.readUInt16BE(2), Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
			}
			socket.write(Buffer.from([5, 0]));
			socket.once("data", (request) => {
				const isName = request[3] === 3;
				const end = isName ? 5 + (request[4] ?? 0) : 8;
				asked.push(isName ? request.subarray(5, end).toString() : [...request.subarray(4, 8)].join("."));
				tunnel(socket, request.readUInt16BE(end), Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
			});
		});
	});
	return { port, asked };
}

function tunnel(socket: Socket, port: number, opened: string | Buffer): void {
	const upstream = connect(port, "127.0.0.1", () => {
		socket.write(opened);
		socket.pipe(upstream).pipe(socket);
	});
	upstream.on("error", () => socket.destroy());
	socket.on("close", () => upstream.destroy());
}

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
	const sockets = new Set<Socket>();
	const server: Server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		onSocket(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return (server.address() as { port: number }).port;
}
