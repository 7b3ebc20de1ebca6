import { ClusterError } from "../errors.ts";
import { istioVersions } from "../istio/versions.ts";
import { knativeVersion } from "../knative/finding.ts";
import { describeRoute, findGateway } from "../knative/gateway.ts";
import type { InstalledService } from "../knative/installed-service.ts";
import type { GatewayRoute } from "../knative/route.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import type { Session } from "../kube/wait/task.ts";
import { shapeOf } from "../profile/pod-shape.ts";
import type { Profile } from "../profile/profile.ts";
import type { Untimed } from "../recording/entries.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Fingerprint } from "../report/report.ts";
import { untilReady } from "./cold-start.ts";
import { clusterFingerprint, imageFingerprint } from "./fingerprint.ts";
import { foreignAnswer } from "./foreign-answer.ts";
import { installedName, installedProfile, installedShape } from "./installed-profile.ts";
import type { Observer } from "./observing/observer.ts";
import { describeRequest, type RequestOrder, type ServiceRequest } from "./observing/request.ts";
import { startedPod } from "./prove.ts";
import { refusePulls } from "./pull-policy.ts";
import { subjectEntry } from "./subject-entry.ts";

/** What an existing service is asked, and where it is written down. */
export interface AsFoundOrder {
	service: InstalledService;
	asked: ServiceRequest;
	/** The gateway's address; undefined where it is to be found out. */
	gateway: string | undefined;
	/** The revision's own limit where it is undefined. */
	requestTimeoutSeconds: number | undefined;
	/** What of the request makes two reports incomparable. */
	ownFingerprint: Fingerprint;
	state: LiveState;
	record(entry: Untimed): void;
}

/** A service whose first pod has been seen. */
export interface FirstAsFound {
	/** The installed mesh as it was found. */
	profile: Profile;
	route: GatewayRoute;
	requestTimeoutMs: number;
}

/**
 * Starts an existing service for the first time, to see what its pod has and that it answers; then the installed mesh is
 * written down as a profile. Nothing of this start is measured: it may have pulled images.
 * @throws ClusterError for an answer that is not the service's, or not the one that is expected
 */
export async function startFirst(
	session: Session,
	order: AsFoundOrder,
	observer: Pick<Observer, "request">,
): Promise<FirstAsFound> {
	const { cluster, signal, progress } = session;
	const { service, asked, record, state } = order;
	const { revision, host, ref } = service;
	const given = order.gateway === undefined ? {} : { given: order.gateway };
	const route = await findGateway(cluster, { ...given, signal });
	const timeoutSeconds = order.requestTimeoutSeconds ?? service.zero.timeoutMs / 1000;
	// A little longer than Knative's own limit, which then gives the answer.
	const requestTimeoutMs = timeoutSeconds * 1000 + 5_000;
	const name = `${ref.namespace}/${ref.name}`;
	progress({ kind: "step", text: `starting ${name} once, to see what is installed` });
	await askOnce({ ...asked, route, host, timeoutMs: requestTimeoutMs }, observer, name);
	await untilReady(session, state, { service, isUp: true });
	const pod = await startedPod(session, { state, revision });
	if (pod === undefined)
		throw new ClusterError(`service ${name} answered, but no pod of revision ${revision} was seen`);
	const found = await profileOf(session, pod);
	requireImagesThere(found.profile, pod);
	record({
		kind: "profile",
		isAsFound: true,
		profile: found.profile,
		fingerprint: {
			...found.fingerprint,
			...fingerprintOf(pod, service),
			...order.ownFingerprint,
			gateway: describeRoute(route),
			"request-timeout": `${timeoutSeconds} s`,
		},
		revision,
		namespace: ref.namespace ?? "",
		...subjectEntry({ asked }),
		service: installedShape(pod),
	});
	for (const finding of found.findings) record({ kind: "finding", finding });
	return { profile: found.profile, route, requestTimeoutMs };
}

async function askOnce(order: RequestOrder, observer: Pick<Observer, "request">, name: string): Promise<void> {
	const times = await observer.request(order);
	const foreign = foreignAnswer(times, order);
	if (foreign !== undefined) throw new ClusterError(`service ${name}: ${foreign.text}`, { hint: foreign.hint });
	const { error, status, bodyMatches, body } = times;
	const { expectStatus = 200 } = order;
	if (error === undefined && status === expectStatus && bodyMatches === true) return;
	const what = describeRequest(order);
	const said =
		error !== undefined
			? `${what} is not answered: ${error}`
			: status !== expectStatus
				? `${what} is answered with HTTP ${status}, expected: ${expectStatus}`
				: `${what} is answered with "${body ?? ""}", which does not hold the text of --expect-body`;
	throw new ClusterError(`service ${name}: ${said}`, {
		hint: "give the right request by --request, --header and --body, and its answer by --expect-status and --expect-body",
	});
}

async function profileOf({ cluster, signal }: Session, pod: KubeObject) {
	const [fingerprint, knative, { versions, findings }] = await Promise.all([
		clusterFingerprint(cluster, signal),
		knativeVersion(cluster, signal),
		istioVersions(cluster, pod, signal),
	]);
	const istio = versions.istiod ?? versions.gateway ?? versions.sidecar;
	return {
		profile: installedProfile({ pod, versions, knative, mode: fingerprint["mesh-compatibility-mode"] }),
		fingerprint: { ...fingerprint, knative: knative ?? "unknown", ...(istio === undefined ? {} : { istio }) },
		findings,
	};
}

function fingerprintOf(pod: KubeObject, { hash }: InstalledService) {
	const { sidecar, initContainers } = shapeOf(pod);
	return {
		profile: installedName,
		service: hash,
		sidecar,
		"init-containers": initContainers.join(", ") || "none",
		...imageFingerprint(pod),
	};
}

/** As it is, such a service cannot be measured; what helps elsewhere would change it. */
function requireImagesThere(profile: Profile, pod: KubeObject): void {
	try {
		refusePulls(profile, pod);
	} catch (error) {
		if (!(error instanceof ClusterError)) throw error;
		throw new ClusterError(error.message, {
			hint: "measure a copy of it with --service FILE, and with imagePullPolicy: IfNotPresent",
		});
	}
}
