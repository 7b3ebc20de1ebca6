import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { type Certificate, createCertificate } from "../../certificate.ts";
import { gatewayName, istioNamespace } from "../../istio/names.ts";
import { secureGateways } from "../../knative/gateway.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { markOurs } from "../../kube/objects/ownership.ts";
import { numberOf, objectOf, objectsOf } from "../../kube/untrusted.ts";
import { notTested, seen } from "../cells.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { Findings, Probe, Visit } from "./probe.ts";
import { whileThere } from "./while-there.ts";

const column = "edge-tls";
const name = "knistio-edge-tls";
/** Nobody else has it: the gateway tells hosts apart by the name that a client asks for. */
const host = "edge-tls.knistio.example";
/** A Secret takes a moment to get to the gateway by way of istiod. */
const settleMs = 20_000;

/**
 * Whether the gateway serves the certificate of a Secret, and another one when the Secret has got it, without a restart:
 * Istio's secret discovery. Keys are made here, given to the API server only, and kept nowhere.
 */
export const edgeTlsProbe: Probe = {
	title: "TLS at the gateway",
	columns: [column],
	async run(visit) {
		const addresses = await secureGateways(visit.session.cluster, visit.route, visit.session.signal);
		if (addresses.length === 0) {
			const why =
				"no address of the gateway's port 443 is known: it is reached by the API server's proxy or a given URL";
			return { cells: [notTested(column, why)], changed: [] };
		}
		const [first, second] = [newCertificate(), newCertificate()];
		return whileThere(visit, [secretOf(first), gateway], () => observe(visit, addresses, { first, second }));
	},
};

type Addresses = Awaited<ReturnType<typeof secureGateways>>;

const newCertificate = () => createCertificate({ commonName: host, hosts: [host] });

const metadata = { name, namespace: istioNamespace };

const secretOf = ({ key, certificate }: Certificate): KubeObject => ({
	apiVersion: "v1",
	kind: "Secret",
	metadata,
	type: "kubernetes.io/tls",
	data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

const gateway: KubeObject = {
	apiVersion: "networking.istio.io/v1",
	kind: "Gateway",
	metadata,
	spec: {
		selector: { istio: gatewayName.replace(/^istio-/, "") },
		servers: [
			{
				port: { number: 443, name: "https-knistio", protocol: "HTTPS" },
				tls: { mode: "SIMPLE", credentialName: name },
				hosts: [host],
			},
		],
	},
};

async function observe(
	visit: Visit,
	addresses: Addresses,
	{ first, second }: { first: Certificate; second: Certificate },
): Promise<Findings> {
	const changed = [`made Secret and Gateway ${istioNamespace}/${name} and removed them`];
	const found = (isThere: boolean, evidence: string) => ({ cells: [seen(column, isThere, { evidence })], changed });
	const before = await instancesOf(visit);
	const served = await servedBecoming(visit, addresses, first);
	if (served.isUnreachable) return { cells: [notTested(column, `port 443 is not reached: ${served.words}`)], changed };
	if (!served.isSo) return found(false, `the gateway does not serve the certificate of a Secret: ${served.words}`);
	const marking = { part: "workload", profile: visit.profile.name } as const;
	const { cluster, signal } = visit.session;
	await cluster.apply(markOurs(secretOf(second), marking), { signal });
	const rotated = await servedBecoming(visit, addresses, second);
	const start = `the gateway serves the certificate of a Secret (serial ${shortSerial(first)})`;
	if (!rotated.isSo) return found(false, `${start}, but not that which came after it: ${rotated.words}`);
	const after = await instancesOf(visit);
	const isSame = before.length > 0 && before.join() === after.join();
	const restart = isSame ? "without a restart" : "but its pod has been restarted";
	return found(isSame, `${start}, and after it that which replaced it (serial ${shortSerial(second)}), ${restart}`);
}

/** The gateway's pods and how often each has been restarted. */
async function instancesOf(visit: Visit): Promise<string[]> {
	const pods = await gatewayPods(visit);
	return pods
		.map(({ metadata: { uid }, status }) => {
			const restarts = objectsOf(objectOf(status).containerStatuses).map(({ restartCount }) => numberOf(restartCount));
			return `${uid} ${restarts.join(" ")}`;
		})
		.sort();
}

/** What the gateway shows to a client. */
interface Served {
	/** Whether it is the certificate that was looked for. */
	isSo: boolean;
	/** Nothing answered the attempt to connect: whether the gateway listens is not known. */
	isUnreachable: boolean;
	words: string;
}

/** What is served, once it is this certificate or has had its time to become so. */
async function servedBecoming({ session }: Visit, addresses: Addresses, wanted: Certificate): Promise<Served> {
	const { clock, signal } = session;
	const deadlineAt = clock.now() + settleMs;
	for (;;) {
		const looks = await Promise.all(addresses.map((address) => lookAt(address, wanted)));
		const best = looks.find(({ isSo }) => isSo) ?? looks.find((look) => !look.isUnreachable) ?? looks[0];
		if (best !== undefined && (best.isSo || clock.now() > deadlineAt)) return best;
		await clock.sleep(250, signal);
	}
}

const handshakeMs = 3_000;

/** One handshake that asks for our host. */
function lookAt({ host: address, port }: Addresses[number], wanted: Certificate): Promise<Served> {
	return new Promise((resolve) => {
		// Whose certificate it is, is told by its fingerprint; the handshake proves that the gateway has its key.
		const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false, timeout: handshakeMs });
		const answer = (served: Served) => {
			socket.destroy();
			resolve(served);
		};
		socket.on("secureConnect", () => {
			const shown = socket.getPeerX509Certificate();
			const isSo = shown?.fingerprint256 === new X509Certificate(wanted.certificate).fingerprint256;
			const serial = shown === undefined ? "no certificate" : `a certificate with the serial ${shown.serialNumber}`;
			answer({ isSo, isUnreachable: false, words: `it shows ${serial}` });
		});
		socket.on("timeout", () => answer({ isSo: false, isUnreachable: true, words: "no answer" }));
		socket.on("error", (error: NodeJS.ErrnoException) => {
			const isUnreachable =
				error.code !== "ECONNREFUSED" && error.code !== "ECONNRESET" && !error.code?.startsWith("ERR_");
			answer({ isSo: false, isUnreachable, words: error.code ?? error.message });
		});
	});
}

/** The last digits: enough to tell two from each other. */
const shortSerial = ({ certificate }: Certificate) => `…${new X509Certificate(certificate).serialNumber.slice(-6)}`;
