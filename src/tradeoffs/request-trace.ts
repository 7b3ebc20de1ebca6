import { medianInterval, medianOf } from "../analysis/statistics/median.ts";
import type { Hop, HopMedians, RequestTrace } from "../report/tradeoffs.ts";

/**
 * What the talk shows of one warm request, in ms: "istio-ingressgateway 2.424 ms, helloworld 1.369 ms", of Istio without
 * policy. What it calls helloworld is the span of the sidecar beside it.
 */
export const talkTrace: readonly Pick<Hop, "name" | "depth" | "totalMs">[] = [
	{ name: "istio-ingressgateway", depth: 1, totalMs: 2.424 },
	{ name: "istio-proxy", depth: 3, totalMs: 1.369 },
];

/** The talk has two more spans of that request, of services that it does not name. */
export const talkServicesMs: readonly number[] = [0.97, 0.485];

/** What the talk says of a hop of a warm request, ms in all; undefined where it says nothing. */
export function talkHopMs({ kind }: Pick<RequestTrace, "kind">, { name }: Pick<Hop, "name">): number | undefined {
	return kind === "warm" ? talkTrace.find((each) => each.name === name)?.totalMs : undefined;
}

/** What is known of the requests of one kind. */
export interface TracedRequests extends Pick<RequestTrace, "kind" | "source" | "sent" | "notes"> {
	/** The hops of each request of which all are known. */
	requests: readonly Hop[][];
}

/** The request in the middle, and the medians of all; undefined where no request is complete. */
export function requestTrace({ requests, ...rest }: TracedRequests): RequestTrace | undefined {
	const total = (hops: readonly Hop[]) => hops[0]?.totalMs ?? 0;
	const middleMs = medianOf(requests.map(total));
	const [first, ...others] = requests;
	if (middleMs === undefined || first === undefined) return undefined;
	const distance = (hops: readonly Hop[]) => Math.abs(total(hops) - middleMs);
	const hops = others.reduce((best, each) => (distance(each) < distance(best) ? each : best), first);
	return { ...rest, complete: requests.length, hops, medians: mediansOf(hops, requests) };
}

/** Of each hop of the one request, over all that have it; the second of a name is compared with the second of others. */
function mediansOf(hops: readonly Hop[], requests: readonly Hop[][]): HopMedians[] {
	return hops.flatMap(({ name, depth }, index) => {
		const place = hops.slice(0, index).filter((hop) => hop.name === name).length;
		const same = requests.flatMap((each) => each.filter((hop) => hop.name === name)[place] ?? []);
		const total = medianMs(same.map(({ totalMs }) => totalMs));
		const own = medianMs(same.map(({ ownMs }) => ownMs));
		return total === undefined || own === undefined ? [] : { name, depth, requests: same.length, total, own };
	});
}

function medianMs(values: readonly number[]): HopMedians["total"] | undefined {
	const estimate = medianInterval(values);
	if (estimate === undefined) return undefined;
	const { median, interval } = estimate;
	return { ms: median, ...(interval === undefined ? {} : { lo: interval.lo, hi: interval.hi }) };
}
