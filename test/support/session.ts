import { systemClock } from "../../src/clock/clock.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import type { Session } from "../../src/kube/wait/task.ts";

/** A session that nobody interrupts, with nobody to watch it. */
export function sessionOn(cluster: Cluster, given: Partial<Omit<Session, "cluster">> = {}): Session {
	const signal = new AbortController().signal;
	return { cluster, signal, clock: systemClock, progress: () => {}, timeoutMs: 60_000, ...given };
}
