import { ClusterError } from "../errors.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { numberOf, objectOf, objectsOf } from "../kube/untrusted.ts";
import type { LiveState } from "../recording/live-state.ts";
import { isOfPrivateService, isOfRevision } from "../recording/of-revision.ts";

/** What a revision has on the cluster at a moment. */
export interface RevisionState {
	/** Terminating ones included. */
	pods: KubeObject[];
	/** `spec.replicas` of its Deployment; undefined while the Deployment is unknown. */
	replicas: number | undefined;
	/** Ready addresses in its private EndpointSlices. */
	readyEndpoints: number;
}

/** Reads a revision out of the live state. */
export function revisionState(state: LiveState, revision: string): RevisionState {
	const isOf = (object: KubeObject) => isOfRevision(object, revision);
	const deployment = state.objects("deployments").find(isOf);
	const slices = state.objects("endpointslices").filter((slice) => isOfPrivateService(slice, revision));
	const endpoints = slices.flatMap((slice) => objectsOf(slice.endpoints));
	return {
		pods: state.objects("pods").filter(isOf),
		// A Deployment that does not say how many it wants has one (Kubernetes' default).
		replicas: deployment === undefined ? undefined : (numberOf(objectOf(deployment.spec).replicas) ?? 1),
		readyEndpoints: endpoints.filter(({ conditions }) => objectOf(conditions).ready === true).length,
	};
}

/** What to wait for and for how long. */
export interface ZeroOptions {
	revision: string;
	timeoutMs: number;
	signal: AbortSignal;
}

/**
 * Waits until a revision has no pod at all, Terminating ones included. Knative decides when: after the window, and then
 * the drain of the pod, which lasts as long as the revision's `timeoutSeconds`, but no longer than 30 s.
 * @throws ClusterError that names what holds it
 */
export async function waitForZero(state: LiveState, options: ZeroOptions): Promise<RevisionState> {
	const { revision, timeoutMs, signal } = options;
	return state.until(
		() => {
			const now = revisionState(state, revision);
			return isAtZero(now) ? now : undefined;
		},
		{ timeoutMs, signal, onTimeout: () => notAtZero(state, options) },
	);
}

/** No pod at all, none wanted, and none that a request could reach. */
export function isAtZero({ pods, replicas, readyEndpoints }: RevisionState): boolean {
	return pods.length === 0 && replicas === 0 && readyEndpoints === 0;
}

/** The error that names what keeps a revision from zero. */
export function notAtZero(
	state: LiveState,
	{ revision, timeoutMs }: Pick<ZeroOptions, "revision" | "timeoutMs">,
): ClusterError {
	const now = revisionState(state, revision);
	const holders = now.pods.map(({ metadata }) =>
		metadata.deletionTimestamp === undefined
			? `pod ${metadata.name} is still wanted`
			: `pod ${metadata.name} is terminating since ${metadata.deletionTimestamp}${finalizersOf(metadata.finalizers)}`,
	);
	if (now.replicas !== 0) holders.push(`its Deployment asks for ${now.replicas ?? "an unknown number of"} pod(s)`);
	if (now.readyEndpoints > 0) holders.push(`${now.readyEndpoints} endpoint(s) are still ready`);
	return new ClusterError(
		`revision ${revision} did not go to zero within ${timeoutMs / 1000} s: ${holders.join("; ")}`,
		{
			hint: "something may keep calling the service, or config-autoscaler may forbid zero (enable-scale-to-zero, min-scale)",
		},
	);
}

const finalizersOf = (finalizers: unknown) =>
	Array.isArray(finalizers) && finalizers.length > 0 ? `, held by the finalizers ${finalizers.join(", ")}` : "";
