import type { KubeObject } from "../../kube/object.ts";
import type { EntryOf, WatchedKind } from "../../recording/entries.ts";
import { isOfPrivateService, isOfRevision } from "../../recording/of-revision.ts";
import type { RecordedSpan } from "../../recording/spans.ts";
import type { Receipt } from "./fact.ts";
import { readPodEvent } from "./pod-event.ts";
import { collectPodFacts, type PodFacts, type Sighting } from "./pod-facts.ts";

/** All that was recorded of one sample, from the proof of zero to the pod's end. */
export interface SampleRecord {
	sample: EntryOf<"sample">;
	request?: EntryOf<"request">;
	watched: EntryOf<"watch">[];
	/** What there was after a gap in a watch. */
	listed: EntryOf<"listed">[];
	/** From shortly before the sample to its end, in order. */
	pings: EntryOf<"ping">[];
	revision: string;
	/** When pods of other revisions began to be removed, by the watch, ns since the epoch. */
	removalsBeganAt: string[];
	/** The nodes' container runtime, as the profile's fingerprint has it. */
	runtime?: string;
	/** What traces say of pods, by their UIDs; where there are any, they come after all else. */
	spans?: ReadonlyMap<string, readonly RecordedSpan[]>;
	/** What was asked of the service, where it is not `GET /` with status 200. */
	asked?: EntryOf<"profile">["request"];
}

/** What the watches showed of the revision, by kind. */
export type Sightings = Record<"pods" | "events" | "deployments" | "endpointslices", Sighting[]>;

/** Sorts out what belongs to the revision. */
export function sightingsOf({ watched, listed, revision }: SampleRecord): Sightings {
	const sightings: Sightings = { pods: [], events: [], deployments: [], endpointslices: [] };
	const take = (watch: WatchedKind, sighting: Sighting) => {
		if (watch === "podautoscalers") return;
		const { object } = sighting;
		const isOurs =
			watch === "events" ||
			isOfRevision(object, revision) ||
			(watch === "endpointslices" && isOfPrivateService(object, revision));
		if (isOurs) sightings[watch].push(sighting);
	};
	for (const { watch, at, object } of watched) take(watch, { at: BigInt(at), isListed: false, object });
	for (const { watch, at, objects } of listed) {
		for (const object of objects) take(watch, { at: BigInt(at), isListed: true, object });
	}
	return sightings;
}

/** The pods that were not there before, in the order in which they were seen. */
export function newPods(
	{ sample, runtime }: SampleRecord,
	{ pods, events }: Sightings,
	earlier: ReadonlySet<string>,
): PodFacts[] {
	const uids = [...new Set(pods.map(({ object }) => object.metadata.uid ?? ""))].filter(
		(uid) => !sample.podsBefore.includes(uid) && !earlier.has(uid),
	);
	const facts = uids.map((uid) =>
		collectPodFacts(
			pods.filter(({ object }) => object.metadata.uid === uid),
			events.filter(({ object }) => readPodEvent(object).uid === uid),
			runtime,
		),
	);
	return facts.filter((pod) => pod !== undefined).sort((a, b) => byTime(a.firstSeen, b.firstSeen));
}

/** The pod that can have answered: the one that was ready first, or of several that never were the one seen first. */
export function answeringPod(pods: readonly PodFacts[]): PodFacts | undefined {
	const ready = pods.flatMap((pod) => (pod.firstReady === undefined ? [] : [{ pod, at: pod.firstReady.at }]));
	return ready.sort(byTime)[0]?.pod ?? pods[0];
}

const byTime = (a: { at: bigint }, b: { at: bigint }) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);

/** When the Deployment was first seen to ask for a pod. */
export function scaleUpReceipt(deployments: Sighting[]): Receipt | undefined {
	const replicas = (object: KubeObject) => (object.spec as { replicas?: number } | undefined)?.replicas ?? 0;
	return deployments.filter(({ object }) => replicas(object) > 0).sort(byTime)[0];
}

/** When an endpoint of this pod was first seen to be ready. */
export function endpointReceipt(slices: Sighting[], pod: PodFacts | undefined): Receipt | undefined {
	interface Endpoint {
		conditions?: { ready?: boolean };
		targetRef?: { uid?: string };
	}
	const isReady = ({ conditions, targetRef }: Endpoint) =>
		conditions?.ready === true && targetRef?.uid !== undefined && targetRef.uid === pod?.uid;
	const withReady = slices.filter(({ object }) =>
		((object.endpoints as Endpoint[] | null | undefined) ?? []).some(isReady),
	);
	return withReady.sort(byTime)[0];
}
