import { pause } from "../clock/pause.ts";
import { ClusterError } from "../errors.ts";
import type { Cluster, KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { ApiError } from "../kube/http/api-error.ts";
import { conditionsOf, numberOf, objectOf, objectsOf, textOf } from "../kube/untrusted.ts";
import { namingWebhook, passesByItself } from "../kube/wait/patience.ts";
import type { PodTrouble } from "../kube/wait/pod-trouble.ts";
import type { Profile } from "../profile/profile.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { OwnService } from "./own/service.ts";
import { windowSeconds } from "./own/window.ts";
import { revisionState } from "./zero.ts";

/** What is deployed to be started cold. */
export interface ServiceOrder {
	namespace: string;
	name: string;
	/** The user's own service, which is measured in the place of helloworld; then there is neither image nor target. */
	own?: OwnService;
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

/** On every pod under test, whichever copy it is of: policies of a profile select by it. */
export const measuredLabel = "knistio.dev/measured";

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
	const { namespace, name, timeoutSeconds, named, own = helloworld(order) } = order;
	const [serviceLabels, serviceAnnotations] = [own.labels, own.annotations].map(unlessEmpty);
	return {
		apiVersion: serving,
		kind: "Service",
		metadata: {
			name,
			namespace,
			...(serviceLabels && { labels: serviceLabels }),
			...(serviceAnnotations && { annotations: serviceAnnotations }),
		},
		spec: {
			template: {
				metadata: {
					...(named === undefined ? {} : { name: named.name }),
					labels: { ...own.podLabels, [measuredLabel]: "true", ...profile.podLabels },
					annotations: { ...own.podAnnotations, ...scaling, ...profile.podAnnotations },
				},
				spec: { timeoutSeconds, ...own.podSpec },
			},
			...(named === undefined ? {} : { traffic: trafficOf([...(order.others ?? []), named]) }),
		},
	};
}

const unlessEmpty = (map: Record<string, string>) => (Object.keys(map).length === 0 ? undefined : map);

/** The sample of Knative's documentation. */
function helloworld({ image, target }: ServiceOrder) {
	const container = {
		name: "user-container",
		image,
		ports: [{ containerPort: 8080 }],
		env: [{ name: "TARGET", value: target }],
	};
	return { labels: {}, annotations: {}, podLabels: {}, podAnnotations: {}, podSpec: { containers: [container] } };
}

/** A tag keeps its revision reachable, which without traffic would be retired. */
function trafficOf(revisions: readonly NamedRevision[]) {
	const tagged = revisions.map(({ name, tag }) => ({ revisionName: name, tag, percent: 0 }));
	return [{ latestRevision: true, percent: 100 }, ...tagged];
}

/** How long to wait, and how to say why it takes so long. */
export interface DeployOptions {
	timeoutMs: number;
	signal: AbortSignal;
	/** Kubelet's own reason why a pod does not start, if there is one. */
	podTrouble(pod: KubeObject): PodTrouble | undefined;
	onDetail(text: string): void;
	sleep?(ms: number): Promise<void>;
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
	const { timeoutMs, signal, tag, sleep = pause } = options;
	const ref = { apiVersion: serving, kind: "Service", ...manifest.metadata } as ObjectRef;
	const deadline = performance.now() + timeoutMs;
	let generation: number | undefined;
	for (;;) {
		signal.throwIfAborted();
		let trouble: PodTrouble | undefined;
		try {
			generation ??= (await cluster.apply(manifest, { signal })).metadata.generation ?? 1;
			const service = await cluster.get(ref, signal);
			const { deployed, created, said } = deploymentState(service, { generation, tag });
			if (deployed !== undefined) return { ref, ...deployed };
			trouble = troubleOf(revisionName(manifest) ?? created, options);
			trouble ??= { text: (await revisionTrouble(cluster, { ref, created, signal })) ?? said, isFinal: false };
		} catch (error) {
			// Just after an installation a webhook may not be there yet, and an API server may restart.
			if (!(error instanceof ApiError) || !passesByItself(error)) throw error;
			if (performance.now() > deadline) throw namingWebhook(error, timeoutMs);
			trouble = { text: error.message, isFinal: false };
		}
		const { text, isFinal } = trouble;
		options.onDetail(text || "waiting for Ready");
		if (isFinal || performance.now() > deadline) {
			const late = isFinal ? "cannot become Ready" : `did not become Ready within ${timeoutMs / 1000} s`;
			throw new ClusterError(`service ${ref.namespace}/${ref.name} ${late}: ${text || "Knative says nothing of it"}`, {
				hint: hintFor(text),
			});
		}
		await sleep(200);
	}
}

/** The name that a revision is given by us; undefined where Knative names it. */
function revisionName(manifest: KubeObject): string | undefined {
	return textOf(objectOf(objectOf(objectOf(manifest.spec).template).metadata).name);
}

/** What the service's status says of this generation: who is Ready, which revision is new, and Knative's words. */
function deploymentState(
	service: KubeObject | undefined,
	{ generation, tag }: { generation: number; tag: string | undefined },
): { deployed?: { revision: string; host: string }; created: string | undefined; said: string } {
	const status = objectOf(service?.status);
	const ready = conditionsOf(service).find(({ type }) => type === "Ready");
	const said = `${ready?.reason ?? ""} ${ready?.message ?? ""}`.trim();
	if ((numberOf(status.observedGeneration) ?? 0) < generation) return { created: undefined, said };
	const [revision, created] = [textOf(status.latestReadyRevisionName), textOf(status.latestCreatedRevisionName)];
	const route = tag === undefined ? status : objectsOf(status.traffic).find((each) => each.tag === tag);
	const url = textOf(route?.url);
	const isUp = ready?.status === "True" && url !== undefined && URL.canParse(url);
	if (isUp && revision !== undefined && revision === created) {
		return { deployed: { revision, host: new URL(url).host }, created, said };
	}
	return { created, said };
}

/** What keeps a pod of the new revision from starting. Other pods in the namespace are none of this run's. */
function troubleOf(
	revision: string | undefined,
	options: DeployOptions & { state: LiveState },
): PodTrouble | undefined {
	if (revision === undefined) return undefined;
	const pods = revisionState(options.state, revision).pods;
	const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
	const troubles = staying.flatMap((pod) => options.podTrouble(pod) ?? []);
	return troubles.find(({ isFinal }) => isFinal) ?? troubles[0];
}

/** Why a revision has no pod at all, such as an image that Knative cannot find: the service itself says only that. */
async function revisionTrouble(
	cluster: Cluster,
	{ ref, created, signal }: { ref: ObjectRef; created: string | undefined; signal: AbortSignal },
): Promise<string | undefined> {
	if (created === undefined) return undefined;
	const revision = await cluster.get({ ...ref, kind: "Revision", name: created }, signal);
	const failed = conditionsOf(revision).find(({ status, message }) => status === "False" && message !== undefined);
	return failed === undefined ? undefined : `${failed.reason ?? failed.type}: ${failed.message}`;
}

function hintFor(reason: string): string {
	if (/(secret|configmap) ".*not found|CreateContainerConfigError/i.test(reason)) {
		return "make it in the service's namespace, or measure in one that has it with --namespace";
	}
	if (/image/i.test(reason))
		return "give an image that the nodes can pull with --image, or in the manifest of --service";
	if (/CrashLoop|exit code/i.test(reason))
		return "look at the container's log: `kubectl logs -n NAMESPACE POD -c CONTAINER --previous`";
	if (/schedul|Insufficient/i.test(reason)) return "no node has room for the pod; free resources or use a bigger node";
	return "`kubectl describe ksvc` and the pod's events tell more; --timeout gives it more time";
}
