import type { Cluster, KubeObject, ObjectRef } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import type { PodTrouble } from "../install/pod-trouble.ts";
import type { Profile } from "../model/profile.ts";
import type { LiveState } from "./live-state.ts";
import { pingAnnotation, pingPodName } from "./observer-protocol.ts";

/** What is deployed to be started cold. */
export interface ServiceOrder {
	namespace: string;
	name: string;
	image: string;
	/** The value of $TARGET, which the sample's answer holds: proof that it is ours. */
	target: string;
	/**
	 * The revision's `timeoutSeconds`. A cold start that takes longer fails; and it is the pod's grace period, in which
	 * queue-proxy drains for up to 30 s, so it also decides how soon the next cold start can be.
	 */
	timeoutSeconds: number;
	/** Where several profiles share the service: how this one is told from the others. */
	named?: NamedRevision;
	/** The others that keep their revisions. */
	others?: readonly NamedRevision[];
}

/** A revision with a name of ours, and with a host of its own by a tag of the service's traffic. */
export interface NamedRevision {
	name: string;
	tag: string;
}

/** A deployed service that has been Ready once. */
export interface DeployedService {
	ref: ObjectRef;
	revision: string;
	/** The Host header under which the gateway knows it. */
	host: string;
}

const serving = "serving.knative.dev/v1";
/** The shortest window that Knative allows: it decides how soon the service is let go to zero. */
export const windowSeconds = 6;

/** What Knative's own settings could otherwise decide, so that each revision goes to zero soon and comes back as one pod. */
const scaling = {
	"autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev",
	"autoscaling.knative.dev/window": `${windowSeconds}s`,
	"autoscaling.knative.dev/min-scale": "0",
	"autoscaling.knative.dev/max-scale": "1",
	"autoscaling.knative.dev/initial-scale": "1",
	"autoscaling.knative.dev/scale-to-zero-pod-retention-period": "0s",
	"autoscaling.knative.dev/scale-down-delay": "0s",
};

/** The Knative Service of a profile. At most one pod, so that one request starts one pod. */
export function serviceManifest(profile: Profile, order: ServiceOrder): KubeObject {
	const { namespace, name, image, target, timeoutSeconds, named } = order;
	return {
		apiVersion: serving,
		kind: "Service",
		metadata: { name, namespace },
		spec: {
			template: {
				metadata: {
					...(named === undefined ? {} : { name: named.name }),
					...(Object.keys(profile.podLabels).length > 0 ? { labels: profile.podLabels } : {}),
					annotations: { ...scaling, ...profile.podAnnotations },
				},
				spec: {
					timeoutSeconds,
					containers: [
						{
							name: "user-container",
							image,
							ports: [{ containerPort: 8080 }],
							env: [{ name: "TARGET", value: target }],
						},
					],
				},
			},
			...(named === undefined ? {} : { traffic: trafficOf([...(order.others ?? []), named]) }),
		},
	};
}

/** A tag keeps its revision reachable, which without traffic would be retired. */
function trafficOf(revisions: readonly NamedRevision[]) {
	const tagged = revisions.map(({ name, tag }) => ({ revisionName: name, tag, percent: 0 }));
	return [{ latestRevision: true, percent: 100 }, ...tagged];
}

/** A pod that is never scheduled: changing it four times a second times the watch that brings the pods. */
export function pingManifest(namespace: string, image: string): KubeObject {
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: pingPodName,
			namespace,
			labels: { "sidecar.istio.io/inject": "false" },
			annotations: { [pingAnnotation]: "0", "sidecar.istio.io/inject": "false" },
		},
		spec: {
			schedulingGates: [{ name: "knistio.dev/never" }],
			terminationGracePeriodSeconds: 0,
			containers: [{ name: "ping", image }],
		},
	};
}

interface Condition {
	type: string;
	status: string;
	reason?: string;
	message?: string;
}

