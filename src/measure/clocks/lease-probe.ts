import { clientTime, realMs } from "../../clock/client-clock.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { type WatchOptions, watch } from "../../kube/api/watch.ts";
import { openTransport } from "../../kube/http/transport.ts";
import { objectOf, textOf } from "../../kube/untrusted.ts";
import type { Untimed } from "../../recording/entries.ts";
import { parseTime } from "../../text/timestamp.ts";
import type { ClockProbe } from "./probe.ts";

/** What it takes to watch a node's Lease. */
export interface LeaseProbeOptions extends Pick<WatchOptions, "transport" | "signal" | "renew"> {
	/** The client's time, ns since the epoch, of a reading of `process.hrtime`. */
	timeOf(hrtime: bigint): bigint;
	record(entry: Untimed): void;
}

const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/** As long as the other probes take, and longer than kubelet ever waits (10.4 s), so that each node is heard once. */
const leaseWatchMs = 14_000;

/** Watches the Lease of each node for {@link leaseWatchMs}. */
export const probeLeases: ClockProbe = async ({ cluster, clock, signal, record }, nodes) => {
	const transport = await openTransport(await cluster.connection());
	const ended = new AbortController();
	const timer = setTimeout(() => ended.abort(), realMs(clock, leaseWatchMs));
	const options = {
		transport,
		signal: AbortSignal.any([signal, ended.signal]),
		renew: async () => transport.renew(await cluster.connection(true)),
		timeOf: (hrtime: bigint) => clientTime(clock, hrtime),
		record,
	};
	await Promise.all(nodes.map((node) => probeLease(node, options).catch(() => undefined)));
	clearTimeout(timer);
	transport.close();
};

/**
 * Bounds a node's clock from below each time kubelet renews the node's Lease, which it does every 10 s (KEP-589): it
 * takes `renewTime` before it sends the renewal (component-helpers apimachinery/lease), so that much of its clock had
 * passed when we received it. From above this says nothing. A list tells of a renewal up to 10 s after it was, so only
 * those that arrive on the watch are taken. Resolves when the signal is aborted.
 * @throws ApiError where the right to list or to watch it is missing
 */
export function probeLease(node: string, { timeOf, record, ...options }: LeaseProbeOptions): Promise<void> {
	return watch({
		...options,
		path,
		apiVersion: "coordination.k8s.io/v1",
		objectKind: "Lease",
		fieldSelector: `metadata.name=${node}`,
		onSignal(signal) {
			if (signal.kind !== "event" || signal.type === "DELETED") return;
			const renewedAt = renewTimeOf(signal.object);
			if (renewedAt === undefined) return;
			const loNs = (renewedAt - timeOf(signal.at)).toString();
			record({ kind: "clock", clock: `node/${node}`, loNs, method: "lease" });
		},
	});
}

function renewTimeOf({ spec }: KubeObject): bigint | undefined {
	return parseTime(textOf(objectOf(spec).renewTime));
}
