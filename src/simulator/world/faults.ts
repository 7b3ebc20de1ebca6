/** What goes wrong on purpose. Times are simulated. */
export interface Faults {
	/** Every watch is closed this often. */
	dropWatchesEveryMs?: number;
	/** Watch events come late by up to this much, in order. */
	watchLagMs?: number;
	/** The share of the kubelet's and the controllers' Events that never arrive, 0 to 1. */
	lostEvents?: number;
	/** History and pages are forgotten this often: watches and lists cannot be resumed (410). */
	compactEveryMs?: number;
	/** The share of requests refused with 429, 0 to 1. */
	throttledRequests?: number;
	/** Every request waits this long before it is looked at. */
	slowApiMs?: number;
	/** How far a node's clock is ahead, by node name. */
	nodeClockOffsetsMs?: Record<string, number>;
	/** How far the API server's clock is ahead. */
	serverClockOffsetMs?: number;
	/** Whether nodes lack the workloads' images: each is pulled once per node. Images of a host `*.invalid` never come. */
	pullsImages?: boolean;
	/** A container by name that becomes ready later than the model says. */
	slowContainers?: Record<string, number>;
	/** What the user may not do, as `verb resource`: `create pods`, `list deployments.apps`. */
	forbidden?: string[];
}
