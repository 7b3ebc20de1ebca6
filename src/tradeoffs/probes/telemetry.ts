import { ClusterError } from "../../errors.ts";
import { istioNamespace } from "../../istio/names.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { shapeOf } from "../../profile/pod-shape.ts";
import type { TradeoffCell } from "../../report/tradeoffs.ts";
import { notTested, seen } from "../cells.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { Probe, Visit } from "./probe.ts";
import { type Counted, readStatistics, sumOf } from "./statistics.ts";

const requests = 50;
/** Knative's own probes come by now and then: a rise that is too large is looked at again. */
const attempts = 3;

/** Whether the proxies count exactly the requests that were sent: that of the workload's pod, and the gateway's. */
export const telemetryProbe: Probe = {
	title: "telemetry",
	columns: ["telemetry", "gateway-telemetry"],
	shares: ["service"],
	async run(visit) {
		const gateways = await gatewayPods(visit);
		const hasProxy = shapeOf(visit.pod).sidecar !== "none";
		const workload = { column: "telemetry", pods: hasProxy ? [visit.pod] : [], counters: workloadCounters };
		const gateway = { column: "gateway-telemetry", pods: gateways, counters: gatewayCounters(visit) };
		const cells = [
			hasProxy
				? await observe(visit, workload)
				: seen("telemetry", false, { evidence: "the pod has no proxy that could count its requests" }),
			gateways.length === 0
				? notTested("gateway-telemetry", `no pod of the gateway was found in ${istioNamespace}`)
				: await observe(visit, gateway),
		];
		return { cells, changed: [] };
	},
};

/** A counter of requests, the best first: Istio's own, which not every Envoy has, and then Envoy's. */
interface Counter {
	words: string;
	fits(counted: Counted): boolean;
}

const workloadCounters: readonly Counter[] = [
	{
		words: 'istio_requests_total of reporter "destination"',
		fits: ({ name, labels }) => name === "istio_requests_total" && labels.reporter === "destination",
	},
	{
		words: "Envoy's own envoy_cluster_upstream_rq_total of the inbound port of queue-proxy",
		fits: ({ name, labels }) =>
			name === "envoy_cluster_upstream_rq_total" && /^inbound\|(80|8012)\|/.test(labels.cluster_name ?? ""),
	},
];

function gatewayCounters({ service: { revision, host }, namespace }: Visit): readonly Counter[] {
	const to = new RegExp(`(^|\\|)${revision}\\.${namespace}\\.svc`);
	return [
		{
			words: 'istio_requests_total of reporter "source"',
			fits: ({ name, labels }) =>
				name === "istio_requests_total" &&
				labels.reporter === "source" &&
				(to.test(labels.destination_service ?? "") || labels.destination_service === host),
		},
		{
			words: "Envoy's own envoy_cluster_upstream_rq_total of the revision",
			fits: ({ name, labels }) => name === "envoy_cluster_upstream_rq_total" && to.test(labels.cluster_name ?? ""),
		},
	];
}

interface Counting {
	column: string;
	pods: readonly KubeObject[];
	counters: readonly Counter[];
}

async function observe(visit: Visit, { column, pods, counters }: Counting): Promise<TradeoffCell> {
	const read = async () => (await Promise.all(pods.map((pod) => readStatistics(visit.session, pod)))).flat();
	try {
		// A counter may come into being with the first request.
		await visit.send();
		const rises: number[] = [];
		for (let attempt = 0; attempt < attempts; attempt++) {
			const before = await read();
			const counter = counters.find(({ fits }) => sumOf(before, fits) !== undefined);
			if (counter === undefined) {
				const names = counters.map(({ words }) => words).join(", nor ");
				return seen(column, false, { evidence: `its statistics have neither ${names}` });
			}
			const answered = await sendAll(visit);
			const after = await settled(visit, read, counter, (sumOf(before, counter.fits) ?? 0) + answered);
			rises.push(after - (sumOf(before, counter.fits) ?? 0));
			if (rises.at(-1) !== answered) continue;
			return seen(column, true, {
				evidence: `${counter.words} rose by exactly the ${answered} requests that were sent`,
			});
		}
		const evidence = `for ${requests} requests that were sent the counter rose by ${rises.join(", then by ")}`;
		return seen(column, false, { evidence });
	} catch (error) {
		if (!(error instanceof ClusterError) || visit.session.signal.aborted) throw error;
		return notTested(column, error.message);
	}
}

/** @throws ClusterError where a request is not answered, for then nobody knows what should be counted */
async function sendAll(visit: Visit): Promise<number> {
	for (let sent = 0; sent < requests; sent++) {
		visit.session.signal.throwIfAborted();
		const { status, error } = await visit.send();
		if (status === 200) continue;
		throw new ClusterError(`one of the requests was answered with ${error ?? `HTTP ${status}`}`);
	}
	return requests;
}

/** Envoy's threads hand over what they have counted within some seconds. */
const handOverMs = 6_000;

/** The counter when it has reached what is expected, or after the time in which it should have. */
async function settled(
	{ session: { clock, signal } }: Visit,
	read: () => Promise<Counted[]>,
	{ fits }: Counter,
	expected: number,
): Promise<number> {
	const deadlineAt = clock.now() + handOverMs;
	for (;;) {
		const sum = sumOf(await read(), fits) ?? 0;
		if (sum >= expected || clock.now() > deadlineAt) return sum;
		await clock.sleep(500, signal);
	}
}
