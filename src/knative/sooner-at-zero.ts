import type { KubeObject } from "../kube/api/cluster.ts";
import { textMapOf } from "../kube/untrusted.ts";
import { configMapRef } from "./finding.ts";

/** For so long at least after a revision was made, Knative keeps a pod of it; no Service can set it. */
export const graceKey = "scale-to-zero-grace-period";

/** The least that Knative takes; it uses 30 s where nothing is said. */
const leastGrace = "6s";

/**
 * An object of a Knative that is knistio's own, so that a service which was just deployed goes to zero as soon as one
 * that was asked. On the way from zero nobody reads this setting; one that the manifests name stays.
 */
export function soonerAtZero(object: KubeObject): KubeObject {
	const { name, namespace } = configMapRef("config-autoscaler");
	const { kind, metadata } = object;
	if (kind !== "ConfigMap" || metadata.name !== name || metadata.namespace !== namespace) return object;
	const data = textMapOf(object.data);
	return data[graceKey] === undefined ? { ...object, data: { ...data, [graceKey]: leastGrace } } : object;
}
