import { type ClientClock, realMs } from "../clock/client-clock.ts";
import { pause } from "../clock/pause.ts";
import { type DeployedService, deployService, type NamedRevision, serviceManifest } from "../knative/service.ts";
import { revisionState } from "../knative/zero.ts";
import type { Cluster } from "../kube/api/cluster.ts";
import { contentHash } from "../kube/content-hash.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { podTrouble } from "../kube/wait/pod-trouble.ts";
import type { Profile } from "../profile/profile.ts";
import type { Progress } from "../progress.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Subject } from "./schedule.ts";

/** The limit of a request by profile, in seconds: chosen once, and the same after another install. */
export type RequestLimits = Map<Profile, number>;

/** What is needed to deploy. */
export interface DeploymentOrder {
	cluster: Cluster;
	namespace: string;
	image: string;
	target: string;
	requestTimeoutSeconds?: number;
	timeoutMs: number;
	state: LiveState;
	clock: ClientClock;
	progress: Progress;
	signal: AbortSignal;
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
const serviceName = "helloworld";

/** A pod drains for as long as a request may take; so the limit is as low as this profile's start-up allows. */
const leastTimeoutSeconds = { none: 10, sidecar: 15 };
const timeoutPerStartup = 2.5;

/** Deploys a profile's revision and waits until it is Ready; deploys it again where it starts too slowly for the limit. */
export async function deploySubject(
	order: DeploymentOrder,
	sharing: Sharing,
): Promise<{ service: DeployedService; timeoutSeconds: number }> {
	const { profile, limits } = sharing;
	const given = order.requestTimeoutSeconds ?? limits.get(profile);
	const guess = given ?? leastTimeoutSeconds[profile.promises.sidecar === "none" ? "none" : "sidecar"];
	const service = await deploy(order, sharing, guess);
	const needed = Math.ceil(startupSeconds(order.state, service.revision) * timeoutPerStartup);
	const timeoutSeconds = given === undefined ? Math.max(guess, needed) : given;
	limits.set(profile, timeoutSeconds);
	if (timeoutSeconds === guess) return { service, timeoutSeconds };
	return { service: await deploy(order, sharing, timeoutSeconds), timeoutSeconds };
}

function deploy(order: DeploymentOrder, sharing: Sharing, timeoutSeconds: number): Promise<DeployedService> {
	const { cluster, state, signal, progress, namespace, image, target, timeoutMs } = order;
	const { profile, before, isShared } = sharing;
	const serviceOrder = { namespace, name: serviceName, image, target, timeoutSeconds };
	// Under the name of a revision that is there, Knative refuses another template, or takes the old one without a word.
	const hash = contentHash([profile.podLabels, profile.podAnnotations, serviceOrder]).slice(0, 6);
	const named: NamedRevision = { name: `${serviceName}-${profile.name}-${hash}`, tag: profile.name };
	const others = before.map((each) => ({ name: each.service.revision, tag: each.profile.name }));
	const manifest = serviceManifest(profile, { ...serviceOrder, ...(isShared ? { named, others } : {}) });
	return deployService(cluster, markOurs(manifest, { part: "workload", profile: profile.name }), {
		state,
		sleep: (ms) => pause(realMs(order.clock, ms), signal),
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