/** How long to wait, and how to say why it takes so long. */
export interface DeployOptions {
	timeoutMs: number;
	signal: AbortSignal;
	/** Kubelet's own reason why a pod does not start, if there is one. */
	podTrouble(pod: KubeObject): PodTrouble | undefined;
	onDetail(text: string): void;
	pause?(ms: number): Promise<void>;
}

/**
 * Deploys the service and waits until Knative calls it Ready.
 * @throws ClusterError with the pod's own reason, and as soon as that reason will not heal
 */
export async function deployService(
	cluster: Cluster,
	manifest: KubeObject,
	options: DeployOptions & { state: LiveState; tag?: string },
): Promise<DeployedService> {
	const { timeoutMs, signal, tag, pause = sleep } = options;
	const ref = { apiVersion: serving, kind: "Service", ...manifest.metadata } as ObjectRef;
	const created = await cluster.apply(manifest, { signal });
	const generation = created.metadata.generation ?? 1;
	const deadline = performance.now() + timeoutMs;
	for (;;) {
		signal.throwIfAborted();
		const service = await cluster.get(ref, signal);
		const status = (service?.status ?? {}) as {
			conditions?: Condition[];
			observedGeneration?: number;
			url?: string;
			latestReadyRevisionName?: string;
			latestCreatedRevisionName?: string;
			traffic?: { tag?: string; url?: string }[];
		};
		const ready = status.conditions?.find(({ type }) => type === "Ready");
		const isCurrent = (status.observedGeneration ?? 0) >= generation;
		const revision = status.latestReadyRevisionName;
		const url = tag === undefined ? status.url : status.traffic?.find((each) => each.tag === tag)?.url;
		if (isCurrent && ready?.status === "True" && url && revision && revision === status.latestCreatedRevisionName) {
			return { ref, revision, host: new URL(url).host };
		}
		const pods = options.state
			.objects("pods")
			.filter(({ metadata }) => metadata.namespace === ref.namespace && metadata.deletionTimestamp === undefined);
		const trouble = pods.map((pod) => options.podTrouble(pod)).find((found) => found !== undefined);
		const ofService = `${ready?.reason ?? ""} ${ready?.message ?? ""}`.trim();
		const created = ready?.status === "True" ? undefined : status.latestCreatedRevisionName;
		const said = trouble?.text ?? (await revisionTrouble(cluster, { ref, created, signal })) ?? ofService;
		options.onDetail(said || "waiting for Ready");
		if (trouble?.isFinal === true || performance.now() > deadline) {
			const late =
				trouble?.isFinal === true ? "cannot become Ready" : `did not become Ready within ${timeoutMs / 1000} s`;
			throw new ClusterError(`service ${ref.namespace}/${ref.name} ${late}: ${said || "Knative says nothing of it"}`, {
				hint: hintFor(said),
			});
		}
		await pause(200);
	}
}

/** Why a revision has no pod at all, such as an image that Knative cannot find: the service itself says only that. */
async function revisionTrouble(
	cluster: Cluster,
	{ ref, created, signal }: { ref: ObjectRef; created: string | undefined; signal: AbortSignal },
): Promise<string | undefined> {
	if (created === undefined) return undefined;
	const revision = await cluster.get({ ...ref, kind: "Revision", name: created }, signal);
	const { conditions = [] } = (revision?.status ?? {}) as { conditions?: Condition[] };
	const failed = conditions.find(({ status, message }) => status === "False" && message !== undefined);
	return failed === undefined ? undefined : `${failed.reason ?? failed.type}: ${failed.message}`;
}

function hintFor(reason: string): string {
	if (/image/i.test(reason)) return "give an image that the nodes can pull with --image";
	if (/CrashLoop|exit code/i.test(reason))
		return "look at the container's log: `kubectl logs -n NAMESPACE POD -c CONTAINER --previous`";
	if (/schedul|Insufficient/i.test(reason)) return "no node has room for the pod; free resources or use a bigger node";
	return "`kubectl describe ksvc` and the pod's events tell more; --timeout gives it more time";
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
