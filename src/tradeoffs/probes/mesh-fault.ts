import { randomBytes } from "node:crypto";
import { ClusterError } from "../../errors.ts";
import { type KubeObject, refOf } from "../../kube/api/cluster.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../../kube/untrusted.ts";
import { podTrouble } from "../../kube/wait/pod-trouble.ts";
import { waitReady } from "../../kube/wait/ready.ts";
import { newTask, waitUntil } from "../../kube/wait/task.ts";
import { notTested, seen } from "../cells.ts";
import type { Probe, Visit } from "./probe.ts";
import { proxyImage } from "./proxy-image.ts";
import { whileThere } from "./while-there.ts";

const column = "mesh-routing";
const prefix = "knistio-fault";
/** No server gives it by itself. */
const faultStatus = 555;
/** As long a client asks that gets no 200; a proxy beside it may take a moment to start. */
const askingSeconds = 6;
const clientPatienceMs = 60_000;
/** Neither root nor the proxy, 1337. */
const ordinaryUser = 65_532;

/**
 * A VirtualService of the mesh answers for a server with a fault. A client as the profile makes it, and one that surely
 * has no sidecar, ask that server. They are pods of Istio's own proxy image, whose `pilot-agent wait` asks an address
 * until it answers 200 and says what it got instead, so that no other image is needed.
 */
export const meshFaultProbe: Probe = {
	title: "fault in the mesh",
	columns: [column],
	async run(visit) {
		const image = await proxyImage(visit);
		const setting = { ...visit, name: newName() };
		const clients = [
			clientOf(setting, { image, kind: "as-profile", labels: {} }),
			clientOf(setting, { image, kind: "plain", labels: withoutSidecar }),
		];
		const server = serverOf(setting);
		const task = newTask({ ...visit.session, timeoutMs: Math.min(visit.session.timeoutMs, clientPatienceMs) });
		const [own, plain] = await whileThere(visit, [serviceOf(setting), virtualServiceOf(setting), server], async () => {
			// The clients ask for some seconds only.
			await waitReady(task, [refOf(server)]);
			return whileThere(visit, clients, () => Promise.all(clients.map((client) => answerTo(visit, client))));
		});
		const changed = [`made Service, VirtualService and Pod ${setting.name} and two client pods, and removed them`];
		return { cells: [cellOf(own ?? "nothing", plain ?? "nothing")], changed };
	},
};

function cellOf(own: string, plain: string) {
	const demanded = `a VirtualService of the mesh demands HTTP ${faultStatus}`;
	const evidence = `${demanded}: a client pod of the profile gets ${own}, one without a sidecar ${plain}`;
	if (own === words(200)) return seen(column, false, { evidence });
	if (own === words(faultStatus) && plain === words(200)) return seen(column, true, { evidence });
	return notTested(column, `the answers tell nothing: ${evidence}`);
}

const words = (status: number) => `HTTP ${status}`;
const withoutSidecar = { "sidecar.istio.io/inject": "false" };

/** A visit, and what the server in it is called. */
type Setting = Pick<Visit, "namespace" | "image"> & { name: string };

/** No visit before had it: DNS remembers a name's address for half a minute, also when another visit has made it anew. */
const newName = () => `${prefix}-${randomBytes(4).toString("hex")}`;

const selectorOf = ({ name }: Setting) => ({ "app.kubernetes.io/name": name });

const metadataOf = ({ namespace, name }: Setting, labels: Record<string, string> = {}, suffix = "") => ({
	name: `${name}${suffix}`,
	namespace,
	labels,
});

function serviceOf(setting: Setting): KubeObject {
	const ports = [{ name: "http", port: 80, targetPort: 8080 }];
	const spec = { selector: selectorOf(setting), ports };
	return { apiVersion: "v1", kind: "Service", metadata: metadataOf(setting), spec };
}

function virtualServiceOf(setting: Setting): KubeObject {
	const { name } = setting;
	const abort = { httpStatus: faultStatus, percentage: { value: 100 } };
	const http = [{ fault: { abort }, route: [{ destination: { host: name } }] }];
	return {
		apiVersion: "networking.istio.io/v1",
		kind: "VirtualService",
		metadata: metadataOf(setting),
		spec: { hosts: [name], gateways: ["mesh"], http },
	};
}

/** It has no sidecar, so that also a client without one may ask it. */
function serverOf(setting: Setting): KubeObject {
	const container = {
		name: "server",
		image: setting.image,
		env: [{ name: "PORT", value: "8080" }],
		readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
	};
	const metadata = metadataOf(setting, { ...selectorOf(setting), ...withoutSidecar });
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata,
		spec: { containers: [container], terminationGracePeriodSeconds: 1 },
	};
}

function clientOf(
	setting: Setting,
	{ image, kind, labels }: { image: string; kind: string; labels: Record<string, string> },
): KubeObject {
	const client = {
		name: "client",
		image,
		imagePullPolicy: "IfNotPresent",
		args: [
			"wait",
			`--url=http://${setting.name}.${setting.namespace}.svc/`,
			`--timeoutSeconds=${askingSeconds}`,
			"--periodMillis=250",
			"--requestTimeoutMillis=2000",
		],
		// The image's own user is the proxy's, whose traffic goes past the proxy.
		securityContext: { runAsUser: ordinaryUser, runAsGroup: ordinaryUser },
		// The last that it has logged is then in the pod's status, and no right to read logs is needed.
		terminationMessagePolicy: "FallbackToLogsOnError",
	};
	const spec = { containers: [client], restartPolicy: "Never", terminationGracePeriodSeconds: 1 };
	return { apiVersion: "v1", kind: "Pod", metadata: metadataOf(setting, labels, `-client-${kind}`), spec };
}

/** What a client got, in words, once it has ended. @throws ClusterError with the pod's own reason where it does not end */
async function answerTo({ session }: Visit, client: KubeObject): Promise<string> {
	const ref = refOf(client);
	let answer: string | undefined;
	let pod: KubeObject | undefined;
	await waitUntil(
		newTask({ ...session, timeoutMs: Math.min(session.timeoutMs, clientPatienceMs) }),
		async () => {
			pod = await session.cluster.get(ref, session.signal);
			answer = answerOf(pod);
			return answer === undefined ? `Pod ${ref.name} to have asked` : undefined;
		},
		(waitingFor) => {
			const why = pod === undefined ? undefined : podTrouble(pod)?.text;
			return new ClusterError(`timed out waiting for ${waitingFor}${why === undefined ? "" : `: ${why}`}`);
		},
	);
	return answer ?? "nothing";
}

/** `HTTP 200`, another status, or why there was none; undefined while the client runs. */
function answerOf(pod: KubeObject | undefined): string | undefined {
	const statuses = objectsOf(objectOf(pod?.status).containerStatuses);
	const { terminated } = objectOf(statuses.find((each) => each.name === "client")?.state);
	if (terminated === undefined) return undefined;
	const { exitCode, message } = objectOf(terminated);
	if (numberOf(exitCode) === 0) return words(200);
	const said = textOf(message) ?? "";
	const status = [...said.matchAll(/HTTP status code (\d{3})/g)].at(-1)?.[1];
	if (status !== undefined) return words(Number(status));
	const reason = /Last error: (.*)/.exec(said)?.[1] ?? said.trim().split("\n").at(-1) ?? "";
	return `no answer${reason === "" ? "" : ` (${reason.slice(0, 200)})`}`;
}
