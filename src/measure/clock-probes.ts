import type { Cluster } from "../cluster/cluster.ts";
import { pause } from "../cluster/pause.ts";
import type { Untimed } from "../model/recording.ts";
import { type ClientClock, clientNow, clientTime, elapsedMs, realMs } from "./client-clock.ts";
import { probeClock } from "./clock-probe.ts";
import type { LiveState } from "./live-state.ts";

/** What is needed to look at the clocks of the API server and of the nodes that had a pod. */
export interface ClockProbesOrder {
	cluster: Cluster;
	state: LiveState;
	clock: ClientClock;
	signal: AbortSignal;
	record(entry: Untimed): void;
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
export function openClockProbes(order: ClockProbesOrder): ClockProbes {
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

async function probeClocks(order: ClockProbesOrder): Promise<void> {
	const { cluster, state, clock, signal, record } = order;
	const options = {
		now: () => clientNow(clock),
		timeOf: (hrtime: bigint) => clientTime(clock, hrtime),
		sleep: (ms: number) => pause(realMs(clock, ms), signal),
		signal,
	};
	const nodes = new Set(state.objects("pods").flatMap(({ spec }) => (spec as { nodeName?: string }).nodeName ?? []));
	const targets = [
		{ clock: "apiserver", path: "/version" },
		...[...nodes].map((node) => ({ clock: `node/${node}`, path: `/api/v1/nodes/${node}/proxy/healthz` })),
	];
	await Promise.all(
		targets.map(async (target) => {
			// A right is missing, or the run ends: the clock is then known from causes alone.
			const entry = await probeClock(cluster, target, options).catch(() => undefined);
			if (entry !== undefined) record(entry);
		}),
	);
}
