import type { KubeObject } from "../model/kube-object.ts";
import type { EntryOf } from "../model/recording.ts";
import { collectPodFacts, type PodFacts, type Sighting } from "./pod-facts.ts";

/** All that was recorded of one sample, from the proof of zero to the pod's end. */
export interface SampleRecord {
	sample: EntryOf<"sample">;
	request?: EntryOf<"request">;
	watched: EntryOf<"watch">[];
	/** From shortly before the sample to its end, in order. */
	pings: EntryOf<"ping">[];
	revision: string;
	hasGap: boolean;
}

const revisionLabel = "serving.knative.dev/revision";
const serviceLabel = "kubernetes.io/service-name";

/** What the watches told of the revision, by kind. */
export type Sightings = Record<"pods" | "events" | "deployments" | "endpointslices", Sighting[]>;

/** Sorts out what belongs to the revision. */
export function sightingsOf({ watched, revision }: SampleRecord): Sightings {
	const sightings: Sightings = { pods: [], events: [], deployments: [], endpointslices: [] };
	for (const { watch, at, type, object } of watched) {
		if (watch === "podautoscalers") continue;
		const labels = object.metadata.labels ?? {};
		const isOurs =
			watch === "events" ||
			labels[revisionLabel] === revision ||
			(watch === "endpointslices" && labels[serviceLabel] === `${revision}-private`);
		if (isOurs) sightings[watch].push({ at: BigInt(at), type, object });
	}
	return sightings;
}

/** The pods that were not there before, in the order in which they were seen. */
export function newPods(
	{ sample }: SampleRecord,
	{ pods, events }: Sightings,
	earlier: ReadonlySet<string>,
): PodFacts[] {
	const uids = [...new Set(pods.map(({ object }) => object.metadata.uid ?? ""))].filter(
		(uid) => !sample.podsBefore.includes(uid) && !earlier.has(uid),
	);
	const facts = uids.map((uid) =>
		collectPodFacts(
			pods.filter(({ object }) => object.metadata.uid === uid),
			events.filter(({ object }) => (object.involvedObject as { uid?: string } | undefined)?.uid === uid),
		),
	);
	const seenAt = (pod: PodFacts) => pod.firstSeenAt ?? 0n;
	return facts
		.filter((pod): pod is PodFacts => pod !== undefined)
		.sort((a, b) => (seenAt(a) < seenAt(b) ? -1 : seenAt(a) > seenAt(b) ? 1 : 0));
}

/** When the Deployment was first seen to ask for a pod, on the client's clock. */
export function scaleUpReceipt(deployments: Sighting[]): bigint | undefined {
	const replicas = (object: KubeObject) => (object.spec as { replicas?: number } | undefined)?.replicas ?? 0;
	const receipts = deployments.filter(({ object }) => replicas(object) > 0).map(({ at }) => at);
	return earliestOf(receipts);
}

/** When an endpoint of one of these pods was first seen to be ready. */
export function endpointReceipt(slices: Sighting[], pods: PodFacts[]): bigint | undefined {
	interface Endpoint {
		conditions?: { ready?: boolean };
		targetRef?: { uid?: string };
	}
	const uids = new Set(pods.map(({ uid }) => uid));
	const isReady = ({ conditions, targetRef }: Endpoint) =>
		conditions?.ready === true && targetRef?.uid !== undefined && uids.has(targetRef.uid);
	const receipts = slices
		.filter(({ object }) => ((object.endpoints as Endpoint[] | null | undefined) ?? []).some(isReady))
		.map(({ at }) => at);
	return earliestOf(receipts);
}

const earliestOf = (times: bigint[]) =>
	times.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
