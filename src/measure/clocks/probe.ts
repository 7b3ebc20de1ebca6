import type { ClientClock } from "../../clock/client-clock.ts";
import type { Cluster } from "../../kube/api/cluster.ts";
import type { Untimed } from "../../recording/entries.ts";
import type { LiveState } from "../../recording/live-state.ts";

/** Where the clocks are, and where what is learnt of them goes. */
export interface ClocksOrder {
	cluster: Pick<Cluster, "raw" | "connection">;
	/** Its pods tell which nodes matter. */
	state: LiveState;
	clock: ClientClock;
	record(entry: Untimed): void;
	signal: AbortSignal;
}

/**
 * Bounds the clocks of the API server and of these nodes, within about 14 s of the client's time, and records what it
 * finds. It may fail: a clock is then known from the other probes, and from causes.
 */
export type ClockProbe = (order: ClocksOrder, nodes: readonly string[]) => Promise<void>;
