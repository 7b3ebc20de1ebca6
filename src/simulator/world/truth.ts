import { isPodReady, type Pod, uidOf } from "../api/objects.ts";
import type { Store } from "../api/store.ts";
import type { Clock } from "../clock/clock.ts";

/** Nanoseconds since 1970 on the simulation's one true clock, whatever clocks nodes and servers show. */
export type TrueTime = bigint;

/** What really happened to a container, and when the API first showed it. */
export type ContainerInstant =
	/** The kubelet asks whether its image is there. */
	| "turnedTo"
	| "pulling"
	| "pulled"
	| "created"
	| "started"
	/** The runtime answered the kubelet's call to start it. */
	| "startAnswered"
	| "exited"
	/** Its postStart hook has ended, which held up the next container. */
	| "hookEnded"
	/** The kubelet found that its startup probe passes. */
	| "startupPassed"
	/** The first version of the pod whose status names the container. */
	| "shown"
	| "shownReady"
	| "shownTerminated";

/** What really happened to a pod; `shown…` is when the API first showed it. */
export type PodInstant =
	/** The API server was asked for it. */
	| "requested"
	/** Istio's webhook, where there was a call. */
	| "webhookCalled"
	| "webhookAnswered"
	| "etcdAsked"
	| "created"
	| "scheduled"
	| "shownScheduled"
	| "kubeletSaw"
	/** The kubelet found its volumes mounted, and asked for the sandbox. */
	| "sandboxAsked"
	/** The CNI plugins. */
	| "networkAsked"
	| "networkReady"
	| "sandboxReady"
	/** The kubelet found it ready. */
	| "ready"
	| "shownReady"
	| "deletionAsked"
	| "gone";

export interface PodTruth {
	namespace: string;
	name: string;
	uid: string;
	/** Undefined until it has one. */
	node?: string;
	/** The kubelet's passes over it (`SyncPod`), in their order; one that goes on, or was broken off, has no end. */
	passes: { begunAt: TrueTime; endedAt?: TrueTime }[];
	instants: Partial<Record<PodInstant, TrueTime>>;
	containers: Record<string, Partial<Record<ContainerInstant, TrueTime>>>;
}

/** What really happened to a request that came to the gateway. */
export type RequestInstant =
	| "received"
	| "atActivator"
	| "autoscalerPoked"
	| "scaled"
	/** The activator knew a way to the pod. */
	| "reachable"
	| "forwarded"
	| "answered";

export interface RequestTruth {
	host: string;
	path: string;
	revision?: string;
	/** The pod that answered. */
	podUid?: string;
	isCold: boolean;
	status?: number;
	instants: Partial<Record<RequestInstant, TrueTime>>;
}

/** When the revision's private endpoints got a ready address, in order. */
export interface EndpointTruth {
	namespace: string;
	service: string;
	podUid: string;
	at: TrueTime;
}

export interface ClusterTruth {
	/**
	 * When this machine ran the tasks of a planned time, for those that it ran late. No client could see a change of the
	 * API before that, but simulated clocks and causes follow the planned time.
	 */
	doneAt: Map<TrueTime, TrueTime>;
	/** How far clocks are ahead of the true one: the API server's, and those of nodes that are off. */
	clocksAheadMs: { server: number; nodes: Record<string, number> };
	pods: PodTruth[];
	requests: RequestTruth[];
	endpoints: EndpointTruth[];
}

/** Writes down what really happens, apart from the API. The first time counts. */
export interface TruthRecorder {
	/** @param at where it is told later than it happened */
	pod(pod: Pod, instant: PodInstant, at?: TrueTime): void;
	/** One of the kubelet's passes begins; the result tells that it has ended. */
	pass(pod: Pod): () => void;
	container(pod: Pod, container: string, instant: ContainerInstant): void;
	request(host: string, path: string): { truth: RequestTruth; mark: (instant: RequestInstant) => void };
	endpoint(namespace: string, service: string, podUid: string): void;
	/** A copy of everything so far. */
	read(): ClusterTruth;
}

export function createTruthRecorder(
	clock: Clock,
	store: Store,
	clocksAheadMs: ClusterTruth["clocksAheadMs"],
): TruthRecorder {
	const pods = new Map<string, PodTruth>();
	const requests: RequestTruth[] = [];
	const endpoints: EndpointTruth[] = [];
	const doneAt = new Map<TrueTime, TrueTime>();

	function now(): TrueTime {
		const at = clock.epochNs();
		const wall = clock.wallEpochNs();
		if (wall > at) doneAt.set(at, wall);
		return at;
	}

	function truthOf(pod: Pod): PodTruth {
		const uid = uidOf(pod);
		let truth = pods.get(uid);
		if (truth === undefined) {
			const { namespace = "", name } = pod.metadata;
			truth = { namespace, name, uid, passes: [], instants: {}, containers: {} };
			pods.set(uid, truth);
		}
		if (pod.spec.nodeName !== undefined) truth.node = pod.spec.nodeName;
		return truth;
	}

	const recorder: TruthRecorder = {
		pod(pod, instant, at) {
			truthOf(pod).instants[instant] ??= at ?? now();
		},
		pass: (pod) => beginPass(truthOf(pod), now),
		container(pod, name, instant) {
			const { containers } = truthOf(pod);
			containers[name] ??= {};
			containers[name][instant] ??= now();
		},
		request(host, path) {
			const truth: RequestTruth = { host, path, isCold: false, instants: {} };
			requests.push(truth);
			return {
				truth,
				mark(instant) {
					truth.instants[instant] ??= now();
				},
			};
		},
		endpoint(namespace, service, podUid) {
			endpoints.push({ namespace, service, podUid, at: now() });
		},
		read: () => structuredClone({ doneAt, clocksAheadMs, pods: [...pods.values()], requests, endpoints }),
	};
	store.subscribe("pods", ({ type, object }) => recordShown(recorder, object as Pod, type));
	return recorder;
}

function beginPass({ passes }: PodTruth, now: () => TrueTime): () => void {
	const pass: PodTruth["passes"][number] = { begunAt: now() };
	passes.push(pass);
	return () => {
		pass.endedAt = now();
	};
}

function recordShown(recorder: TruthRecorder, pod: Pod, type: string): void {
	if (type === "ADDED") recorder.pod(pod, "created");
	if (type === "DELETED") recorder.pod(pod, "gone");
	if (pod.spec.nodeName !== undefined) recorder.pod(pod, "shownScheduled");
	if (pod.metadata.deletionTimestamp !== undefined) recorder.pod(pod, "deletionAsked");
	else if (isPodReady(pod)) recorder.pod(pod, "shownReady");
	for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
		recorder.container(pod, status.name, "shown");
		if (status.ready) recorder.container(pod, status.name, "shownReady");
		if (status.state.terminated !== undefined) recorder.container(pod, status.name, "shownTerminated");
	}
}
