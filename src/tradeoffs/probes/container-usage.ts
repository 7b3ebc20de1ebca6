import type { KubeObject } from "../../kube/api/cluster.ts";
import { numberOf, objectOf, objectsOf, textOf, type Untrusted } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import { proxyContainer } from "./access-log.ts";
import { parseStatistics } from "./statistics.ts";

/** Why a source does not tell, such as `HTTP 403`. */
export interface Failure {
	failure: string;
}

/** What a container has taken of a processor since it started. */
export interface CpuTime {
	ms: number;
	/** When that was read, by the node's clock; ms since 1970. */
	atMs: number;
}

const unnamed = { failure: "it does not name the container" };

/** The container of the pod's proxy in kubelet's own statistics, with the right to get `nodes/proxy`. */
export async function statisticsByKubelet(
	session: Session,
	pod: KubeObject,
): Promise<{ container: Untrusted } | Failure> {
	const answer = await readNode(session, pod, "stats/summary");
	if ("failure" in answer) return answer;
	const ofPod = objectsOf(objectOf(jsonOf(answer.text)).pods).find(
		({ podRef }) => objectOf(podRef).uid === pod.metadata.uid,
	);
	const container = objectsOf(ofPod?.containers).find(({ name }) => name === proxyContainer);
	return container === undefined ? unnamed : { container };
}

/** By `stats/summary`. */
export async function cpuTimeByKubelet(session: Session, pod: KubeObject): Promise<CpuTime | Failure> {
	const found = await statisticsByKubelet(session, pod);
	if ("failure" in found) return found;
	const cpu = objectOf(found.container.cpu);
	const [nanoseconds, atMs] = [numberOf(cpu.usageCoreNanoSeconds), Date.parse(textOf(cpu.time) ?? "")];
	return nanoseconds === undefined || Number.isNaN(atMs) ? unnamed : { ms: nanoseconds / 1e6, atMs };
}

/** By `metrics/resource`, in Prometheus' format. */
export async function cpuTimeByResourceMetrics(session: Session, pod: KubeObject): Promise<CpuTime | Failure> {
	const answer = await readNode(session, pod, "metrics/resource");
	if ("failure" in answer) return answer;
	const found = parseStatistics(answer.text).find(
		({ name, labels }) =>
			name === "container_cpu_usage_seconds_total" &&
			labels.container === proxyContainer &&
			labels.pod === pod.metadata.name &&
			labels.namespace === pod.metadata.namespace,
	);
	return found?.atMs === undefined ? unnamed : { ms: found.value * 1000, atMs: found.atMs };
}

/** What the pod's proxy uses by the metrics server's word. */
export async function usageByMetricsServer(
	session: Session,
	{ metadata: { namespace, name } }: KubeObject,
): Promise<{ bytes?: number; cpuMsPerSecond?: number } | Failure> {
	const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${name}`;
	const answer = await readText(session, path);
	if ("failure" in answer) return answer;
	const container = objectsOf(objectOf(jsonOf(answer.text)).containers).find((each) => each.name === proxyContainer);
	if (container === undefined) return unnamed;
	const usage = objectOf(container.usage);
	const [bytes, cores] = [quantityOf(usage.memory), quantityOf(usage.cpu)];
	return {
		...(bytes === undefined ? {} : { bytes }),
		...(cores === undefined ? {} : { cpuMsPerSecond: cores * 1000 }),
	};
}

const factors: Record<string, number> = {
	"": 1,
	...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9 },
	...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 },
};

/** A Kubernetes quantity, such as `12Mi` or `250m`. */
export function quantityOf(value: unknown): number | undefined {
	const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(textOf(value) ?? "") ?? [];
	const factor = factors[unit];
	return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

function readNode(session: Session, pod: KubeObject, path: string): Promise<{ text: string } | Failure> {
	const node = textOf(objectOf(pod.spec).nodeName);
	if (node === undefined) return Promise.resolve({ failure: "the pod has no node" });
	return readText(session, `/api/v1/nodes/${encodeURIComponent(node)}/proxy/${path}`);
}

async function readText({ cluster, signal }: Session, path: string): Promise<{ text: string } | Failure> {
	const { status, body } = await cluster.raw("GET", path, { signal, timeoutMs: 15_000 });
	return status === 200 ? { text: body.toString("utf8") } : { failure: `HTTP ${status}` };
}

/** Undefined for what is no JSON, in which nothing is found then. */
function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
