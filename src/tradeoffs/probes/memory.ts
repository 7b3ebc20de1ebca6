import type { KubeObject } from "../../kube/api/cluster.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import { notTested, seen } from "../cells.ts";
import type { Probe } from "./probe.ts";

const proxy = "istio-proxy";

/** What the pod's proxy holds at rest, by kubelet's or the metrics server's word. */
export const memoryProbe: Probe = {
	title: "memory of the sidecar",
	columns: ["memory"],
	async run({ session, pod }) {
		const column = "memory";
		if (shapeOf(pod).sidecar === "none") {
			return { cells: [seen(column, false, { evidence: "the pod has no proxy" })], changed: [] };
		}
		const sources = [bySummary, byMetrics];
		const failures: string[] = [];
		for (const source of sources) {
			const found = await source(session, pod);
			if ("bytes" in found) {
				const mib = found.bytes / 2 ** 20;
				const evidence = `${proxy} holds ${mib.toFixed(0)} MiB (working set at rest, by ${found.by})`;
				const amounts = [{ name: "working set", value: mib, unit: "MiB" as const }];
				return { cells: [seen(column, true, { evidence, amounts })], changed: [] };
			}
			failures.push(found.failure);
		}
		return { cells: [notTested(column, `neither source can be read: ${failures.join("; ")}`)], changed: [] };
	},
};

type Memory = { bytes: number; by: string } | { failure: string };

/** Kubelet's own statistics (`nodes/proxy`). */
async function bySummary(session: Session, pod: KubeObject): Promise<Memory> {
	const by = "kubelet's stats/summary";
	const node = textOf(objectOf(pod.spec).nodeName);
	if (node === undefined) return { failure: `${by}: the pod has no node` };
	const answer = await readJson(session, `/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary`);
	if ("failure" in answer) return { failure: `${by}: ${answer.failure}` };
	const ofPod = objectsOf(objectOf(answer.value).pods).find(({ podRef }) => objectOf(podRef).uid === pod.metadata.uid);
	const container = objectsOf(ofPod?.containers).find(({ name }) => name === proxy);
	const bytes = numberOf(objectOf(container?.memory).workingSetBytes);
	return bytes === undefined ? { failure: `${by} does not name the container` } : { bytes, by };
}

const units: Record<string, number> = { "": 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };

/** The metrics server's, where there is one. */
async function byMetrics(session: Session, pod: KubeObject): Promise<Memory> {
	const by = "metrics.k8s.io";
	const { namespace, name } = pod.metadata;
	const answer = await readJson(session, `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${name}`);
	if ("failure" in answer) return { failure: `${by}: ${answer.failure}` };
	const container = objectsOf(objectOf(answer.value).containers).find((each) => each.name === proxy);
	const [, number, unit = ""] = /^(\d+)([A-Za-z]*)$/.exec(textOf(objectOf(container?.usage).memory) ?? "") ?? [];
	const factor = units[unit];
	if (number === undefined || factor === undefined) return { failure: `${by} does not name the container` };
	return { bytes: Number(number) * factor, by };
}

async function readJson({ cluster, signal }: Session, path: string): Promise<{ value: unknown } | { failure: string }> {
	const { status, body } = await cluster.raw("GET", path, { signal, timeoutMs: 15_000 });
	if (status !== 200) return { failure: `HTTP ${status}` };
	try {
		return { value: JSON.parse(body.toString("utf8")) };
	} catch {
		return { failure: "the answer is no JSON" };
	}
}
