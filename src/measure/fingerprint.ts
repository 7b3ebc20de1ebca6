import { cpus, type as osType, release } from "node:os";
import { knativeNamespace } from "../knative/finding.ts";
import { idleKey } from "../knative/idle-service.ts";
import { graceKey } from "../knative/zero-settings.ts";
import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { contentHash } from "../kube/content-hash.ts";
import type { ContainerStatus } from "../kube/pod.ts";
import { objectOf, objectsOf, textMapOf, textOf } from "../kube/untrusted.ts";
import type { Fingerprint } from "../report/report.ts";

/**
 * What the cluster is, apart from the profile: versions, nodes, the settings of Knative that decide about cold starts.
 * What cannot be read (a right is missing) is left out, never guessed.
 */
export async function clusterFingerprint(cluster: Cluster, signal: AbortSignal): Promise<Fingerprint> {
	const [fingerprint, configs] = await Promise.all([
		machineFingerprint(cluster, signal),
		Promise.all(
			["config-network", "config-autoscaler", "config-deployment"].map((name) => readConfig(cluster, name, signal)),
		),
	]);
	for (const config of configs) {
		if (config === undefined) continue;
		const data = Object.fromEntries(Object.entries(textMapOf(config.data)).filter(([key]) => !withoutEffect.has(key)));
		fingerprint[config.metadata.name] = contentHash(data);
		const mode = data["mesh-compatibility-mode"];
		if (config.metadata.name === "config-network") fingerprint["mesh-compatibility-mode"] = mode ?? "auto";
	}
	return fingerprint;
}

/** Of Knative's settings: its example, and what knistio sets for the way to zero and for services that begin there. */
const withoutEffect = new Set(["_example", graceKey, idleKey]);

/** The part of it that no installation changes, so that it is known before one. */
export async function machineFingerprint(cluster: Cluster, signal: AbortSignal): Promise<Fingerprint> {
	const [version, nodes] = await Promise.all([
		cluster.raw("GET", "/version", { signal }),
		cluster.list({ apiVersion: "v1", kind: "Node" }, signal).catch(() => []),
	]);
	const fingerprint: Fingerprint = {
		client: `${osType()} ${release()}, ${cpus().length} cpus, node ${process.versions.node}`,
	};
	const gitVersion = /"gitVersion":\s*"([^"]+)"/.exec(version.body.toString("utf8"))?.[1];
	if (gitVersion !== undefined) fingerprint.kubernetes = gitVersion;
	const gates = await Promise.all(nodes.slice(0, askedNodes).map((node) => gatesOf(cluster, node, signal)));
	return Object.assign(fingerprint, nodeFacts(nodes, gates));
}

/** Nodes are nearly always configured alike, and there may be thousands. */
const askedNodes = 10;

type FeatureGates = Partial<Record<string, boolean>>;

/** The feature gates that are set in a kubelet's configuration; none without the right to ask it (`nodes/proxy`). */
async function gatesOf(cluster: Cluster, { metadata }: KubeObject, signal: AbortSignal): Promise<FeatureGates> {
	const path = `/api/v1/nodes/${encodeURIComponent(metadata.name)}/proxy/configz`;
	try {
		const answer = await cluster.raw("GET", path, { signal, timeoutMs: 5_000 });
		const { kubeletconfig } = objectOf(JSON.parse(answer.body.toString("utf8")));
		const gates = Object.entries(objectOf(objectOf(kubeletconfig).featureGates));
		return Object.fromEntries(gates.filter((gate): gate is [string, boolean] => typeof gate[1] === "boolean"));
	} catch (error) {
		if (signal.aborted) throw error;
		return {};
	}
}

function readConfig(cluster: Cluster, name: string, signal: AbortSignal): Promise<KubeObject | undefined> {
	return cluster
		.get({ apiVersion: "v1", kind: "ConfigMap", namespace: knativeNamespace, name }, signal)
		.catch(() => undefined);
}

interface NodeStatus {
	nodeInfo?: {
		kubeletVersion?: string;
		kernelVersion?: string;
		containerRuntimeVersion?: string;
		architecture?: string;
	};
	capacity?: { cpu?: string; memory?: string };
}

function nodeFacts(nodes: KubeObject[], gates: readonly FeatureGates[]): Fingerprint {
	if (nodes.length === 0) return {};
	const statuses = nodes.map((node) => (node.status ?? {}) as NodeStatus);
	const distinct = (values: (string | undefined)[]) => [...new Set(values.filter(Boolean))].sort().join(", ");
	const kubelets = statuses.map(({ nodeInfo }) => nodeInfo?.kubeletVersion);
	return {
		nodes: String(nodes.length),
		"node-shape": distinct(statuses.map(({ capacity }) => `${capacity?.cpu} cpu ${wholeGi(capacity?.memory)}`)),
		kubelet: distinct(kubelets),
		pleg: distinct(kubelets.map((kubelet, index) => plegOf(kubelet, gates[index] ?? {}))),
		kernel: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.kernelVersion)),
		runtime: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.containerRuntimeVersion)),
		architecture: distinct(statuses.map(({ nodeInfo }) => nodeInfo?.architecture)),
	};
}

/** Machines of one kind differ by some MiB from boot to boot (the kernel keeps what it needs), which measures nothing. */
function wholeGi(memory: string | undefined): string | undefined {
	const kibibytes = /^(\d+)Ki$/.exec(memory ?? "")?.[1];
	return kibibytes === undefined ? memory : `${(Number(kibibytes) / 2 ** 20).toFixed(0)}Gi`;
}

/**
 * How kubelet notices what became of a container: since 1.36 it looks at a pod again right after it has started something
 * (PLEGOnDemandRelist), before only in turn. Either may be set otherwise, and the runtime may be asked to tell (KEP-3386).
 */
function plegOf(kubelet: string | undefined, gates: FeatureGates): string | undefined {
	const minor = /^v1\.(\d+)/.exec(kubelet ?? "")?.[1];
	if (minor === undefined) return undefined;
	if (gates.EventedPLEG === true) return "evented";
	return (gates.PLEGOnDemandRelist ?? Number(minor) >= 36) ? "on-demand" : "each second";
}

/** The images that a pod really ran, by digest where the runtime gives one. */
export function imageFingerprint(pod: KubeObject): Fingerprint {
	return Object.fromEntries(
		statusesOf(pod).map(({ name, image, imageID }) => [`image:${name}`, imageID || image || "unknown"]),
	);
}

/** Whether it is known by which image each of a pod's containers runs. */
export function hasDigests(pod: KubeObject): boolean {
	const { initContainers, containers } = objectOf(pod.spec);
	const count = objectsOf(initContainers).length + objectsOf(containers).length;
	// A pod without any container is none that could be looked at.
	return count > 0 && statusesOf(pod).filter(({ imageID }) => imageID).length === count;
}

function statusesOf({ status }: KubeObject): Pick<ContainerStatus, "name" | "image" | "imageID">[] {
	const { initContainerStatuses, containerStatuses } = objectOf(status);
	return [...objectsOf(initContainerStatuses), ...objectsOf(containerStatuses)].flatMap((each) => {
		const [name, image, imageID] = [textOf(each.name), textOf(each.image), textOf(each.imageID)];
		if (name === undefined) return [];
		return { name, ...(image === undefined ? {} : { image }), ...(imageID === undefined ? {} : { imageID }) };
	});
}
