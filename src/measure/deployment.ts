import type { OwnService } from "../knative/own/service.ts";
import { type DeployedService, deployService, type NamedRevision, serviceManifest } from "../knative/service.ts";
import { revisionState } from "../knative/zero.ts";
import type { KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { contentHash } from "../kube/content-hash.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { podTrouble } from "../kube/wait/pod-trouble.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Subject } from "./cold-start.ts";
import { copiesFor, mostCopies, nameOfCopy, namesOneCopy } from "./copies.ts";

/** The limit of a request by profile, in seconds: chosen once, and the same after another install. */
export type RequestLimits = Map<Profile, number>;

/** The service under test, whatever the profile. */
export interface Deployment {
	namespace: string;
	/** The user's own service, in the place of helloworld. */
	own?: OwnService;
	image: string;
	/** The answer must hold this; the sample image answers with $TARGET, which is set to it. */
	target: string;
	/** The revision's timeoutSeconds; chosen by the first start-up where it is undefined. */
	requestTimeoutSeconds: number | undefined;
	/** How many copies of it; as many as it takes where it is undefined. */
	copies: number | undefined;
	/** So many are asked in the same instant; there are at least as many copies. */
	atOnce?: number;
	state: LiveState;
}

/** Which profile, and who shares the service with it. */
export interface Sharing {
	profile: Profile;
	/** Those whose revisions are there and stay. */
	before: readonly Pick<Subject, "profile" | "copies">[];
	/** How many profiles take turns. */
	profiles: number;
	/** How often each of them is started. */
	starts: number;
	/** Whether there are, or will be, others: then the revision has a name and a host of its own. */
	isShared: boolean;
	limits: RequestLimits;
}

/** Of the first copy. */
export const serviceName = "helloworld";

/** A pod drains for as long as a request may take; so the limit is as low as this profile's start-up allows. */
const leastTimeoutSeconds = { none: 10, sidecar: 15 };
const timeoutPerStartup = 2.5;

/** The services that a visit's profiles may have, there or not: a profile that failed does not say how many it has. */
export function serviceRefs({ namespace, copies = mostCopies, atOnce = 1 }: Deployment): ObjectRef[] {
	const numbers = Array.from({ length: Math.max(copies, atOnce) }, (_, index) => index + 1);
	return numbers.map((copy) => ({
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		namespace,
		name: nameOfCopy(serviceName, copy),
	}));
}

/** The first copy of a profile's service, and what its start says of the others. */
export interface FirstCopy {
	service: DeployedService;
	/** The limit of a request to it. */
	timeoutSeconds: number;
	/** As many copies as it takes, or as were asked for; 1 where a policy of the profile would miss the others. */
	copies: number;
}

/**
 * Deploys a profile's revision and waits until it is Ready; deploys it again where it starts too slowly for the limit.
 * @throws ClusterError with the pod's own reason
 */
export async function deployFirstCopy(session: Session, deployment: Deployment, sharing: Sharing): Promise<FirstCopy> {
	const { limits, profile } = sharing;
	const { service, timeoutSeconds, startupSeconds } = await deployWithinLimit(session, deployment, sharing);
	limits.set(profile, timeoutSeconds);
	return { service, timeoutSeconds, copies: copiesOf(deployment, sharing, { startupSeconds, timeoutSeconds }) };
}

/**
 * Deploys a further copy, which is the same as the first in all but its name, and waits until it is Ready.
 * @param copy from 2
 */
export function deployCopy(
	session: Session,
	deployment: Deployment,
	further: Sharing & { timeoutSeconds: number; copy: number },
): Promise<DeployedService> {
	return deploy(session, deployment, further);
}

