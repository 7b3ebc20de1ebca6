import { medianOf } from "../analysis/statistics/median.ts";
import { clientNow } from "../clock/client-clock.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import type { Start, Starting } from "./cold-start.ts";
import { openRemovals } from "./removals.ts";

/** Finds times for cold starts at which nothing of the other copies changes. */
export interface Calm {
	/** Waits until a cold start that begins after a pause would not meet the beginning of a pod's removal, but not for long. */
	until(start: Start, pauseMs: number): Promise<void>;
	/** A cold start has ended like this. */
	ended(start: Start, times: RequestTimes): void;
}

/** Where two removals are to come, both are waited for; a run must go on where they come late. */
const mostWaitMs = 8_000;
/** A removal may begin earlier than expected, and the calm time with it. */
const lookEveryMs = 100;
/** A cold start may take so much longer than the median of those before. */
const sparedShare = 1.15;

/** Follows the pods of all copies until the session ends. */
export function openCalm(session: Session, { state, subjects, clock }: Starting): Calm {
	const revisions = subjects.flatMap(({ copies }) => copies.map(({ revision }) => revision));
	const removals = openRemovals(state, new Set(revisions));
	const tookMs = new Map<Profile, number[]>();
	const following = state.until<never>(
		() => {
			removals.look(clientNow(clock));
			return undefined;
		},
		{ timeoutMs: Number.POSITIVE_INFINITY, signal: session.signal, onTimeout: () => new Error("never") },
	);
	following.catch(() => {});
	return {
		async until({ subject, service }, pauseMs) {
			const lastMs = (medianOf(tookMs.get(subject.profile) ?? []) ?? 0) * sparedShare;
			const ns = BigInt(Math.round((pauseMs + lastMs) * 1e6));
			const beganAt = clientNow(clock);
			for (;;) {
				const from = clientNow(clock);
				const isCalm = removals.calmFrom({ from, ns }, service.revision) <= from;
				if (isCalm || Number(from - beganAt) / 1e6 > mostWaitMs) return;
				await session.clock.sleep(lookEveryMs, session.signal);
			}
		},
		ended({ subject, service }, { sentAt, lastByteAt }) {
			if (sentAt === undefined || lastByteAt === undefined) return;
			const before = tookMs.get(subject.profile) ?? [];
			tookMs.set(subject.profile, [...before, Number(BigInt(lastByteAt) - BigInt(sentAt)) / 1e6]);
			removals.answered(service.revision, clientNow(clock));
		},
	};
}
