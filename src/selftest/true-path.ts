import type { ColdStart } from "../report/report.ts";
import type { ClusterTruth, PodTruth, RequestTruth, TrueTime } from "../simulator/world/truth.ts";

/** A point in time, ns since 1970 on the true clock. */
export interface TrueInstant {
	at: TrueTime;
	/** For a change of the API: when the machine that simulates had got so far that it could be seen. */
	visibleAt: TrueTime;
}

/** The two ends of each piece of a phase. */
export type PhaseEnds = Map<string, [from: string, to: string][]>;

/** What really happened in one cold start, in the words of reports. */
export interface TruePath {
	/** Instants that happened inside the cluster. */
	instants: Map<string, TrueInstant>;
	/** Those that are changes of the API. */
	changes: Set<string>;
	phases: PhaseEnds;
	/** The same path in the finer phases that traces tell; empty where the start has none. */
	finer: PhaseEnds;
	request: RequestTruth;
}

/**
 * The cluster's own notes of a cold start. What the report's words mean is written down here a second time, with nothing
 * of src/timing, so that a mistake there is no mistake here. Undefined when the cluster knows of no such request or pod.
 */
export function truePathOf(start: ColdStart, truth: ClusterTruth): TruePath | undefined {
	const shape = start.pods[0];
	const pod = truth.pods.find(({ uid }) => uid === shape?.uid);
	const request = truth.requests.find(({ podUid }) => podUid === shape?.uid);
	if (shape === undefined || pod === undefined || request === undefined) return undefined;
	const path: TruePath = { instants: new Map(), changes: new Set(), phases: new Map(), finer: new Map(), request };
	const happened: Happened = { start, pod, request, endpoint: endpointOf(truth, request, pod) };
	walkStart(openWalk(path, path.phases, truth), happened, { byApiServer: false, byNode: false });
	if (start.finer !== undefined) {
		const isKnown = { byApiServer: "etcd-asked" in start.instants, byNode: "sync-begun" in start.instants };
		walkStart(openWalk(path, path.finer, truth), happened, isKnown);
	}
	return path;
}

interface Happened {
	start: ColdStart;
	pod: PodTruth;
	request: RequestTruth;
	endpoint: TrueTime | undefined;
}

/** Which parts of the cluster have told finer steps. */
interface Traced {
	byApiServer: boolean;
	byNode: boolean;
}

function walkStart(walk: Walk, { start, pod, request, endpoint }: Happened, { byApiServer, byNode }: Traced): void {
	walk.change("activation", "scaled", request.instants.scaled);
	if (byApiServer) walkCreation(walk, start, pod);
	else walk.change("pod-creation", "pod-created", pod.instants.created);
	walk.change("scheduling", "scheduled", pod.instants.scheduled);
	if (byNode) {
		walk.step("dispatch", "sync-begun", pod.passes[0]?.begunAt);
		walk.step("volumes", "sandbox-asked", pod.instants.sandboxAsked);
		if ("network-asked" in start.instants) {
			walk.step("sandbox", "network-asked", pod.instants.networkAsked);
			walk.step("cni", "network-ready", pod.instants.networkReady);
		}
	}
	walkContainers(walk, start, { pod, byNode });
	const started = walk.last();
	walk.change("readiness", "pod-ready", pod.instants.shownReady);
	walk.change("endpoint", "endpoint-ready", endpoint);
	walk.step("routing", "first-byte");
	walk.step("response", "last-byte");
	walk.between("probing", started, "first-byte");
}

function walkCreation(walk: Walk, { instants }: ColdStart, pod: PodTruth): void {
	const { requested, webhookCalled, webhookAnswered, etcdAsked, created } = pod.instants;
	const webhook = "istio-sidecar-injector";
	walk.step("pod-request", "pod-requested", requested);
	if (`webhook-called:${webhook}` in instants) {
		walk.step("admission", `webhook-called:${webhook}`, webhookCalled);
		walk.step(`webhook-${webhook}`, `webhook-answered:${webhook}`, webhookAnswered);
	}
	walk.step("admission", "etcd-asked", etcdAsked);
	walk.change("etcd", "pod-created", created);
}

/** Takes the steps in their order: each phase begins at the instant before. */
interface Walk {
	/** A step that happened at this time; one that the client takes has none here. */
	step(phase: string, instant: string, at?: TrueTime): void;
	/** A step that is a change of the API. */
	change(phase: string, instant: string, at: TrueTime | undefined): void;
	/** A phase beside the others. */
	between(phase: string, from: string, to: string): void;
	last(): string;
}

function openWalk({ instants, changes }: TruePath, phases: PhaseEnds, { doneAt }: ClusterTruth): Walk {
	let last = "request-sent";
	const between = (phase: string, from: string, to: string) =>
		void phases.set(phase, [...(phases.get(phase) ?? []), [from, to]]);
	const reach = (phase: string, instant: string, happened?: TrueInstant) => {
		between(phase, last, instant);
		if (happened !== undefined) instants.set(instant, happened);
		last = instant;
	};
	return {
		step: (phase, instant, at) => reach(phase, instant, at === undefined ? undefined : { at, visibleAt: at }),
		change(phase, instant, at) {
			changes.add(instant);
			reach(phase, instant, at === undefined ? undefined : { at, visibleAt: doneAt.get(at) ?? at });
		},
		between,
		last: () => last,
	};
}

/** The phases between two containers depend on which of their instants the report has. */
function walkContainers(walk: Walk, start: ColdStart, { pod, byNode }: { pod: PodTruth; byNode: boolean }): void {
	let wait = "sandbox";
	for (const { name, role } of start.pods[0]?.containers ?? []) {
		const happened = pod.containers[name];
		if (byNode && `turned-to:${name}` in start.instants) {
			walk.step(wait, `turned-to:${name}`, happened?.turnedTo);
			wait = `image-check-${name}`;
		} else if (byNode) wait = `image-check-${name}`;
		if (`pulling:${name}` in start.instants) {
			walk.step(wait, `pulling:${name}`, happened?.pulling);
			walk.step(`pull-${name}`, `pulled:${name}`, happened?.pulled);
		} else if (`pulled:${name}` in start.instants) walk.step(wait, `pulled:${name}`, happened?.pulled);
		if (byNode) walk.step(`create-${name}`, `created:${name}`, happened?.created);
		walk.step(`start-${name}`, `started:${name}`, happened?.started);
		if (role === "init") walk.step(`run-${name}`, `finished:${name}`, happened?.exited);
		if (role === "sidecar") walk.change(`startup-${name}`, `startup-passed:${name}`, happened?.startupPassed);
		wait = role === "app" ? `post-start-${name}` : `notice-${name}`;
	}
}

function endpointOf({ endpoints }: ClusterTruth, { revision = "" }: RequestTruth, pod: PodTruth): TrueTime | undefined {
	const service = `${revision.slice(revision.indexOf("/") + 1)}-private`;
	return endpoints.find((endpoint) => endpoint.service === service && endpoint.podUid === pod.uid)?.at;
}
