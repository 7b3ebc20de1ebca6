import type { ColdStart } from "../report/report.ts";
import type { ClusterTruth, PodTruth, RequestTruth, TrueTime } from "../simulator/world/truth.ts";

/** A point in time, ns since 1970 on the true clock. */
export interface TrueInstant {
	at: TrueTime;
	/** For a change of the API: when the machine that simulates had got so far that it could be seen. */
	visibleAt: TrueTime;
}

/** What really happened in one cold start, in the words of reports. */
export interface TruePath {
	/** Instants that happened inside the cluster. */
	instants: Map<string, TrueInstant>;
	/** The two ends of each phase. */
	phases: Map<string, [from: string, to: string]>;
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
	const path: TruePath = { instants: new Map(), phases: new Map(), request };
	const walk = openWalk(path, truth);
	walk.change("activation", "scaled", request.instants.scaled);
	walk.change("pod-creation", "pod-created", pod.instants.created);
	walk.change("scheduling", "scheduled", pod.instants.scheduled);
	walkContainers(walk, start, pod);
	const started = walk.last();
	walk.change("readiness", "pod-ready", pod.instants.shownReady);
	walk.change("endpoint", "endpoint-ready", endpointOf(truth, request, pod));
	walk.step("routing", "first-byte");
	walk.step("response", "last-byte");
	path.phases.set("probing", [started, "first-byte"]);
	return path;
}

/** Takes the steps in their order: each phase begins at the instant before. */
interface Walk {
	/** A step that happened at this time; one that the client takes has none here. */
	step(phase: string, instant: string, at?: TrueTime): void;
	/** A step that is a change of the API. */
	change(phase: string, instant: string, at: TrueTime | undefined): void;
	last(): string;
}

function openWalk({ instants, phases }: TruePath, { doneAt }: ClusterTruth): Walk {
	let last = "request-sent";
	const reach = (phase: string, instant: string, happened?: TrueInstant) => {
		phases.set(phase, [last, instant]);
		if (happened !== undefined) instants.set(instant, happened);
		last = instant;
	};
	return {
		step: (phase, instant, at) => reach(phase, instant, at === undefined ? undefined : { at, visibleAt: at }),
		change: (phase, instant, at) =>
			reach(phase, instant, at === undefined ? undefined : { at, visibleAt: doneAt.get(at) ?? at }),
		last: () => last,
	};
}

/** The phases between two containers depend on which of their instants the report has. */
function walkContainers(walk: Walk, start: ColdStart, pod: PodTruth): void {
	let wait = "sandbox";
	for (const { name, role } of start.pods[0]?.containers ?? []) {
		const happened = pod.containers[name];
		if (`pulling:${name}` in start.instants) {
			walk.step(wait, `pulling:${name}`, happened?.pulling);
			walk.step(`pull-${name}`, `pulled:${name}`, happened?.pulled);
		} else if (`pulled:${name}` in start.instants) walk.step(wait, `pulled:${name}`, happened?.pulled);
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
