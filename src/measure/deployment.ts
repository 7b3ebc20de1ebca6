import type { OwnService } from "../knative/own/service.ts";
import { type DeployedService, deployService, type NamedRevision, serviceManifest } from "../knative/service.ts";
import { revisionState } from "../knative/zero.ts";
import { contentHash } from "../kube/content-hash.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { podTrouble } from "../kube/wait/pod-trouble.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Subject } from "./schedule.ts";

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
	state: LiveState;
}

/** Which profile, and who shares the service with it. */
export interface Sharing {
	profile: Profile;
	/** Those whose revisions are there and stay. */
	before: readonly Pick<Subject, "profile" | "service">[];
	/** Whether there are, or will be, others: then the revision has a name and a host of its own. */
	isShared: boolean;
	limits: RequestLimits;
}

/** The policies of the profiles select the service by this name. */
export const serviceName = "helloworld";

/** A pod drains for as long as a request may take; so the limit is as low as this profile's start-up allows. */
const leastTimeoutSeconds = { none: 10, sidecar: 15 };
const timeoutPerStartup = 2.5;

/** Deploys a profile's revision and waits until it is Ready; deploys it again where it starts too slowly for the limit. */
export async function deploySubject(
	session: Session,
	deployment: Deployment,
	sharing: Sharing,
): Promise<{ service: DeployedService; timeoutSeconds: number }> {
	const { profile, limits } = sharing;
	const given = deployment.requestTimeoutSeconds ?? limits.get(profile);
	const guess = given ?? leastTimeoutSeconds[profile.promises.sidecar === "none" ? "none" : "sidecar"];
	const service = await deploy(session, deployment, { ...sharing, timeoutSeconds: guess });
	const needed = Math.ceil(startupSeconds(deployment.state, service.revision) * timeoutPerStartup);
	const timeoutSeconds = given === undefined ? Math.max(guess, needed) : given;
	limits.set(profile, timeoutSeconds);
	if (timeoutSeconds === guess) return { service, timeoutSeconds };
	return { service: await deploy(session, deployment, { ...sharing, timeoutSeconds }), timeoutSeconds };
}

function deploy(
	{ cluster, clock, signal, progress, timeoutMs }: Session,
	{ state, namespace, own, image, target }: Deployment,
	{ profile, before, isShared, timeoutSeconds }: Sharing & { timeoutSeconds: number },
): Promise<DeployedService> {
	const serviceOrder = { namespace, name: serviceName, image, target, timeoutSeconds, ...(own && { own }) };
	// Under the name of a revision that is there, Knative refuses another template, or takes the old one without a word.
	const hash = contentHash([profile.podLabels, profile.podAnnotations, serviceOrder]).slice(0, 6);
	const named: NamedRevision = { name: `${serviceName}-${profile.name}-${hash}`, tag: profile.name };
	const others = before.map((each) => ({ name: each.service.revision, tag: each.profile.name }));
	const manifest = serviceManifest(profile, { ...serviceOrder, ...(isShared ? { named, others } : {}) });
	return deployService(cluster, markOurs(manifest, { part: "workload", profile: profile.name }), {
		state,
		sleep: (ms) => clock.sleep(ms, signal),
		timeoutMs,
		signal,
		podTrouble,
		onDetail: (text) => progress({ kind: "detail", text }),
		...(isShared ? { tag: named.tag } : {}),
	});
}

/** From creation to Ready by the pod's own fields, which are whole seconds: enough to choose a limit. */
function startupSeconds(state: LiveState, revision: string): number {
	const [pod] = revisionState(state, revision).pods;
	const ready = conditionsOf(pod).find(({ type }) => type === "Ready")?.lastTransitionTime;
	const createdAt = Date.parse(pod?.metadata.creationTimestamp ?? "");
	const tookMs = Date.parse(ready ?? "") - createdAt;
	return Number.isFinite(tookMs) ? tookMs / 1000 + 1 : 0;
}
