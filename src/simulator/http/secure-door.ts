import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext } from "node:tls";
import type { Api } from "../api/api.ts";
import type { KubeObject } from "../api/objects.ts";

interface IstioGateway extends KubeObject {
	spec?: { servers?: { hosts?: string[]; tls?: { mode?: string; credentialName?: string } }[] };
}

interface Secret extends KubeObject {
	data?: Record<string, string>;
}

/**
 * The gateway's port for TLS: who asks for a host of an Istio Gateway is shown the certificate of the Secret that it names,
 * as it is just now; whoever asks for another gets no handshake.
 */
export function createSecureDoor(api: Api, onOpen: (socket: Socket) => void): (socket: Socket) => void {
	const server = createServer({
		SNICallback(host, done) {
			const context = contextFor(api, host);
			if (context === undefined) done(new Error(`no certificate for ${host}`));
			else done(null, context);
		},
	});
	server.on("secureConnection", onOpen);
	server.on("tlsClientError", (_, socket) => socket.destroy());
	return (socket) => server.emit("connection", socket);
}

const gateways = "gateways.networking.istio.io";

function contextFor(api: Api, host: string): SecureContext | undefined {
	const servers = api.list<IstioGateway>(gateways).flatMap(({ spec }) => spec?.servers ?? []);
	const { tls } = servers.find(({ hosts = [], tls }) => tls?.mode === "SIMPLE" && hosts.includes(host)) ?? {};
	const secret = api.get<Secret>("secrets", { namespace: "istio-system", name: tls?.credentialName ?? "" });
	const [cert, key] = ["tls.crt", "tls.key"].map((name) => Buffer.from(secret?.data?.[name] ?? "", "base64"));
	if (cert?.length === 0 || key?.length === 0) return undefined;
	return createSecureContext({ cert, key });
}
