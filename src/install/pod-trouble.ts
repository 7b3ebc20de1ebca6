import type { KubeObject } from "../cluster/cluster.ts";

/** Why a pod does not get on. */
export interface PodTrouble {
	/** For the user: the container and the kubelet's or the scheduler's own words. */
	text: string;
	/** Waiting longer will not help. */
	isFinal: boolean;
}

interface ContainerStatus {
	name: string;
	restartCount?: number;
	state?: { waiting?: { reason?: string; message?: string }; terminated?: Terminated };
	lastState?: { terminated?: Terminated };
}
interface Terminated {
	reason?: string;
	exitCode?: number;
	message?: string;
}
interface PodStatus {
	phase?: string;
	reason?: string;
	message?: string;
	conditions?: { type: string; status: string; reason?: string; message?: string }[];
	initContainerStatuses?: ContainerStatus[];
	containerStatuses?: ContainerStatus[];
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
	const status = (pod.status ?? {}) as PodStatus;
	for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
		const trouble = containerTrouble(container);
		if (trouble !== undefined) return trouble;
	}
	if (status.phase === "Failed") {
		return { text: sentence("failed", status.reason, status.message), isFinal: true };
	}
	const unscheduled = status.conditions?.find((each) => each.type === "PodScheduled" && each.status === "False");
	if (unscheduled !== undefined) {
		return { text: sentence("cannot be scheduled", unscheduled.reason, unscheduled.message), isFinal: false };
	}
	const warning = lastWarning(pod, events);
	return warning === undefined ? undefined : { text: warning, isFinal: false };
}

function containerTrouble(container: ContainerStatus): PodTrouble | undefined {
	const waiting = container.state?.waiting;
	const ended = container.lastState?.terminated ?? container.state?.terminated;
	if (waiting?.reason === "CrashLoopBackOff") {
		const exit = ended === undefined ? "" : `, last exit code ${ended.exitCode}${words(ended.reason, ended.message)}`;
		const text = `container ${container.name}: CrashLoopBackOff after ${container.restartCount ?? 0} restarts${exit}`;
		return { text, isFinal: false };
	}
	if (waiting?.reason !== undefined && !calmReasons.has(waiting.reason)) {
		const text = sentence(`container ${container.name}`, waiting.reason, waiting.message);
		return { text, isFinal: finalReasons.has(waiting.reason) };
	}
	const crashed = container.state?.terminated;
	if (crashed?.exitCode !== undefined && crashed.exitCode !== 0) {
		const text = `container ${container.name}: exit code ${crashed.exitCode}${words(crashed.reason, crashed.message)}`;
		return { text, isFinal: false };
	}
	return undefined;
}

/** The latest warning about an object. */
function lastWarning(object: KubeObject, events: readonly KubeObject[]): string | undefined {
	const about = events.filter((event) => {
		const involved = event.involvedObject as { kind?: string; name?: string } | undefined;
		return event.type === "Warning" && involved?.name === object.metadata.name && involved.kind === object.kind;
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
