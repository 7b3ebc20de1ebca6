import { compactEveryMs } from "./compact-every.ts";
import { dropWatchesEveryMs } from "./drop-watches.ts";
import type { Fault } from "./fault.ts";
import { forbidden } from "./forbidden.ts";
import { foreignTraffic } from "./foreign-traffic.ts";
import { lostEvents } from "./lost-events.ts";
import { nodeClockOffsetsMs } from "./node-clocks.ts";
import { pullsImages } from "./pulled-images.ts";
import { serverClockOffsetMs } from "./server-clock.ts";
import { slowApiMs } from "./slow-api.ts";
import { slowContainers } from "./slow-containers.ts";
import { podsPerNode } from "./small-nodes.ts";
import { throttledRequests } from "./throttled-requests.ts";
import { watchLagMs } from "./watch-lag.ts";
import { webhookOutageMs } from "./webhook-outage.ts";

/** Faults by name. Their parameters differ in type, so each value is checked before its fault uses it. */
export type FaultRegistry = Readonly<Record<string, Fault<unknown>>>;

/** Every fault, in the order in which `knistio selftest` tries them. A new one is added at the end. */
export const faultRegistry = {
	pullsImages,
	slowContainers,
	nodeClockOffsetsMs,
	forbidden,
	lostEvents,
	watchLagMs,
	dropWatchesEveryMs,
	compactEveryMs,
	throttledRequests,
	slowApiMs,
	serverClockOffsetMs,
	podsPerNode,
	webhookOutageMs,
	foreignTraffic,
} satisfies FaultRegistry;

/** Which faults a cluster has, by name, with their parameters. */
export type Faults = {
	[Name in keyof typeof faultRegistry]?: (typeof faultRegistry)[Name] extends Fault<infer Value> ? Value : never;
};
