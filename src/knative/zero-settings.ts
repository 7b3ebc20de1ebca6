import type { ClientClock } from "../clock/client-clock.ts";
import { ClusterError } from "../errors.ts";
import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { textMapOf } from "../kube/untrusted.ts";
import { goDurationMs } from "../text/duration.ts";
import { configMapRef, knativeNamespace } from "./finding.ts";
import { windowSeconds } from "./own/window.ts";

const configName = "config-autoscaler";
const enableKey = "enable-scale-to-zero";

/** For so long at least after a revision was made, Knative keeps a pod of it; no Service can set it. */
export const graceKey = "scale-to-zero-grace-period";

/** The least that Knative takes; it uses 30 s where nothing is said. */
const leastGrace = "6s";

/** What Go's strconv.ParseBool reads, which Knative uses. */
const truths = ["1", "t", "T", "TRUE", "true", "True"];

/** Knative as it is, or as it is about to be installed, and how long a wait for zero may take. */
export interface ZeroWait {
	/** Of `--knative-manifests`; they decide where the cluster has no Knative. */
	knativeObjects?: KubeObject[] | undefined;
	/** In real time; a simulated cluster's goes by the clock's speed. */
	timeoutMs: number;
	clock: Pick<ClientClock, "speed">;
	signal: AbortSignal;
}

/**
 * Looks, before anything is changed, at the settings of Knative that no Service can override and that keep a revision
 * from zero.
 * @throws ClusterError that names the ConfigMap, the key and its value
 */
export async function requireZeroAllowed(cluster: Cluster, wait: ZeroWait): Promise<void> {
	const installed = await cluster.get(configMapRef(configName), wait.signal);
	const given = wait.knativeObjects?.find(isAutoscalerConfig);
	const data = ((installed ?? given)?.data ?? {}) as Record<string, unknown>;
	requireZeroEnabled(data[enableKey]);
	requireInTime(data[graceKey], wait);
}

/**
 * An object of a Knative that is knistio's own, so that a service which was just deployed goes to zero as soon as one
 * that was asked. On the way from zero nobody reads this setting; one that the manifests name stays.
 */
export function soonerAtZero(object: KubeObject): KubeObject {
	if (!isAutoscalerConfig(object)) return object;
	const data = textMapOf(object.data);
	return data[graceKey] === undefined ? { ...object, data: { ...data, [graceKey]: leastGrace } } : object;
}

const isAutoscalerConfig = ({ kind, metadata }: KubeObject) =>
	kind === "ConfigMap" && metadata.name === configName && metadata.namespace === knativeNamespace;

/** @param value of `enable-scale-to-zero` @throws ClusterError where it forbids zero */
export function requireZeroEnabled(value: unknown): void {
	if (value === undefined || truths.includes(value as string)) return;
	throw refusal(enableKey, value, "a service never goes to zero, so it cannot be started cold", "true");
}

function requireInTime(value: unknown, { timeoutMs, clock }: ZeroWait): void {
	if (value === undefined) return;
	const graceMs = goDurationMs(value);
	if (graceMs === undefined || graceMs < 0) {
		throw refusal(graceKey, value, "this is not a duration that Knative can read", "30s");
	}
	const zeroMs = windowSeconds * 1000 + graceMs;
	const limitMs = timeoutMs * clock.speed;
	if (zeroMs <= limitMs) return;
	const why = `a service may go to zero only ${zeroMs / 1000} s after its last request, and the wait ends after ${limitMs / 1000} s`;
	throw refusal(graceKey, value, why, "30s", " or give a longer --timeout");
}

function refusal(key: string, value: unknown, why: string, wanted: string, instead = ""): ClusterError {
	const patch = JSON.stringify({ data: { [key]: wanted } });
	return new ClusterError(`ConfigMap ${knativeNamespace}/${configName}: ${key} is ${JSON.stringify(value)}: ${why}`, {
		hint: `set it: kubectl patch configmap ${configName} -n ${knativeNamespace} --type merge -p '${patch}'${instead}`,
	});
}
