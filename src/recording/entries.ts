import type { KubeObject } from "../kube/object.ts";
import type { ServiceShape } from "../profile/pod-shape.ts";
import type { Profile, Variant } from "../profile/profile.ts";
import type { Finding, Fingerprint, RunOrder } from "../report/report.ts";
import type { Tradeoffs } from "../report/tradeoffs.ts";
import type { RecordedSpan } from "./spans.ts";

/**
 * A recording is NDJSON: one entry a line, in the order in which they came. It holds everything that a report is made
 * of, and nothing that is secret. `at` and its like are nanoseconds since the epoch on the clock of the machine that ran
 * knistio, as decimal strings, for they do not fit into a double.
 */
export const recordingVersion = 1;

/** The kinds that are watched for as long as a run measures. */
export type WatchedKind = "pods" | "events" | "deployments" | "endpointslices" | "podautoscalers";

/** One request to the service under test, as the client saw it. */
export interface RequestTimes {
	/** The connection to the gateway is opened before the request is sent, and is no part of `total`. */
	connectStartedAt: string;
	connectedAt?: string;
	/** The request has been handed to the kernel. */
	sentAt?: string;
	firstByteAt?: string;
	lastByteAt?: string;
	status?: number;
	server?: string;
	/** Where a redirect leads; never in a recording, for it may be an address of somebody's network. */
	location?: string;
	bodyMatches?: boolean;
	/** A service behind the gateway answered, and not the gateway itself; undefined where that is not known. */
	isFromUpstream?: true;
	/** The beginning of the body where it is not the expected one. */
	body?: string;
	error?: string;
}

export type Entry =
	| {
			kind: "run";
			version: number;
			at: string;
			knistio: string;
			context: string;
			iterations: number;
			/** By name, as they were asked for: the first is the one that the others are compared with. */
			profiles?: string[];
			order?: RunOrder;
			/** Of those that are variants, by name: what is not measured is missed by it. */
			variants?: Record<string, Variant>;
			gateway?: string;
			/** The cluster's own traces are asked for: `spans` may follow their samples. */
			traces?: true;
			simulated?: { model: string; seed: number; speed: number };
	  }
	/** The profile is on the cluster and proven; what follows is measured under it. */
	| {
			kind: "profile";
			at: string;
			profile: Profile;
			fingerprint: Fingerprint;
			installMs?: number;
			/** From the service applied to Ready and proven. */
			deployMs?: number;
			/** The revision that is measured; of several copies the first one's. */
			revision: string;
			namespace: string;
			/** What the template puts into a pod, where it is not knistio's own. */
			service?: ServiceShape;
			/** The request, where it is not `GET /` with status 200; the path is without its query. */
			request?: { method: string; path: string; expectStatus: number };
			/** It is what was installed, and nothing that knistio made or promised. */
			isAsFound?: true;
			/** Only its first start is measured yet, with the pull of its image; the proven profile follows. */
			isUnproven?: boolean;
	  }
	/** A variant that cannot be measured; the others go on without it. */
	| { kind: "set-aside"; at: string; profile: string; reason: string }
	/** The revision has no pod and its Deployment asks for none; the next request must start one. */
	| {
			kind: "sample";
			at: string;
			round: number;
			/** By name, where several take turns; otherwise the last one that was proven. */
			profile?: string;
			/** Asked in the same instant as others; each of them has a sample of its own, with the same number. */
			burst?: { size: number; number: number };
			/** The first start of all, for which images are pulled that the node does not have. */
			isFirstOnNode?: boolean;
			/** How many idle services were there, where that is varied. */
			crowd?: number;
			/** Which of several equal services it is, from 1, and its revision. */
			copy?: number;
			revision?: string;
			/** Pods of the other copies that are still there: idle in their window, or terminating. */
			draining?: number;
			/** How long was waited on purpose, so that cold starts begin at any part of a second. */
			pausedMs?: number;
			/** The pods of the revision that were there, Terminating included: none, or the sample is not cold. */
			podsBefore: string[];
			/** `spec.replicas` of the revision's Deployment. */
			replicasBefore?: number;
	  }
	/** The copy is given where several were asked in the same instant. */
	| ({ kind: "request"; at: string; round: number; copy?: number } & RequestTimes)
	/** So many idle services are there now; adding them took so long. */
	| { kind: "crowd"; at: string; size: number; tookMs: number }
	/** What the probes of costs and benefits have observed so far, of all profiles: the last entry holds. */
	| { kind: "tradeoffs"; at: string; tradeoffs: Tradeoffs; tookMs: number }
	/** The revision has gone to zero, as far as Kubernetes let it. */
	| { kind: "zero"; at: string; waitedMs: number }
	/** No more will be seen of this sample, or of all of a burst: its pod is gone, or the run ends. */
	| {
			kind: "sample-end";
			at: string;
			round: number;
			/** How long the pod's late events were waited for, where its end was not. */
			settledMs?: number;
	  }
	| { kind: "watch"; at: string; watch: WatchedKind; type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
	| { kind: "listed"; at: string; watch: WatchedKind; objects: KubeObject[]; afterGap: boolean }
	| { kind: "watch-state"; at: string; watch: WatchedKind; state: "resumed" | "failing"; reason: string }
	/** An own object was changed and the change was seen, on the same watch that brings the pods. */
	| { kind: "ping"; at: string; sentAt: string; seenAt: string }
	/** Bounds on the offset of a clock: its time minus the client's, in nanoseconds; without `hiNs` only from below. */
	| { kind: "clock"; at: string; clock: string; loNs: string; hiNs?: string; method: string }
	/** What a trace backend knew of a pod's start; a later entry of the same pod replaces an earlier one. */
	| { kind: "spans"; at: string; pod: string; spans: RecordedSpan[] }
	| { kind: "finding"; at: string; finding: Finding }
	| { kind: "observer"; at: string; loopDelayP99Ms: number; loopDelayMaxMs: number; maxRssMib: number }
	| { kind: "end"; at: string; endedBy?: string };

/** An entry without its time, as the places that make entries write it. */
export type Untimed<E extends Entry = Entry> = E extends Entry ? Omit<E, "at"> : never;

/** The entries of one kind. */
export type EntryOf<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;
