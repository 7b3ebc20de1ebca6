import { type ClientClock, clientNow, clientTime, elapsedMs, realMs } from "../../clock/client-clock.ts";
import { pause } from "../../clock/pause.ts";
import type { Cluster } from "../../kube/api/cluster.ts";
import { openTransport } from "../../kube/http/transport.ts";
import { objectOf, textOf } from "../../kube/untrusted.ts";
import type { Untimed } from "../../recording/entries.ts";
import type { LiveState } from "../../recording/live-state.ts";
import { probeClock } from "./clock-probe.ts";
import { probeLease } from "./lease-probe.ts";

/** Where the clocks are, and where what is learnt of them goes. */
export interface ClocksOrder {
	cluster: Pick<Cluster, "raw" | "connection">;
	/** Its pods tell which nodes matter. */
	state: LiveState;
	clock: ClientClock;
	record(entry: Untimed): void;
	signal: AbortSignal;
}

/** Looks at the clocks now and then. */
export interface ClockProbes {
	/** Begins to look, if none has looked for a minute; returns at once. */
	probeIfDue(): void;
	/** Resolves when nobody is looking any more. */
	done(): Promise<void>;
}

/** Two disciplined clocks run apart by about a millisecond in this time. */
const everyMs = 60_000;

/** Nobody looks before {@link ClockProbes.probeIfDue} is called. */
export function openClockProbes(order: ClocksOrder): ClockProbes {
	let probing = Promise.resolve();
	let lastAt: bigint | undefined;
	return {
		probeIfDue() {
			if (lastAt !== undefined && elapsedMs(order.clock, lastAt) < everyMs) return;
			lastAt = clientNow(order.clock);
			probing = probing.then(() => probeClocks(order));
		},
		done: () => probing,
	};
}

/**
 * Bounds the clocks of the API server and of the nodes that our pods are on, within about 14 s of the client's time. It
 * never fails: where a right is missing, or the run ends, a clock is known from what is left, and from causes.
 */
export async function probeClocks(order: ClocksOrder): Promise<void> {
	const pods = order.state.objects("pods");
	const nodes = [...new Set(pods.flatMap(({ spec }) => textOf(objectOf(spec).nodeName) ?? []))];
	await Promise.all([probeDates(order, nodes), probeLeases(order, nodes).catch(() => undefined)]);
}

async function probeDates({ cluster, clock, signal, record }: ClocksOrder, nodes: readonly string[]): Promise<void> {
	const options = {
		now: () => clientNow(clock),
		timeOf: (hrtime: bigint) => clientTime(clock, hrtime),
		sleep: (ms: number) => pause(realMs(clock, ms), signal),
		signal,
	};
	const targets = [
		{ clock: "apiserver", path: "/version" },
		...nodes.map((node) => ({ clock: `node/${node}`, path: `/api/v1/nodes/${node}/proxy/healthz` })),
	];
	await Promise.all(
		targets.map(async (target) => {
			const entry = await probeClock(cluster, target, options).catch(() => undefined);
			if (entry !== undefined) record(entry);
		}),
	);
}

/** As long as the other probes take, and longer than kubelet ever waits (10.4 s), so that each node is heard once. */
const leaseWatchMs = 14_000;

async function probeLeases({ cluster, clock, signal, record }: ClocksOrder, nodes: readonly string[]): Promise<void> {
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
}
