import type { Clock } from "../../clock/clock.ts";
import type { Cluster, KubeObject, ObjectRef } from "../../kube/api/cluster.ts";

const lookEveryMs = 1_000;

/** A record that its owner renews while it lives. */
export interface Watched {
	ref: ObjectRef;
	/** As it is now. */
	found: KubeObject;
	clock: Clock;
	/** An owner whose record stays the same for so long is gone. */
	quietMs: number;
	/** Called once, before the wait. */
	onWait(): void;
	signal?: AbortSignal;
}

/**
 * Watches a record until it changes or has been the same for long enough, on the clock of this process alone.
 * @returns the record as it was seen last; undefined where it has been deleted
 */
export async function untilSignOfLife(
	cluster: Pick<Cluster, "get">,
	{ ref, found, clock, quietMs, onWait, signal }: Watched,
): Promise<{ isAlive: boolean; object: KubeObject | undefined }> {
	const seenAt = clock.now();
	onWait();
	while (clock.now() - seenAt < quietMs) {
		await clock.sleep(lookEveryMs, signal);
		const object = await cluster.get(ref, signal);
		if (object === undefined) return { isAlive: false, object };
		if (versionOf(object) !== versionOf(found)) return { isAlive: true, object };
	}
	return { isAlive: false, object: found };
}

/** Every write changes it, also one that says the same. */
const versionOf = ({ metadata, spec }: KubeObject) => JSON.stringify([metadata.uid, metadata.resourceVersion, spec]);
