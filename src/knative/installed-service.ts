import { ClusterError } from "../errors.ts";
import type { Cluster, KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { contentHash } from "../kube/content-hash.ts";
import { conditionsOf, numberOf, objectOf, objectsOf, textMapOf, textOf } from "../kube/untrusted.ts";
import { configMapRef, knativeNamespace } from "./finding.ts";
import type { DeployedService } from "./service.ts";
import { type WayToZero, wayToZero } from "./way-to-zero.ts";
import { requireZeroEnabled } from "./zero-settings.ts";

/** A Knative service that somebody else deployed, and that is measured as it is. */
export interface InstalledService extends DeployedService {
	/** Of what its revision says: containers, limits, scaling. */
	hash: string;
	zero: WayToZero;
}

/** Which service. */
export interface ServiceName {
	namespace: string;
	name: string;
}

const serving = "serving.knative.dev/v1";
const autoscaling = "autoscaling.knative.dev/";
const ownAutoscaler = "kpa.autoscaling.knative.dev";
/** Knative's own default (config-defaults `revision-timeout-seconds`). */
const usualTimeoutSeconds = 300;

/**
 * Looks at a service and at all that decides whether it can be started cold as it is; it changes nothing.
 * @throws ClusterError with the reason why it cannot be measured
 */
export async function findInstalledService(
	cluster: Cluster,
	{ namespace, name }: ServiceName,
	signal: AbortSignal,
): Promise<InstalledService> {
	const ref: ObjectRef = { apiVersion: serving, kind: "Service", namespace, name };
	const service = await cluster.get(ref, signal);
	if (service === undefined) {
		throw new ClusterError(`there is no Knative service ${namespace}/${name}`, {
			hint: "`kubectl get ksvc --all-namespaces` lists them; --namespace NAME names the namespace",
		});
	}
	const { revision, host } = answeringRevision(service, { namespace, name });
	const [object, config, autoscaler] = await Promise.all([
		cluster.get({ ...ref, kind: "Revision", name: revision }, signal),
		cluster.get(configMapRef("config-autoscaler"), signal),
		cluster.get({ apiVersion: "apps/v1", kind: "Deployment", namespace: knativeNamespace, name: "autoscaler" }, signal),
	]);
	if (object === undefined) {
		throw new ClusterError(`service ${namespace}/${name}: its revision ${revision} is not there`, {
			hint: "it may have been replaced just now; run again",
		});
	}
	const settings = textMapOf(config?.data);
	const annotations = object.metadata.annotations ?? {};
	requireScaling(annotations, settings, `service ${namespace}/${name}`);
	requireAutoscaler(autoscaler);
	const timeoutSeconds = numberOf(objectOf(object.spec).timeoutSeconds) ?? usualTimeoutSeconds;
	return { ref, revision, host, hash: hashOf(object), zero: wayToZero(annotations, settings, timeoutSeconds) };
}

/** Who gets the service's requests. @throws ClusterError where that is nobody, or not one revision */
function answeringRevision(service: KubeObject, { namespace, name }: ServiceName): { revision: string; host: string } {
	const what = `service ${namespace}/${name}`;
	const status = objectOf(service.status);
	const ready = conditionsOf(service).find(({ type }) => type === "Ready");
	if (ready?.status !== "True") {
		const said = `${ready?.reason ?? ""} ${ready?.message ?? ""}`.trim();
		throw new ClusterError(`${what} is not Ready: ${said || "Knative says nothing of it"}`, {
			hint: `\`kubectl describe ksvc ${name} -n ${namespace}\` tells more`,
		});
	}
	const traffic = objectsOf(status.traffic).filter(({ percent }) => (numberOf(percent) ?? 0) > 0);
	const revisions = [...new Set(traffic.flatMap(({ revisionName }) => textOf(revisionName) ?? []))];
	const [revision] = revisions;
	if (revision === undefined || revisions.length > 1) {
		const shares = revisions.length === 0 ? "none" : revisions.join(", ");
		throw new ClusterError(`${what} sends its traffic to ${revisions.length} revisions (${shares}), not to one`, {
			hint: "nobody can tell which of them a request starts; give one revision 100 percent, or measure a copy with --service FILE",
		});
	}
	const url = textOf(status.url);
	const host = url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
	if (host === undefined || /\.svc(\.|$)/.test(host)) {
		throw new ClusterError(`${what} has no address outside the cluster (${url ?? "no URL"})`, {
			hint: "it is cluster-local, so Istio's ingress gateway does not know it; measure a copy of it with --service FILE",
		});
	}
	return { revision, host };
}

/** @throws ClusterError where the revision never goes to zero */
function requireScaling(annotations: Record<string, string>, config: Record<string, string>, what: string): void {
	const annotation = [`${autoscaling}min-scale`, `${autoscaling}minScale`].find((key) => key in annotations);
	const minScale = annotation === undefined ? config["min-scale"] : annotations[annotation];
	const hint = "measure a copy of it with --service FILE, which may go to zero";
	if (minScale !== undefined && Number(minScale) !== 0) {
		const where = annotation ?? "min-scale of config-autoscaler";
		throw new ClusterError(`${what} keeps ${minScale} pod(s) running (${where}): it never goes to zero`, { hint });
	}
	const scaler = annotations[`${autoscaling}class`] ?? config["pod-autoscaler-class"] ?? ownAutoscaler;
	if (scaler !== ownAutoscaler) {
		throw new ClusterError(
			`${what} is scaled by ${scaler}, which does not go to zero as Knative's own autoscaler does`,
			{
				hint,
			},
		);
	}
	requireZeroEnabled(config["enable-scale-to-zero"]);
}

/** @throws ClusterError where nobody scales anything; where the Deployment may not be looked at, nothing is known of it */
function requireAutoscaler(deployment: KubeObject | undefined): void {
	if (deployment === undefined) return;
	if ((numberOf(objectOf(deployment.status).availableReplicas) ?? 0) > 0) return;
	throw new ClusterError(`autoscaling is paused: Deployment ${knativeNamespace}/autoscaler has no pod that is ready`, {
		hint: `\`kubectl get pods -n ${knativeNamespace} -l app=autoscaler\` tells more`,
	});
}

/** What two measurements of one service have in common: not its name, nor when it was deployed. */
function hashOf({ spec, metadata: { annotations = {} } }: KubeObject): string {
	const scaling = Object.entries(annotations).filter(([key]) => key.startsWith(autoscaling));
	return contentHash([spec, Object.fromEntries(scaling.sort())]);
}
