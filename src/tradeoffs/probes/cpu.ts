import type { KubeObject } from "../../kube/api/cluster.ts";
import { conditionsOf } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import type { Amount } from "../../report/tradeoffs.ts";
import { notTested, seen } from "../cells.ts";
import { type CpuTime, cpuTimeByKubelet, cpuTimeByResourceMetrics, usageByMetricsServer } from "./container-usage.ts";
import { openPatience } from "./patience.ts";
import type { Findings, Probe, Visit } from "./probe.ts";

const column = "cpu";

/** Kubelet reads the counter each 10 to 15 s. */
const patience = { ms: 60_000, leastLooks: 20 };
const gapMs = 1_000;
/** Of two readings that are closer, single ticks would be the rate. */
const leastApartMs = 8_000;

/** How much processor time the pod's proxy takes to start, and then at rest, by its container's own counter. */
export const cpuProbe: Probe = {
	title: "processor time of the sidecar",
	columns: [column],
	begin,
	run: async (visit) => (await begin(visit))(visit),
};

/** The counter's first value after the start is read while others begin; the rate at rest when they are done. */
async function begin(visit: Visit): Promise<Probe["run"]> {
	const { session, pod } = visit;
	if (shapeOf(pod).sidecar === "none") {
		return async () => ({ cells: [seen(column, false, { evidence: "the pod has no proxy" })], changed: [] });
	}
	const readyAtMs = readyAtMsOf(pod);
	const starting = firstReading(session, pod, readyAtMs).catch((error: unknown) => ({ error }));
	return async (later) => {
		const first = await starting;
		if ("error" in first) throw first.error;
		if ("failures" in first) return observeRate(later.session, later.pod, first.failures);
		return observe(later.session, later.pod, { ...first, readyAtMs });
	};
}

/** By the node's clock, in whole seconds. */
function readyAtMsOf(pod: KubeObject): number {
	const readyAtMs = Date.parse(conditionsOf(pod).find(({ type }) => type === "Ready")?.lastTransitionTime ?? "");
	return Number.isNaN(readyAtMs) ? 0 : readyAtMs;
}

interface Source {
	by: string;
	read: typeof cpuTimeByKubelet;
}

const sources: readonly Source[] = [
	{ by: "kubelet's stats/summary", read: cpuTimeByKubelet },
	{ by: "kubelet's metrics/resource", read: cpuTimeByResourceMetrics },
];

/** The first reading after the pod was Ready: the counter began at 0 with the container. */
async function firstReading(
	session: Session,
	pod: KubeObject,
	readyAtMs: number,
): Promise<{ source: Source; start: CpuTime } | { failures: string[] }> {
	const { clock, signal } = session;
	const isOver = openPatience(clock, patience);
	for (;;) {
		const failures: string[] = [];
		for (const source of sources) {
			const found = await source.read(session, pod);
			if ("failure" in found) failures.push(`${source.by}: ${found.failure}`);
			else if (found.atMs >= readyAtMs) return { source, start: found };
			else failures.push(`${source.by}: it has no reading since the pod was Ready`);
		}
		// A right that is missing does not come by waiting.
		if (failures.every((failure) => /HTTP 40[134]/.test(failure)) || isOver()) return { failures };
		await clock.sleep(gapMs, signal);
	}
}

interface Started {
	source: Source;
	start: CpuTime;
	readyAtMs: number;
}

async function observe(session: Session, pod: KubeObject, { source, start, readyAtMs }: Started): Promise<Findings> {
	const { clock, signal } = session;
	const isOver = openPatience(clock, patience);
	// Kubelet's last reading may be of a time at which other probes still sent requests.
	let stale: CpuTime | undefined;
	let from: CpuTime | undefined;
	let rate: number | undefined;
	while (rate === undefined && !isOver()) {
		const now = await source.read(session, pod);
		if ("failure" in now) break;
		stale ??= now;
		if (now.atMs > stale.atMs) from ??= now;
		const apartMs = now.atMs - (from?.atMs ?? now.atMs);
		if (from !== undefined && apartMs >= leastApartMs) rate = (1000 * (now.ms - from.ms)) / apartMs;
		else await clock.sleep(gapMs, signal);
	}
	const amounts: Amount[] = [
		{ name: "start", value: start.ms, unit: "ms" },
		...(rate === undefined ? [] : [{ name: "at rest, in a second", value: rate, unit: "ms" as const }]),
	];
	const lateS = ((start.atMs - readyAtMs) / 1000).toFixed(0);
	const rest = rate === undefined ? "at rest it is not known" : `at rest ${rate.toFixed(1)} ms in a second`;
	const evidence = `istio-proxy has taken ${start.ms.toFixed(0)} ms of processor time to start (until ${lateS} s after its pod was Ready), and ${rest} (by ${source.by})`;
	return { cells: [seen(column, true, { evidence, amounts })], changed: [] };
}

/** The metrics server knows a rate only; what a start takes is not told by it. */
async function observeRate(session: Session, pod: KubeObject, failures: readonly string[]): Promise<Findings> {
	const by = "metrics.k8s.io";
	const usage = await usageByMetricsServer(session, pod);
	const rate = "failure" in usage ? undefined : usage.cpuMsPerSecond;
	if (rate === undefined) {
		const why = "failure" in usage ? usage.failure : "it does not say what the container takes";
		return {
			cells: [notTested(column, `no source can be read: ${[...failures, `${by}: ${why}`].join("; ")}`)],
			changed: [],
		};
	}
	const amounts: Amount[] = [{ name: "at rest, in a second", value: rate, unit: "ms" }];
	const evidence = `istio-proxy takes ${rate.toFixed(1)} ms of processor time in a second (by ${by}, which does not tell what a start takes)`;
	return { cells: [seen(column, true, { evidence, amounts })], changed: [] };
}
