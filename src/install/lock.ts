import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { ApiError } from "../cluster/api-error.ts";
import type { Cluster, KubeObject, ObjectRef } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import { markOurs } from "./ownership.ts";
import { ensureStateNamespace, stateNamespace } from "./state.ts";
import { type Clock, systemClock } from "./task.ts";

/** A lock that was not renewed for so long belongs to a process that is gone. */
const staleAfterMs = 120_000;
const renewEveryMs = 20_000;

const holderSchema = z.object({
	id: z.string(),
	host: z.string(),
	pid: z.number(),
	/** Epoch milliseconds on the holder's clock. */
	startedAt: z.number(),
	renewedAt: z.number(),
});
type Holder = z.infer<typeof holderSchema>;

/** The right to change the cluster, held by one process at a time. */
export interface Lock {
	/** Aborted when another process took the lock away, or it could not be renewed in time. */
	readonly lost: AbortSignal;
	/** Lets it go; another process may have it at once. */
	release(): Promise<void>;
}

const lockRef: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: stateNamespace, name: "knistio-lock" };

/**
 * Takes the lock, and keeps renewing it until it is released.
 * @param options.force take it even from a holder that seems alive
 * @throws ClusterError that says who holds it and since when
 */
export async function takeLock(cluster: Cluster, options: { force?: boolean; clock?: Clock } = {}): Promise<Lock> {
	const clock = options.clock ?? systemClock;
	const startedAt = clock.now();
	const me: Holder = { id: randomUUID(), host: hostname(), pid: process.pid, startedAt, renewedAt: startedAt };
	await ensureStateNamespace(cluster);
	let version = await acquire(cluster, me, { force: options.force ?? false, clock });
	const lost = new AbortController();
	const renew = async () => {
		try {
			me.renewedAt = clock.now();
			version = (await cluster.patch(lockRef, patchOf(me, version))).metadata.resourceVersion;
		} catch (error) {
			if (!isRace(error)) return;
			const found = await cluster.get(lockRef);
			// An answer that got lost on its way looks like somebody else's write.
			if (holderOf(found)?.id === me.id) version = found?.metadata.resourceVersion;
			else lost.abort(new ClusterError("another knistio took over the cluster", { cause: error }));
		}
	};
	let renewal = Promise.resolve();
	const timer = setInterval(() => {
		renewal = renew().catch(() => {});
	}, renewEveryMs);
	timer.unref();
	return {
		lost: lost.signal,
		async release() {
			clearInterval(timer);
			await renewal;
			const found = await cluster.get(lockRef);
			const uid = found?.metadata.uid;
			if (holderOf(found)?.id === me.id) await cluster.remove(lockRef, uid === undefined ? {} : { uid });
		},
	};
}

async function acquire(
	cluster: Cluster,
	me: Holder,
	options: { force: boolean; clock: Clock },
): Promise<string | undefined> {
	for (let attempt = 0; attempt < 5; attempt++) {
		const found = await cluster.get(lockRef);
		const holder = holderOf(found);
		const isStale = holder === undefined || options.clock.now() - holder.renewedAt > staleAfterMs;
		if (found !== undefined && !isStale && !isGone(holder) && !options.force) throw heldBy(holder);
		try {
			const made = found
				? await cluster.patch(lockRef, patchOf(me, found.metadata.resourceVersion))
				: await cluster.create(lockObject(me));
			return made.metadata.resourceVersion;
		} catch (error) {
			if (!isRace(error)) throw error;
		}
	}
	throw new ClusterError(`the lock ConfigMap ${stateNamespace}/${lockRef.name} changes hands all the time`, {
		hint: "let one knistio at a time work on this cluster",
	});
}

/** Whether a write failed because somebody else wrote first. */
function isRace(error: unknown): boolean {
	return error instanceof ApiError && (error.status === 409 || error.status === 404);
}

/** Whether the holder ran on this machine and does no longer: no need to wait for the lock to grow stale. */
function isGone(holder: Holder): boolean {
	if (holder.host !== hostname()) return false;
	try {
		process.kill(holder.pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ESRCH";
	}
}

function heldBy(holder: Holder): ClusterError {
	const since = new Date(holder.startedAt).toISOString();
	return new ClusterError(
		`another knistio works on this cluster: process ${holder.pid} on ${holder.host}, since ${since}`,
		{ hint: "wait until it has ended; if it is gone for good, run `knistio clean --force`" },
	);
}

function holderOf(object: KubeObject | undefined): Holder | undefined {
	const text = (object?.data as Record<string, string> | undefined)?.holder;
	try {
		return holderSchema.parse(JSON.parse(text ?? ""));
	} catch {
		return undefined;
	}
}

function lockObject(holder: Holder): KubeObject {
	const { apiVersion, kind, name } = lockRef;
	const object = { apiVersion, kind, metadata: { name, namespace: stateNamespace } };
	return markOurs({ ...object, data: { holder: JSON.stringify(holder) } }, { part: "state", profile: "" });
}

/** With the version the patch fails with 409 if somebody else was faster. */
function patchOf(holder: Holder, version: string | undefined): unknown {
	return {
		metadata: version === undefined ? {} : { resourceVersion: version },
		data: { holder: JSON.stringify(holder) },
	};
}
