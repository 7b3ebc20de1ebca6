import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { parseImage } from "../kube/image.ts";
import { isSameRelease, releaseOf } from "../profile/version-range.ts";
import type { Finding } from "../report/report.ts";
import { istioNamespace } from "./names.ts";

type Part = "istiod" | "gateway" | "sidecar";

/** Istio's version by part; a part that is not there, or of which nothing tells, has none. */
export type IstioVersions = Partial<Record<Part, string>>;

/** What is known of the versions, and what is not. */
export interface SeenVersions {
	versions: IstioVersions;
	findings: Finding[];
}

/** Reads the versions of all parts that are there: by image tag, else by what Istio and its charts say themselves. */
export async function istioVersions(cluster: Cluster, pod: KubeObject, signal: AbortSignal): Promise<SeenVersions> {
	const runningPod = async (labelSelector: string, container: string) => {
		const query = { apiVersion: "v1", kind: "Pod", namespace: istioNamespace, labelSelector };
		const pods = await cluster.list(query, signal);
		return pods.find((each) => each.metadata.deletionTimestamp == null && imageOf(each, container) !== undefined);
	};
	const [istiod, gateway] = await Promise.all([
		runningPod("app=istiod", "discovery"),
		runningPod("istio=ingressgateway", "istio-proxy"),
	]);
	const parts: [Part, KubeObject | undefined, string][] = [
		["istiod", istiod, "discovery"],
		["gateway", gateway, "istio-proxy"],
		["sidecar", pod, "istio-proxy"],
	];
	const seen: SeenVersions = { versions: {}, findings: [] };
	for (const [part, of, container] of parts) {
		const image = of === undefined ? undefined : imageOf(of, container);
		if (of === undefined || image === undefined) continue;
		const asked = part === "istiod" ? () => askIstiod(cluster, signal) : async () => undefined;
		const version = taggedVersion(of, container) ?? chartVersion(of) ?? (await asked()) ?? parseImage(image).tag;
		if (version === undefined) seen.findings.push(unknownVersion(part, image));
		else seen.versions[part] = releaseOf(version) ?? version;
	}
	return seen;
}

/** Which parts have another version than the others, as a sentence; empty where none has. */
export function compareVersions(versions: IstioVersions): string[] {
	const known = Object.values(versions);
	if (known.every((one) => known.every((other) => isSameRelease(one, other)))) return [];
	const named = Object.entries(versions).map(([part, version]) => `${part} ${version}`);
	return [`Istio's parts have different versions: ${named.join(", ")}`];
}

interface Container {
	name: string;
	image?: string;
}

function imageOf(pod: KubeObject, container: string): string | undefined {
	const { initContainers, containers } = (pod.spec ?? {}) as Record<string, Container[] | null | undefined>;
	return [...(initContainers ?? []), ...(containers ?? [])].find(({ name }) => name === container)?.image;
}

/** By the tag that was asked for, or by the one under which the runtime knows the image. */
function taggedVersion(pod: KubeObject, container: string): string | undefined {
	const { initContainerStatuses, containerStatuses } = (pod.status ?? {}) as Record<
		string,
		Container[] | null | undefined
	>;
	const running = [...(initContainerStatuses ?? []), ...(containerStatuses ?? [])];
	const images = [imageOf(pod, container), running.find(({ name }) => name === container)?.image];
	return images
		.map((image) => parseImage(image ?? "").tag)
		.find((tag) => tag !== undefined && releaseOf(tag) !== undefined);
}

/** By what Istio's own charts write on their pods; a workload's labels are its own, and tell the workload's version. */
function chartVersion({ metadata }: KubeObject): string | undefined {
	if (metadata.namespace !== undefined && metadata.namespace !== istioNamespace) return undefined;
	const { "app.kubernetes.io/version": version, "helm.sh/chart": chart } = metadata.labels ?? {};
	const ofChart = /^(?:istiod|gateway|istio-ingress)-(.+)$/.exec(chart ?? "")?.[1];
	return [version, ofChart].find((text) => text !== undefined && releaseOf(text) !== undefined);
}

/** What istiod says of itself: `1.31.0-<commit>-Clean`. Undefined without the right to ask it. */
async function askIstiod(cluster: Cluster, signal: AbortSignal): Promise<string | undefined> {
	const path = `/api/v1/namespaces/${istioNamespace}/services/http:istiod:15014/proxy/version`;
	try {
		const answer = await cluster.raw("GET", path, { signal, timeoutMs: 5_000 });
		const text = answer.body.toString("utf8").trim();
		const version = text.replace(/-[0-9a-f]{7,40}-(?:Clean|Modified)$/, "");
		return answer.status === 200 && releaseOf(version) !== undefined ? version : undefined;
	} catch (error) {
		if (signal.aborted) throw error;
		return undefined;
	}
}

function unknownVersion(part: Part, image: string): Finding {
	const how = parseImage(image).digest === undefined ? "without a tag" : "by its digest alone";
	return {
		code: "version-unknown",
		message: `the version of Istio's ${part} is unknown: its image is named ${how} (${image})`,
		hint: "nothing tells whether all parts are of one version; name the images by tag and digest",
	};
}
