import type { Finding } from "../report/report.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type { SampleRecord } from "./facts/sample.ts";
import { toMs } from "./path/measured.ts";

/** What was out of the ordinary in one cold start, and a reader of its figures must know. */
export function anomalies(record: SampleRecord, pods: readonly PodFacts[], measured: PodFacts | undefined): Finding[] {
	return [
		...gaps(record),
		...stalls(record),
		...severalPods(pods, measured),
		...restarts(pods),
		...unknownPulls(measured),
		...waits(measured),
	];
}

function gaps({ listed }: SampleRecord): Finding[] {
	if (listed.length === 0) return [];
	const watches = [...new Set(listed.map(({ watch }) => watch))].sort().join(", ");
	const message = `the watch of ${watches} was interrupted during this cold start; what it missed was read from a list`;
	return [
		{
			code: "watch-gap",
			message,
			hint: "times in the gap have wide bounds, and the talk's spans that cross it are left out",
		},
	];
}

/** So long no ping came back: the watch stood still, and so did all that it would have told. */
const stalledNs = 2_000_000_000n;

function stalls({ sample, request, pings }: SampleRecord): Finding[] {
	const end = request?.lastByteAt;
	if (end === undefined || pings.length === 0) return [];
	const seen = pings.map(({ seenAt }) => BigInt(seenAt)).filter((at) => at <= BigInt(end));
	const times = [BigInt(sample.at), ...seen.filter((at) => at > BigInt(sample.at)), BigInt(end)];
	const longest = times.reduce((most, at, index) => {
		const gap = at - (times[index - 1] ?? at);
		return gap > most ? gap : most;
	}, 0n);
	if (longest < stalledNs) return [];
	const message = `the watch delivered nothing for ${toMs(longest)} ms during this cold start`;
	return [{ code: "watch-stalled", message, hint: "times that only the watch reports may be late by as much" }];
}

function severalPods(pods: readonly PodFacts[], measured: PodFacts | undefined): Finding[] {
	if (pods.length < 2 || measured === undefined) return [];
	const message = `${pods.length} pods were started; ${measured.name}, the first to be Ready, is the one that is measured`;
	return [{ code: "several-pods", message, hint: "something asks for more than one, or a pod was replaced" }];
}

function restarts(pods: readonly PodFacts[]): Finding[] {
	const restarted = pods.flatMap(({ containers }) =>
		containers.flatMap(({ name, restarts = 0 }) => (restarts > 0 ? [`${name} ${restarts}`] : [])),
	);
	if (restarted.length === 0) return [];
	const message = `containers were restarted: ${restarted.join(", ")}`;
	return [
		{
			code: "restarted",
			message,
			hint: "a container's start is its first run that began; later runs are in the phases after it",
		},
	];
}

/** An event that is lost may be the one that tells of a pull. */
function unknownPulls(pod: PodFacts | undefined): Finding[] {
	const unknown = pod?.containers.filter(({ pulling, pulled, started }) => !pulling && !pulled && started) ?? [];
	if (unknown.length === 0) return [];
	const names = unknown.map(({ name }) => name).join(", ");
	return [{ code: "pull-unknown", message: `no event says whether an image was pulled for ${names}` }];
}

/** Its time is the cluster's, and says nothing of Istio. */
function waits(pod: PodFacts | undefined): Finding[] {
	if (pod?.waitedForRoom === undefined) return [];
	const message = `the pod waited until a node had room for it: ${pod.waitedForRoom}`;
	const hint = "free resources, use a bigger node, or --copies 1, which waits until no other pod is there";
	return [{ code: "waited-for-room", message, hint }];
}
