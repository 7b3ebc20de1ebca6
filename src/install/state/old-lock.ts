import type { Clock } from "../../clock/clock.ts";
import { ClusterError } from "../../errors.ts";
import type { Cluster, ObjectRef } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { isOurs } from "../../kube/objects/ownership.ts";
import type { Progress } from "../../progress.ts";
import { untilSignOfLife } from "./sign-of-life.ts";
import { stateNamespace } from "./store.ts";

/** What knistio up to 0.1.0 used as its lock, and renewed every 20 s. */
const oldLockRef: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: stateNamespace, name: "knistio-lock" };
const quietMs = 45_000;

/** How the old lock is treated. */
export interface OldLockOptions {
	force?: boolean;
	clock: Clock;
	signal?: AbortSignal;
	progress?: Progress;
}

/**
 * Removes the lock that an older version left, when it has not been renewed for longer than that version takes to.
 * @throws ClusterError when it is renewed
 */
export async function removeOldLock(cluster: Cluster, options: OldLockOptions): Promise<void> {
	const { force = false, clock, signal, progress } = options;
	const found = await cluster.get(oldLockRef, signal);
	if (found === undefined || !isOurs(found)) return;
	if (!force) {
		const text = `waiting up to ${quietMs / 1000} s for an older version of knistio, which left a lock, to show a sign of life`;
		const onWait = () => progress?.({ kind: "step", text });
		const seen = { ref: oldLockRef, found, clock, quietMs, onWait, ...(signal === undefined ? {} : { signal }) };
		const { isAlive } = await untilSignOfLife(cluster, seen);
		if (isAlive) {
			throw new ClusterError("another knistio, of an older version, works on this cluster", {
				hint: "wait until it has ended; `knistio clean --force` takes the cluster from it",
			});
		}
	}
	const { uid, resourceVersion } = found.metadata;
	try {
		await cluster.remove(oldLockRef, {
			...(uid === undefined ? {} : { uid }),
			// Where it is taken by force, it may be renewed at any time.
			...(resourceVersion === undefined || force ? {} : { resourceVersion }),
			...(signal === undefined ? {} : { signal }),
		});
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 409)) throw error;
		throw new ClusterError("another knistio, of an older version, works on this cluster", { cause: error });
	}
}
