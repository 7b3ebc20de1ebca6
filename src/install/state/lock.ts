import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock } from "../../clock/clock.ts";
import { ClusterError } from "../../errors.ts";
import type { KubeObject, ObjectRef } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { markOurs } from "../../kube/objects/ownership.ts";
import type { Session } from "../../kube/wait/task.ts";
import {
	describeHolder,
	type Holder,
	hasEnded,
	holderOf,
	ownPlace,
	type Place,
	placeAnnotation,
} from "./lock-holder.ts";
import { keepRenewed, leaseSeconds, microTime } from "./lock-renewal.ts";
import { removeOldLock } from "./old-lock.ts";
import { untilSignOfLife } from "./sign-of-life.ts";
import { ensureStateNamespace, stateNamespace } from "./store.ts";

/** The right to change the cluster, held by one process at a time. */
export interface Lock {
	/** Aborted with a ClusterError when another process took the lock, or it could not be renewed in time. */
	readonly lost: AbortSignal;
	/** Lets it go; another process may have it at once. A lost one is left as it is. */
	release(): Promise<void>;
}

/** How a lock is taken. */
interface Taking {
	/** Take it even from a holder that seems alive. */
	force?: boolean;
	/** Times the renewals, and their failing; real time unless given. */
	renewalClock?: Clock;
	/** Where the process that takes it runs; found out unless given. */
	place?: Place;
}

/** The Lease that is the lock. */
export const lockRef: ObjectRef = {
	apiVersion: "coordination.k8s.io/v1",
	kind: "Lease",
	namespace: stateNamespace,
	name: "knistio-lock",
};

/** A lock shall not keep a process alive that has nothing else to do. */
const realTime: Clock = {
	now: systemClock.now,
	sleep: (ms, signal) => delay(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }),
};

/** How long letting go may take, and once the user wants to stop. */
const releaseTimeoutMs = 10_000;
const hurriedReleaseTimeoutMs = 2_000;

/** Who asks for the lock. */
interface Asking {
	/** Its signal ends the wait, and its clock times it. */
	session: Session;
	identity: string;
	place: Place;
	force: boolean;
}

/**
 * Takes the lock, and keeps renewing it until it is released. A holder is judged as client-go's leader election does: it
 * is gone when its record has not changed for the Lease's duration as seen from here. No clock of another machine counts.
 * @throws ClusterError that says who holds it and since when
 */
export async function takeLock(session: Session, taking: Taking = {}): Promise<Lock> {
	const { force = false, renewalClock = realTime, place = ownPlace() } = taking;
	const { cluster, signal } = session;
	const asking: Asking = { session, identity: `${place.host}_${randomUUID()}`, place, force };
	await ensureStateNamespace(cluster, signal);
	await removeOldLock(session, force);
	const taken = await acquire(asking);
	const renewal = keepRenewed(cluster, {
		ref: lockRef,
		identity: asking.identity,
		version: taken.metadata.resourceVersion,
		clock: renewalClock,
	});
	return {
		lost: renewal.lost,
		async release() {
			await renewal.end();
			if (renewal.lost.aborted) return;
			const limit = openLimit(renewalClock, signal);
			await removeOwn(asking, limit.signal).finally(limit.close);
		},
	};
}

const mostAttempts = 5;
/** A namespace that is being removed is gone within this time, unless something holds it. */
const namespaceEndsMs = 60_000;
const namespaceGapMs = 1_000;

async function acquire(asking: Asking): Promise<KubeObject> {
	const { cluster, clock, signal } = asking.session;
	const startedAt = clock.now();
	for (let attempt = 0; attempt < mostAttempts; ) {
		try {
			return await tryToAcquire(asking);
		} catch (error) {
			if (isNamespaceEnding(error) && clock.now() - startedAt < namespaceEndsMs) {
				await clock.sleep(namespaceGapMs, signal);
				await ensureStateNamespace(cluster, signal);
			} else if (isRace(error)) attempt++;
			else throw error;
		}
	}
	throw new ClusterError(`the lock Lease ${stateNamespace}/${lockRef.name} changes hands all the time`, {
		hint: "let one knistio at a time work on this cluster",
	});
}

