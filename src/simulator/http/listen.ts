import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";

/** Connections stay open for as long as the longest pause of a client. */
export function keepAlive(server: Pick<HttpServer, "keepAliveTimeout" | "requestTimeout">): void {
	server.keepAliveTimeout = 120_000;
	server.requestTimeout = 0;
}

/** Listens on 127.0.0.1, on the port given or one that the system chooses; the result closes every connection. */
export function listen(server: Server, port = 0): Promise<() => Promise<void>> {
	const sockets = new Set<Socket>();
	server.on("connection", (socket: Socket) => {
		socket.setNoDelay(true);
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => resolve(close));
	});
}
