import type { KubeObject } from "../../kube/api/cluster.ts";
import { numberOf, objectOf } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import { notTested, seen } from "../cells.ts";
import { type Failure, statisticsByKubelet, usageByMetricsServer } from "./container-usage.ts";
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
		const failures: string[] = [];
		for (const { by, read } of sources) {
			const found = await read(session, pod);
			if ("bytes" in found) {
				const mib = found.bytes / 2 ** 20;
				const evidence = `${proxy} holds ${mib.toFixed(0)} MiB (working set at rest, by ${by})`;
				const amounts = [{ name: "working set", value: mib, unit: "MiB" as const }];
				return { cells: [seen(column, true, { evidence, amounts })], changed: [] };
			}
			failures.push(`${by}: ${found.failure}`);
		}
		return { cells: [notTested(column, `neither source can be read: ${failures.join("; ")}`)], changed: [] };
	},
};

type Memory = { bytes: number } | Failure;

const unnamed = { failure: "it does not say what the container holds" };

const sources: readonly { by: string; read(session: Session, pod: KubeObject): Promise<Memory> }[] = [
	{
		by: "kubelet's stats/summary",
		async read(session, pod) {
			const found = await statisticsByKubelet(session, pod);
			if ("failure" in found) return found;
			const bytes = numberOf(objectOf(found.container.memory).workingSetBytes);
			return bytes === undefined ? unnamed : { bytes };
		},
	},
	{
		by: "metrics.k8s.io",
		async read(session, pod) {
			const usage = await usageByMetricsServer(session, pod);
			if ("failure" in usage) return usage;
			return usage.bytes === undefined ? unnamed : { bytes: usage.bytes };
		},
	},
];
