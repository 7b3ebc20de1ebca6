import type { ClientClock } from "../clock/client-clock.ts";
import { ClusterError } from "../errors.ts";
import { collection } from "../kube/api/paths.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Untimed, WatchedKind } from "../recording/entries.ts";
import { revisionLabel } from "../recording/of-revision.ts";
import { type Observer, type ObserverHost, startObserver } from "./observing/observer.ts";
import { pingManifest, pingPodName } from "./observing/ping.ts";
import type { WatchedPath } from "./observing/protocol.ts";

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
export async function observeNamespace(session: Session, order: ObservedNamespace): Promise<Observer> {
	const { cluster, signal, timeoutMs } = session;
	const watches = await watchesIn(session, order.namespace);
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

/** Which revision of somebody else's is watched, without any change of the cluster. */
export interface ObservedRevision extends Omit<ObservedNamespace, "image"> {
	revision: string;
}

/**
 * Watches one revision and nothing else of its namespace, and makes nothing there: so the lag of the watch is not known.
 * @throws ClusterError where a right is missing, or the cluster does not serve one of the kinds
 */
export async function observeRevision(session: Session, order: ObservedRevision): Promise<Observer> {
	const { cluster, signal, timeoutMs } = session;
	const { namespace, revision, clock, host } = order;
	const labelSelector = `${revisionLabel}=${revision}`;
	const watches = (await watchesIn(session, namespace)).map((each) =>
		each.watch === "events" ? each : { ...each, labelSelector },
	);
	const message = "the watch's lag is not measured: nothing is changed on the cluster, and no pod is made to be pinged";
	order.record({ kind: "finding", finding: { code: "no-ping", message } });
	const connection = await cluster.connection();
	return startObserver({ connection, clock, watches, eventsOf: revision }, host, { timeoutMs, signal });
}

function watchesIn({ cluster, signal }: Session, namespace: string): Promise<WatchedPath[]> {
	return Promise.all(
		watched.map(async ([watch, apiVersion, objectKind]) => {
			const resource = await cluster.resource(apiVersion, objectKind, signal);
			if (resource === undefined) throw new ClusterError(`the cluster does not serve ${objectKind} of ${apiVersion}`);
			return { watch, apiVersion, objectKind, path: collection(resource, namespace) };
		}),
	);
}