/** @throws ApiError when somebody else was faster, ClusterError when somebody else is alive */
async function tryToAcquire(asking: Asking): Promise<KubeObject> {
	const { session, place, force } = asking;
	const { cluster, signal, progress } = session;
	let found = await cluster.get(lockRef, signal);
	const holder = holderOf(found);
	if (found !== undefined && holder !== undefined && !force && !hasEnded(holder, place)) {
		const waited = await untilSignOfLife(session, {
			ref: lockRef,
			found,
			quietMs: leaseSeconds * 1000,
			onWait: () => progress({ kind: "step", text: waitingFor(holder) }),
		});
		const next = holderOf(waited.object);
		if (waited.isAlive && next !== undefined) throw heldBy(next);
		found = waited.object;
	}
	if (found === undefined) return cluster.create(markOurs(newLease(asking), { part: "state", profile: "" }), signal);
	return cluster.patch(lockRef, takeOver(asking, found), signal);
}

/** Aborted after the time that letting go may take, which is shorter from the user's interruption on. */
function openLimit(clock: Clock, interruption: AbortSignal): { signal: AbortSignal; close(): void } {
	const late = new AbortController();
	const done = new AbortController();
	const endAfter = (ms: number) =>
		clock.sleep(ms, done.signal).then(
			() => late.abort(new ClusterError("the lock could not be released in time")),
			() => {},
		);
	const hurry = () => void endAfter(hurriedReleaseTimeoutMs);
	void endAfter(releaseTimeoutMs);
	if (interruption.aborted) hurry();
	else interruption.addEventListener("abort", hurry, { once: true });
	return {
		signal: late.signal,
		close() {
			done.abort();
			interruption.removeEventListener("abort", hurry);
		},
	};
}

/** Deletes the Lease, if it is still this holder's in the version that was read. */
async function removeOwn({ session: { cluster }, identity }: Asking, signal: AbortSignal): Promise<void> {
	for (let attempt = 0; attempt < mostAttempts; attempt++) {
		const found = await cluster.get(lockRef, signal);
		if (holderOf(found)?.identity !== identity) return;
		const { uid, resourceVersion } = found?.metadata ?? {};
		try {
			await cluster.remove(lockRef, {
				signal,
				...(uid === undefined ? {} : { uid }),
				...(resourceVersion === undefined ? {} : { resourceVersion }),
			});
			return;
		} catch (error) {
			// A renewal that was cut off may have come through meanwhile.
			if (!isRace(error)) throw error;
		}
	}
}

/** Whether a write failed because somebody else wrote first. */
function isRace(error: unknown): boolean {
	return error instanceof ApiError && (error.status === 409 || error.status === 404);
}

function isNamespaceEnding(error: unknown): boolean {
	return error instanceof ApiError && error.status === 403 && error.message.includes("is being terminated");
}

function waitingFor(holder: Holder): string {
	return `waiting up to ${leaseSeconds} s for ${describeHolder(holder)}, which holds the lock, to show a sign of life`;
}

function heldBy(holder: Holder): ClusterError {
	return new ClusterError(`another knistio works on this cluster: ${describeHolder(holder)}`, {
		hint: "wait until it has ended; `knistio clean --force` takes the cluster from it",
	});
}

function newLease(asking: Asking): KubeObject {
	const { apiVersion, kind, name } = lockRef;
	const metadata = { name, namespace: stateNamespace, annotations: annotationsOf(asking) };
	return { apiVersion, kind, metadata, spec: { ...specOf(asking), leaseTransitions: 0 } };
}

/** With the version the patch fails with 409 if somebody else was faster. */
function takeOver(asking: Asking, found: KubeObject): unknown {
	const { leaseTransitions } = (found.spec ?? {}) as { leaseTransitions?: unknown };
	const before = Number.isSafeInteger(leaseTransitions) ? (leaseTransitions as number) : 0;
	return {
		metadata: { resourceVersion: found.metadata.resourceVersion, annotations: annotationsOf(asking) },
		spec: { ...specOf(asking), leaseTransitions: before + 1 },
	};
}

const annotationsOf = ({ place }: Asking) => ({ [placeAnnotation]: JSON.stringify(place) });

function specOf({ identity }: Asking) {
	const now = microTime(Date.now());
	return { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, acquireTime: now, renewTime: now };
}
