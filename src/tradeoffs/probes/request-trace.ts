import type { HopMedians, RequestTrace } from "../../report/tradeoffs.ts";
import { notTested, seen } from "../cells.ts";
import { requestTrace } from "../request-trace.ts";
import { hasProxy, waitUntilWritten } from "./access-log.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { Findings, Probe, Visit } from "./probe.ts";
import { linesOf, type Sent, send, traced } from "./traced-requests.ts";

const column = "sidecar-time";
const requests = 20;

/**
 * Where the time of a warm request goes, hop by hop, by spans where there are some, else by the proxies' logs. Alone, or
 * its medians would be those of a busy machine.
 */
export const requestTraceProbe: Probe = {
	title: "warm request trace",
	columns: [column],
	readsLogs: true,
	alone: true,
	run: observe,
};

async function observe(visit: Visit): Promise<Findings> {
	const log = await visit.accessLog();
	const gateways = await gatewayPods(visit);
	if (hasProxy(visit.pod)) await waitUntilWritten(visit, log, { pods: [visit.pod] });
	const sent: Sent[] = [];
	for (let index = 0; index < requests; index++) {
		visit.session.signal.throwIfAborted();
		sent.push(await send(visit));
	}
	const ids = new Set(sent.map(({ id }) => id));
	const ofPods = await linesOf(visit, log, { pods: [visit.pod], ids });
	const warm = requestTrace(await traced(visit, log, { kind: "warm", sent, gateways, ofPods, ofActivators: [] }));
	return { cells: [cellOf(visit, warm)], changed: [log.changed], ...(warm === undefined ? {} : { traces: [warm] }) };
}

function cellOf(visit: Visit, warm: RequestTrace | undefined) {
	if (warm === undefined) return notTested(column, "of no warm request every hop was written down");
	const words = traceWords(warm);
	if (!hasProxy(visit.pod)) return seen(column, false, { evidence: `the pod has no proxy; ${words}` });
	const own = sidecarOf(warm)?.own;
	if (own === undefined) return notTested(column, `the pod's proxy is in no trace; ${words}`);
	const { ms, ...range } = own;
	return seen(column, true, { evidence: words, amounts: [{ name: "own time", value: ms, unit: "ms", ...range }] });
}

/** Of a log it is the hop of that name; of spans the innermost that a proxy beside queue-proxy has written. */
function sidecarOf({ source, medians }: RequestTrace): HopMedians | undefined {
	if (source === "access log") return medians.find(({ name }) => name === "istio-proxy");
	const inner = medians.findIndex(({ name }) => /queue-?proxy/.test(name));
	return inner > 0 ? medians[inner - 1] : undefined;
}

function traceWords({ kind, source, complete, sent, medians }: RequestTrace): string {
	const [client] = medians;
	const hops = medians.slice(1).map(({ name, own }) => `${name} ${own.ms.toFixed(2)}`);
	const whole = complete === sent ? `${sent}` : `${complete} of ${sent}`;
	return `${kind} request (by ${source}, medians of ${whole}, ms): ${client?.total.ms.toFixed(2)}, of which ${hops.join(", ")}, the rest ${client?.own.ms.toFixed(2)}`;
}