/** All profiles of a visit have as many copies as the first. */
function copiesOf(
	{ copies, atOnce = 1 }: Deployment,
	{ before, profiles, profile, starts }: Sharing,
	times: { startupSeconds: number; timeoutSeconds: number },
): number {
	if (namesOneCopy(profile) !== undefined) return 1;
	return before[0]?.copies.length ?? Math.max(atOnce, copies ?? copiesFor({ ...times, profiles, starts }));
}

async function deployWithinLimit(session: Session, deployment: Deployment, sharing: Sharing) {
	const { profile, limits } = sharing;
	const given = deployment.requestTimeoutSeconds ?? limits.get(profile);
	const guess = given ?? leastTimeoutSeconds[profile.promises.sidecar === "none" ? "none" : "sidecar"];
	const service = await deploy(session, deployment, { ...sharing, timeoutSeconds: guess, copy: 1 });
	const startupSeconds = startupSecondsOf(deployment.state, service.revision);
	// The pod's own times are whole seconds: it may have taken one more.
	const needed = Math.ceil((startupSeconds === undefined ? 0 : startupSeconds + 1) * timeoutPerStartup);
	const timeoutSeconds = given === undefined ? Math.max(guess, needed) : given;
	const known = { timeoutSeconds, startupSeconds: startupSeconds ?? 0 };
	if (timeoutSeconds === guess) return { service, ...known };
	return { service: await deploy(session, deployment, { ...sharing, timeoutSeconds, copy: 1 }), ...known };
}

function deploy(
	session: Session,
	{ state, namespace, own, image, target }: Deployment,
	{ profile, before, isShared, timeoutSeconds, copy }: Sharing & { timeoutSeconds: number; copy: number },
): Promise<DeployedService> {
	const name = nameOfCopy(serviceName, copy);
	const serviceOrder = { namespace, name, image, target, timeoutSeconds, ...(own && { own }) };
	// Under the name of a revision that is there, Knative refuses another template, or takes the old one without a word.
	const hash = contentHash([profile.podLabels, profile.podAnnotations, serviceOrder]).slice(0, 6);
	const named: NamedRevision = { name: `${name}-${profile.name}-${hash}`, tag: profile.name };
	const others = before.flatMap(({ copies, profile: other }) => {
		const theirs = copies[copy - 1];
		return theirs === undefined ? [] : [{ name: theirs.revision, tag: other.name }];
	});
	const manifest = serviceManifest(profile, { ...serviceOrder, ...(isShared ? { named, others } : {}) });
	return deployReady(session, markOurs(manifest, { part: "workload", profile: profile.name }), {
		state,
		prefix: copy === 1 ? "" : `${name}: `,
		...(isShared ? { tag: named.tag } : {}),
	});
}

/** What a service is deployed with beside the session. */
export interface DeployingReady {
	state: LiveState;
	/** Of the revision's own host. */
	tag?: string;
	/** Before each word of what is waited for. */
	prefix?: string;
}

/** Applies a service, and waits until it is Ready; what it waits for is progress. @throws ClusterError with the pod's own reason */
export function deployReady(
	{ cluster, clock, signal, progress, timeoutMs }: Session,
	manifest: KubeObject,
	{ prefix = "", ...options }: DeployingReady,
): Promise<DeployedService> {
	return deployService(cluster, manifest, {
		...options,
		sleep: (ms) => clock.sleep(ms, signal),
		timeoutMs,
		signal,
		podTrouble,
		onDetail: (text) => progress({ kind: "detail", text: prefix + text }),
	});
}

/** From creation to Ready by the pod's own fields, which are whole seconds: enough to choose a limit. */
function startupSecondsOf(state: LiveState, revision: string): number | undefined {
	const [pod] = revisionState(state, revision).pods;
	const ready = conditionsOf(pod).find(({ type }) => type === "Ready")?.lastTransitionTime;
	const createdAt = Date.parse(pod?.metadata.creationTimestamp ?? "");
	const tookMs = Date.parse(ready ?? "") - createdAt;
	return Number.isFinite(tookMs) ? tookMs / 1000 : undefined;
}
