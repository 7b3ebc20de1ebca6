import type { Clock } from "../../clock/clock.ts";
import { ClusterError } from "../../errors.ts";
import type { Cluster, ObjectRef } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { holderOf } from "./lock-holder.ts";

/** Nobody takes the lock from a holder whose record has changed within this time. */
export const leaseSeconds = 20;
const renewEveryMs = 4_000;
/** A holder gives up before others may take the lock, so that the two never work at the same time. */
const lostAfterMs = 15_000;

/** As Kubernetes' MicroTime, which is read with six digits only. */
export function microTime(epochMs: number): string {
	return new Date(epochMs).toISOString().replace("Z", "000Z");
}

/** A Lease that is held. */
export interface Held {
	ref: ObjectRef;
	identity: string;
	/** The resourceVersion in which it is held. */
	version: string | undefined;
	clock: Clock;
}

/** The renewing of a Lease, under way. */
export interface Renewal {
	/** Aborted when somebody else has the Lease, or it could not be renewed for {@link lostAfterMs}. */
	lost: AbortSignal;
	/** Resolves when no renewal is under way any more. */
	end(): Promise<void>;
}

/** Begins to renew a Lease that has just been taken. */
export function keepRenewed(cluster: Cluster, held: Held): Renewal {
	const { clock } = held;
	const lost = new AbortController();
	const ended = new AbortController();
	const renewing = renewUntil(cluster, held, ended.signal)
		.catch((error) => {
			if (!ended.signal.aborted) lost.abort(error);
		})
		.finally(() => ended.abort());
	return {
		lost: lost.signal,
		async end() {
			ended.abort();
			await renewing;
		},
	};

	/** Never resolves. @throws ClusterError that says how the lock was lost, or what `end` was aborted with */
	async function renewUntil(at: Cluster, { ref, identity }: Held, end: AbortSignal): Promise<never> {
		let version = held.version;
		let renewedAt = clock.now();
		let failure: unknown;
		for (;;) {
			const leftMs = renewedAt + lostAfterMs - clock.now();
			await clock.sleep(Math.min(renewEveryMs, Math.max(leftMs, 0)), end);
			const sentAt = clock.now();
			const isLate = sentAt - renewedAt >= lostAfterMs;
			try {
				// A process that was stopped tries once more: with its version it succeeds only if nobody was there meanwhile.
				const limitMs = isLate ? renewEveryMs : renewedAt + lostAfterMs - sentAt;
				version = await inTime(limitMs, end, (signal) => renewOnce(at, { ref, identity, version, clock }, signal));
				renewedAt = sentAt;
			} catch (error) {
				end.throwIfAborted();
				if (error instanceof TakenError) throw error;
				failure = error;
			}
			if (clock.now() - renewedAt >= lostAfterMs) throw notRenewed(failure);
		}
	}

	/** Runs a call that is aborted, and given up, after so long. */
	async function inTime<T>(limitMs: number, end: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
		const done = new AbortController();
		const late = new AbortController();
		const limit = clock.sleep(limitMs, AbortSignal.any([end, done.signal])).then(() => {
			late.abort(new Error(`no answer within ${Math.round(limitMs / 1000)} s`));
			throw late.signal.reason;
		});
		limit.catch(() => {});
		try {
			return await Promise.race([call(AbortSignal.any([end, late.signal])), limit]);
		} finally {
			done.abort();
		}
	}
}

/** Somebody else holds the Lease. */
class TakenError extends ClusterError {}

/** @returns the new resourceVersion */
async function renewOnce(cluster: Cluster, held: Held, signal: AbortSignal): Promise<string | undefined> {
	const { ref, identity, version } = held;
	try {
		// With the version the patch fails with 409 if somebody else has written.
		const patch = { metadata: { resourceVersion: version }, spec: { renewTime: microTime(Date.now()) } };
		return (await cluster.patch(ref, patch, signal)).metadata.resourceVersion;
	} catch (error) {
		if (!(error instanceof ApiError && (error.status === 409 || error.status === 404))) throw error;
		const found = await cluster.get(ref, signal);
		// An answer that got lost on its way looks like somebody else's write.
		if (holderOf(found)?.identity === identity) return found?.metadata.resourceVersion;
		throw new TakenError("another knistio took over the cluster", {
			cause: error,
			hint: "this run has stopped and left everything as it was then; let one knistio at a time work on a cluster",
		});
	}
}

function notRenewed(cause: unknown): ClusterError {
	const why = cause instanceof Error ? `: ${cause.message}` : "";
	return new ClusterError(`the lock could not be renewed for ${lostAfterMs / 1000} s${why}`, {
		cause,
		hint: "this run has stopped, because another knistio may take the cluster; `knistio clean` removes what is left",
	});
}
