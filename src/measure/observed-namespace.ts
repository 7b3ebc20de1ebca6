import type { ClientClock } from "../clock/client-clock.ts";
import { ClusterError } from "../errors.ts";
import { collection } from "../kube/api/paths.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Untimed, WatchedKind } from "../recording/entries.ts";
import { type Observer, type ObserverHost, startObserver } from "./observing/observer.ts";
import { pingManifest, pingPodName } from "./observing/ping.ts";

/** Which namespace is watched, and with what. */
export interface ObservedNamespace {
	namespace: string;
	/** Of the pod that is pinged. */
	image: string;
	clock: ClientClock;
	record(entry: Untimed): void;
	host: ObserverHost;
}

const watched: [WatchedKind, string, string][] = [
	["pods", "v1", "Pod"],
	["events", "v1", "Event"],
	["deployments", "apps/v1", "Deployment"],
	["endpointslices", "discovery.k8s.io/v1", "EndpointSlice"],
	["podautoscalers", "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"],
];

/**
 * Watches all that a cold start changes in a namespace, and a pod of our own there that tells how late the watch is.
 * @throws ClusterError where the cluster does not serve one of the kinds
 */
export async function observeNamespace(
	{ cluster, signal, timeoutMs }: Session,
	order: ObservedNamespace,
): Promise<Observer> {
	const { namespace } = order;
	const watches = await Promise.all(
		watched.map(async ([watch, apiVersion, objectKind]) => {
			const resource = await cluster.resource(apiVersion, objectKind, signal);
			if (resource === undefined) throw new ClusterError(`the cluster does not serve ${objectKind} of ${apiVersion}`);
			return { watch, apiVersion, objectKind, path: collection(resource, namespace) };
		}),
	);
	const pods = watches.find(({ watch }) => watch === "pods")?.path;
	const hasPing = await cluster
		.apply(markOurs(pingManifest(order.namespace, order.image), { part: "workload", profile: "" }), {
			signal,
		})
		.then(
			() => true,
			(error: Error) => {
				signal.throwIfAborted();
				const message = `the watch's lag is not measured: ${error.message}`;
				order.record({ kind: "finding", finding: { code: "no-ping", message } });
				return false;
			},
		);
	return startObserver(
		{
			connection: await cluster.connection(),
			clock: order.clock,
			watches,
			...(hasPing ? { pingPath: `${pods}/${pingPodName}` } : {}),
		},
		order.host,
		{ timeoutMs, signal },
	);
}
