import type { Pod } from "../kube/pod.ts";
import type { Entry } from "../recording/entries.ts";
import type { PodStart } from "./source.ts";

/** The pods that a sample started, as soon as the sample is over. */
export interface PodStarts {
	/** @returns those of the sample that ends with this entry */
	add(entry: Entry): StartedPod[];
	/** A request is about to be sent, or is under way: nothing else should be done now. */
	isMeasuring(): boolean;
}

/** A pod that a sample started. */
export interface StartedPod extends PodStart {
	/** How many containers it has. */
	containers: number;
}

/** Clocks of the cluster may be off by so much. */
const roomNs = 60_000_000_000n;

/** Follows a recording as it grows. */
export function openPodStarts(): PodStarts {
	let beganAt: bigint | undefined;
	let isMeasuring = false;
	const before = new Set<string>();
	let seen = new Map<string, Pod>();
	return {
		add(entry) {
			if (entry.kind === "sample") {
				// Of a burst, the first one's time.
				beganAt ??= BigInt(entry.at);
				isMeasuring = true;
			} else if (entry.kind === "request") isMeasuring = false;
			else if (entry.kind === "watch" && entry.watch === "pods") {
				const { uid } = entry.object.metadata;
				if (uid === undefined) return [];
				if (beganAt === undefined) before.add(uid);
				else if (!before.has(uid)) seen.set(uid, entry.object as Pod);
			} else if (entry.kind === "sample-end" || entry.kind === "end") {
				const began = beganAt;
				isMeasuring = false;
				if (began === undefined) return [];
				const started = [...seen].map(([uid, pod]) => startOf(uid, pod, { began, endedAt: BigInt(entry.at) }));
				for (const uid of seen.keys()) before.add(uid);
				beganAt = undefined;
				seen = new Map();
				return started;
			}
			return [];
		},
		isMeasuring: () => isMeasuring,
	};
}

function startOf(
	uid: string,
	{ metadata, spec }: Pod,
	{ began, endedAt }: { began: bigint; endedAt: bigint },
): StartedPod {
	return {
		uid,
		name: metadata.name,
		namespace: metadata.namespace ?? "",
		fromNs: began - roomNs,
		toNs: endedAt + roomNs,
		containers: spec.containers.length + (spec.initContainers?.length ?? 0),
	};
}
