import { ClusterError } from "../errors.ts";
import { compareVersions, istioVersions } from "../istio/versions.ts";
import { revisionState } from "../knative/zero.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import type { Session } from "../kube/wait/task.ts";
import { compareShape, type ServiceShape, shapeOf } from "../profile/pod-shape.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import { type LiveState, untilLate } from "../recording/live-state.ts";
import type { Finding, Fingerprint } from "../report/report.ts";
import { hasDigests, imageFingerprint } from "./fingerprint.ts";
import { foreignAnswer } from "./foreign-answer.ts";
import type { Observer } from "./observing/observer.ts";
import { describeRequest, type RequestOrder } from "./observing/request.ts";
import { proveZtunnel } from "./prove-ztunnel.ts";
import { refusePulls } from "./pull-policy.ts";

/** A profile that is deployed, and what is needed to see whether it is what it promises. */
export interface Proof {
	observer: Pick<Observer, "request">;
	state: LiveState;
	profile: Profile;
	revision: string;
	/** A plain request to the service, which must be answered as it expects. */
	request: RequestOrder;
	/** What of the pod is the service's own, where it is not knistio's. */
	service?: ServiceShape | undefined;
	/** Told what a reader must know although the profile is proven. */
	onFinding?(finding: Finding): void;
	/** How long to wait for a pod that is wholly there, in real time. */
	podTimeoutMs?: number;
}

/** New configuration takes a moment to reach a proxy; so long is it waited for. */
const settleMs = 20_000;
const denyHeader = "x-knistio-deny";

/**
 * Proves a profile by a pod and a few requests before anything is measured: the pod has exactly the promised shape, all
 * parts of Istio have one version, no start asks the registry for an image, a request is answered, and one that the policy forbids is refused with 403.
 * @returns what was seen, for the fingerprint
 * @throws ClusterError that names every difference
 */
export async function proveProfile(session: Session, order: Proof): Promise<Fingerprint> {
	const { profile } = order;
	// The requests come first: a revision that has gone to zero meanwhile gets a pod by them.
	const answers = await compareAnswers(session, order);
	const pod = await startedPod(session, order);
	if (pod === undefined) {
		if (answers.length > 0) {
			throw new ClusterError(`profile ${profile.name}: the service is Ready, but ${answers.join("; ")}`, {
				hint: "if --gateway was given, look whether its address is right; look at the log of the gateway and of the activator; another --gateway is another way to the service",
			});
		}
		throw new ClusterError(`profile ${profile.name}: the service is Ready but has no pod to look at`, {
			hint: "initial-scale may be 0 in config-autoscaler; run again",
		});
	}
	refusePulls(profile, pod);
	const { versions, findings } = await istioVersions(session.cluster, pod, session.signal);
	const differences = [...compareShape(profile.promises, pod, order.service), ...compareVersions(versions), ...answers];
	if (profile.promises.throughZtunnel) {
		const { difference, finding } = await proveZtunnel(session, order, pod);
		if (difference !== undefined) differences.push(difference);
		if (finding !== undefined) findings.push(finding);
	}
	if (differences.length > 0) {
		throw new ClusterError(`profile ${profile.name} is not what it promises: ${differences.join("; ")}`, {
			hint: "another installation or a webhook may interfere; `knistio profiles show` tells what is promised, and `promises.extraContainers` of a copy may promise what a webhook adds",
		});
	}
	for (const finding of findings) order.onFinding?.(finding);
	const { sidecar, initContainers, containers } = shapeOf(pod);
	return {
		sidecar,
		"init-containers": initContainers.join(", ") || "none",
		...(profile.promises.extraContainers === undefined ? {} : { containers: containers.join(", ") }),
		...(versions.istiod === undefined ? {} : { istio: versions.istiod }),
		...imageFingerprint(pod),
	};
}

/** A pod whose images are all known by their digests, which kubelet tells when it has started a container; else any. */
export async function startedPod(
	{ signal }: Session,
	{ state, revision, podTimeoutMs = 5_000 }: Pick<Proof, "state" | "revision" | "podTimeoutMs">,
): Promise<KubeObject | undefined> {
	const pods = () =>
		revisionState(state, revision).pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
	const whole = await untilLate(state, () => pods().find(hasDigests), { timeoutMs: podTimeoutMs, signal });
	return whole ?? pods()[0];
}

async function compareAnswers({ signal, clock }: Session, order: Proof): Promise<string[]> {
	const { profile, request, observer } = order;
	const { expectStatus = 200, method, path } = request;
	const what = method === undefined && path === undefined ? "a request" : describeRequest(request);
	const wanted = profile.promises.denies ? 403 : expectStatus;
	const denied: RequestOrder = { ...request, headers: { ...request.headers, [denyHeader]: "yes" } };
	const deadline = performance.now() + settleMs;
	const until = async (send: RequestOrder, difference: (times: RequestTimes) => string | undefined) => {
		for (;;) {
			signal.throwIfAborted();
			const found = difference(await observer.request(send));
			if (found === undefined || performance.now() > deadline) return found;
			await clock.sleep(250, signal);
		}
	};
	const startedAt = performance.now();
	const plain = await until(request, (times) => {
		const { error, status, bodyMatches, body } = times;
		const foreign = foreignAnswer(times, request);
		if (foreign !== undefined && (foreign.isCertain || performance.now() - startedAt > settleMs)) {
			throw new ClusterError(`profile ${profile.name}: ${foreign.text}`, { hint: foreign.hint });
		}
		if (error !== undefined) return `a request is not answered: ${error}`;
		if (status !== expectStatus) return `${what} is answered with HTTP ${status}`;
		return bodyMatches === true ? undefined : `the answer "${body ?? ""}" is not that of the image under test`;
	});
	if (plain !== undefined) return [plain];
	const refused = await until(denied, ({ error, status }) =>
		status === wanted
			? undefined
			: `a request with the header ${denyHeader} is answered with ${error ?? `HTTP ${status}`}, promised: ${wanted}`,
	);
	return refused === undefined ? [] : [refused];
}
