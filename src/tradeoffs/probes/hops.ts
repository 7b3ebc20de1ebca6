import type { Hop, RequestTrace } from "../../report/tradeoffs.ts";
import type { LoggedRequest } from "./logged-request.ts";

/** What the client and the proxies on its way know of one request. */
export interface SeenRequest {
	/** From handing it to the socket to the last byte of the answer. */
	clientMs: number;
	gateway?: LoggedRequest | undefined;
	/**
	 * Knative's activator is on the way of a cold request; its own proxy sees the request come and go. That it came is not
	 * written on a connection which is older than the log's configuration: Envoy lets those end with their old one.
	 */
	activator?: { in?: LoggedRequest | undefined; out: LoggedRequest } | undefined;
	/** The proxy of the workload's pod. */
	sidecar?: LoggedRequest | undefined;
}

/** What the logs cannot tell apart, by what is known. */
export const unknownHops = {
	withSidecar: "queue-proxy and application",
	warm: "way to the pod, queue-proxy and application",
	cold: "activator, the pod's start, queue-proxy and application",
};

/**
 * The hops of a request, one within the other, by durations alone: each proxy takes its own with one clock, so that no
 * clock is compared with another. Undefined where the gateway's line, or a part of a line, is missing.
 */
export function hopsOf(kind: RequestTrace["kind"], seen: SeenRequest): Hop[] | undefined {
	const layers = layersOf(kind, seen);
	if (layers.some(([, totalMs]) => totalMs === undefined)) return undefined;
	const known = layers as [string, number][];
	return known.map(([name, totalMs], depth) => ({
		name,
		depth,
		totalMs,
		ownMs: totalMs - (known[depth + 1]?.[1] ?? 0),
	}));
}

type Layer = [name: string, totalMs: number | undefined];

/** From the outermost to the innermost. */
function layersOf(kind: RequestTrace["kind"], { clientMs, gateway, activator, sidecar }: SeenRequest): Layer[] {
	const outer: Layer[] = [
		["client", clientMs],
		["istio-ingressgateway", gateway?.totalMs],
	];
	const start = "activator and the pod's start";
	if (activator !== undefined) {
		const { in: comes } = activator;
		if (comes === undefined) outer.push([start, gateway?.upstreamMs]);
		else {
			outer.push(
				["way to the activator", gateway?.upstreamMs],
				["istio-proxy of the activator, in", comes.totalMs],
				[start, comes.upstreamMs],
			);
		}
		outer.push(
			["istio-proxy of the activator, out", activator.out.totalMs],
			["way to the pod", activator.out.upstreamMs],
		);
	} else if (sidecar === undefined) return [...outer, [unknownHops[kind], gateway?.upstreamMs]];
	else outer.push([kind === "cold" ? start : "way to the pod", gateway?.upstreamMs]);
	if (sidecar === undefined) return outer;
	return [...outer, ["istio-proxy", sidecar.totalMs], [unknownHops.withSidecar, sidecar.upstreamMs]];
}
