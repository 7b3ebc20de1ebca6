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
	const instants = new Map<string, TrueInstant>();
	const note = (name: string, at: TrueTime | undefined) => {
		if (at !== undefined) instants.set(name, { at, visibleAt: at });
	};
	const noteChange = (name: string, at: TrueTime | undefined) => {
		if (at !== undefined) instants.set(name, { at, visibleAt: truth.doneAt.get(at) ?? at });
	};
	noteChange("scaled", request.instants.scaled);
	noteChange("pod-created", pod.instants.created);
	noteChange("scheduled", pod.instants.scheduled);
	for (const [name, happened] of Object.entries(pod.containers)) {
		note(`pulling:${name}`, happened.pulling);
		note(`pulled:${name}`, happened.pulled);
		note(`started:${name}`, happened.started);
		note(`finished:${name}`, happened.exited);
		noteChange(`startup-passed:${name}`, happened.startupPassed);
	}
	noteChange("pod-ready", pod.instants.shownReady);
	noteChange("endpoint-ready", endpointOf(truth, request, pod));
	return { instants, phases: phasesOf(start), request };
}

function endpointOf({ endpoints }: ClusterTruth, { revision = "" }: RequestTruth, pod: PodTruth): TrueTime | undefined {
	const service = `${revision.slice(revision.indexOf("/") + 1)}-private`;
	return endpoints.find((endpoint) => endpoint.service === service && endpoint.podUid === pod.uid)?.at;
}

/** Which instants a report has decides between what phases the way from one container to the next was divided. */
function phasesOf(start: ColdStart): TruePath["phases"] {
	const phases: TruePath["phases"] = new Map([
		["activation", ["request-sent", "scaled"]],
		["pod-creation", ["scaled", "pod-created"]],
		["scheduling", ["pod-created", "scheduled"]],
	]);
	let last = "scheduled";
	const reach = (phase: string, instant: string) => {
		phases.set(phase, [last, instant]);
		last = instant;
	};
	let wait = "sandbox";
	for (const { name, role } of start.pods[0]?.containers ?? []) {
		if (`pulling:${name}` in start.instants) {
			reach(wait, `pulling:${name}`);
			reach(`pull-${name}`, `pulled:${name}`);
		} else if (`pulled:${name}` in start.instants) reach(wait, `pulled:${name}`);
		reach(`start-${name}`, `started:${name}`);
		if (role === "init") reach(`run-${name}`, `finished:${name}`);
		if (role === "sidecar") reach(`startup-${name}`, `startup-passed:${name}`);
		wait = role === "app" ? `post-start-${name}` : `notice-${name}`;
	}
	phases.set("probing", [last, "first-byte"]);
	reach("readiness", "pod-ready");
	reach("endpoint", "endpoint-ready");
	reach("routing", "first-byte");
	reach("response", "last-byte");
	return phases;
}
