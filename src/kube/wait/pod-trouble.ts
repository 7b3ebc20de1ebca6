import type { KubeObject } from "../api/cluster.ts";
import { conditionsOf, numberOf, objectOf, objectsOf, textOf, type Untrusted } from "../untrusted.ts";

/** Why a pod does not get on. */
export interface PodTrouble {
	/** For the user: the container and the kubelet's or the scheduler's own words. */
	text: string;
	/** Waiting longer will not help. */
	isFinal: boolean;
}

/** Reasons of the kubelet that no retry heals (kubernetes `pkg/kubelet/images/types.go`). */
const finalReasons = new Set(["ErrImageNeverPull", "InvalidImageName", "ImageInspectError"]);
/** Reasons that the kubelet gives while all is well. */
const calmReasons = new Set(["ContainerCreating", "PodInitializing"]);

/**
 * What keeps a pod from becoming ready, in the words of the kubelet and the scheduler; undefined if nothing is known.
 * @param events the events of the pod, for reasons that are in no status, such as a sandbox that cannot be made
 */
export function podTrouble(pod: KubeObject, events: readonly KubeObject[] = []): PodTrouble | undefined {
	const status = objectOf(pod.status);
	for (const container of [...objectsOf(status.initContainerStatuses), ...objectsOf(status.containerStatuses)]) {
		const trouble = containerTrouble(container);
		if (trouble !== undefined) return trouble;
	}
	if (status.phase === "Failed") {
		// An evicted pod that has a controller gets a successor.
		const isReplaced = pod.metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
		return { text: sentence("failed", textOf(status.reason), status.message), isFinal: !isReplaced };
	}
	const unscheduled = conditionsOf(pod).find((each) => each.type === "PodScheduled" && each.status === "False");
	if (unscheduled !== undefined) {
		return { text: sentence("cannot be scheduled", unscheduled.reason, unscheduled.message), isFinal: false };
	}
	const warning = lastWarning(pod, events);
	return warning === undefined ? undefined : { text: warning, isFinal: false };
}

function containerTrouble(container: Untrusted): PodTrouble | undefined {
	const name = textOf(container.name) ?? "without a name";
	const state = objectOf(container.state);
	const waiting = objectOf(state.waiting);
	const reason = textOf(waiting.reason);
	const current = objectOf(state.terminated);
	const last = objectOf(objectOf(container.lastState).terminated);
	if (reason === "CrashLoopBackOff") {
		const ended = numberOf(last.exitCode) === undefined ? current : last;
		const code = numberOf(ended.exitCode);
		const exit = code === undefined ? "" : `, last exit code ${code}${words(textOf(ended.reason), ended.message)}`;
		const restarts = numberOf(container.restartCount) ?? 0;
		return { text: `container ${name}: CrashLoopBackOff after ${restarts} restarts${exit}`, isFinal: false };
	}
	if (reason !== undefined && !calmReasons.has(reason)) {
		return { text: sentence(`container ${name}`, reason, waiting.message), isFinal: finalReasons.has(reason) };
	}
	const code = numberOf(current.exitCode);
	if (code !== undefined && code !== 0) {
		const text = `container ${name}: exit code ${code}${words(textOf(current.reason), current.message)}`;
		return { text, isFinal: false };
	}
	return undefined;
}

/** The latest warning about an object. */
function lastWarning(object: KubeObject, events: readonly KubeObject[]): string | undefined {
	const about = events.filter((event) => {
		const involved = objectOf(event.involvedObject);
		return event.type === "Warning" && involved.name === object.metadata.name && involved.kind === object.kind;
	});
	about.sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
	const last = about.at(-1);
	return last === undefined ? undefined : sentence(String(last.reason ?? ""), undefined, last.message);
}

function timeOf(event: KubeObject): string {
	return String(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "");
}

function sentence(what: string, reason: string | undefined, message: unknown): string {
	return `${what}${reason === undefined ? "" : `: ${reason}`}${words(undefined, message)}`;
}

function words(reason: string | undefined, message: unknown): string {
	const text = typeof message === "string" ? message.trim().replaceAll(/\s+/g, " ") : "";
	return `${reason === undefined ? "" : ` (${reason})`}${text === "" ? "" : `: ${text}`}`;
}
