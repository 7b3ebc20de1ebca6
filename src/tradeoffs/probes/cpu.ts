import { ClusterError } from "../../errors.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { conditionsOf } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Amount } from "../../report/tradeoffs.ts";
import { notTested, seen } from "../cells.ts";
import { type CpuTime, cpuTimeByKubelet, cpuTimeByResourceMetrics, usageByMetricsServer } from "./container-usage.ts";
import { openPatience } from "./patience.ts";
import type { Begun, Findings, Probe, Visit } from "./probe.ts";
import { podsOfRevision } from "./revision-pods.ts";
import { stayingUpService } from "./staying-up.ts";

const column = "cpu";

/** Kubelet reads the counter each 10 to 15 s. */
const patience = { ms: 60_000, leastLooks: 20 };
const gapMs = 1_000;
/** Of two readings that are closer, single ticks would be the rate. */
const leastApartMs = 8_000;

/**
 * How much processor time a pod's proxy takes to start, and then at rest, by its container's own counter. The pod is of a
 * service that nobody ever asks: it is at rest while others are asked.
 */
export const cpuProbe: Probe = {
	title: "processor time of the sidecar",
	columns: [column],
	deploys: ({ profile, namespace, image, target, serviceName }) => {
		if (profile.promises.sidecar === "none") return [];
		const name = nameOf(serviceName);
		return [stayingUpService(profile, { namespace, name, image, target })];
	},
	begin,
};

const nameOf = (serviceName: string) => `${serviceName}-at-rest`;

/**
 * The counter's first value after the start is read while others look; the rate at rest is that of the time in which
 * those look that run alone, when nothing is made or removed that Istio would tell the proxy of.
 */
async function begin(visit: Visit): Promise<Begun> {
	const { session } = visit;
	if (visit.profile.promises.sidecar === "none") {
		return { run: async () => ({ cells: [seen(column, false, { evidence: "the pod has no proxy" })], changed: [] }) };
	}
	const starting = start(visit).catch((error: unknown) => ({ error }));
	let from: CpuTime | undefined;
	return {
		async whenQuiet() {
			const first = await starting;
			if (!("source" in first)) return;
			const now = await first.source.read(session, first.pod);
			if (!("failure" in now)) from = now;
		},
		async conclude() {
			const first = await starting;
			if ("error" in first) throw first.error;
			if ("failures" in first) return observeRate(session, first.pod, first.failures);
			return observe(session, { ...first, from });
		},
	};
}

/** The pod that nobody asks, and the counter's first value after it was Ready. */
async function start(visit: Visit): Promise<{ pod: KubeObject } & (Omit<Started, "pod"> | { failures: string[] })> {
	const { session } = visit;
	const { revision } = await visit.deployed(nameOf(visit.serviceName));
	const [pod] = await podsOfRevision(visit, revision);
	if (pod === undefined) throw new ClusterError(`revision ${revision} has no pod to look at`);
	const readyAtMs = readyAtMsOf(pod);
	return { pod, readyAtMs, ...(await firstReading(session, pod, readyAtMs)) };
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
	pod: KubeObject;
	source: Source;
	start: CpuTime;
	readyAtMs: number;
}

async function observe(
	session: Session,
	{ pod, source, start, readyAtMs, from }: Started & { from: CpuTime | undefined },
): Promise<Findings> {
	const { clock, signal } = session;
	const isOver = openPatience(clock, patience);
	let rate: number | undefined;
	while (rate === undefined && from !== undefined) {
		const now = await source.read(session, pod);
		if ("failure" in now) break;
		const apartMs = now.atMs - from.atMs;
		if (apartMs >= leastApartMs) rate = (1000 * (now.ms - from.ms)) / apartMs;
		else if (isOver()) break;
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
