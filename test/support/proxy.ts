import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A loopback proxy that tunnels, and remembers the first line of each tunnel's request. */
export async function startProxy(): Promise<{ url: string; heads: string[] }> {
	const heads: string[] = [];
	const sockets = new Set<Socket>();
	const proxy = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.once("data", (chunk) => {
			const head = chunk.toString().split("\r\n")[0] ?? "";
			heads.push(head);
			const [, host, port] = /^CONNECT ([^:]+):(\d+) /.exec(head) ?? [];
			const upstream = connect(Number(port), host, () => {
				socket.write("HTTP/1.1 200 OK\r\n\r\n");
				socket.pipe(upstream).pipe(socket);
			});
			sockets.add(upstream);
			upstream.on("error", () => socket.destroy());
		});
	});
	await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		proxy.close();
	});
	return { url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`, heads };
}
