import { onTestFinished } from "vitest";
import type { Connection } from "../../src/kube/http/connection.ts";
import { openTransport, type Transport } from "../../src/kube/http/transport.ts";

/** A connection without TLS and with a token. */
export function connectionTo(origin: string, more: Partial<Connection> = {}): Connection {
	return { origin, basePath: "", headers: { Authorization: "Bearer first-secret" }, tls: {}, ...more };
}

/** A transport that is closed when the test is finished. */
export async function transportTo(origin: string, more: Partial<Connection> = {}): Promise<Transport> {
	const transport = await openTransport(connectionTo(origin, more));
	onTestFinished(() => transport.close());
	return transport;
}
