import { alsoEndedBy, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import { openCalm } from "./calm.ts";
import { allToZero, coldStart, isAnswered, type Starting, settle, takeCopyAtZero } from "./cold-start.ts";
import type { Round } from "./rounds.ts";

/** The cold starts of one visit. */
export interface ColdStarts extends Starting {
	/** Every profile of them is among the subjects. */
	rounds: readonly Round[];
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** Asked once after each cold start; true ends the profile's rounds. */
	isEnough?(profile: Profile): boolean;
	/** Profiles whose rounds have ended, also in an earlier visit. */
	ended: Set<Profile>;
}

/**
 * Cold start after cold start, never two at once: wait until a copy of the service is at zero, wait a random part of a
 * second, send one request, watch until the pod is Ready. A profile with one copy waits until no profile has a pod.
 * After the last cold start the pod is not seen out, for its service goes next.
 */
export async function runColdStarts(session: Session, starts: ColdStarts): Promise<void> {
	await untilFailure(session, starts.observer, (watched) => startAll(watched, starts));
}

/**
 * Does work that ends with the observer, whose watch may be refused for good, and with the session. Nothing that the work
 * waits for outlives it.
 */
export async function untilFailure<T>(
	session: Session,
	observer: Starting["observer"],
	work: (session: Session) => Promise<T>,
): Promise<T> {
	const over = new AbortController();
	const within = alsoEndedBy(session, over.signal);
	const failure = Promise.race([observer.failure, aborted(session.signal)]);
	failure.catch(() => {});
	const done = work(within);
	// It loses the race against a failure, and then ends by the signal.
	done.catch(() => {});
	try {
		return await Promise.race([done, failure]);
	} finally {
		over.abort();
	}
}

async function startAll(session: Session, order: ColdStarts): Promise<void> {
	const { ended, onSample, record } = order;
	// Without copies nobody's pod is there but the one that is started.
	const calm = order.subjects.some(({ copies }) => copies.length > 1) ? openCalm(session, order) : undefined;
	await allToZero(session, order);
	const starts = order.rounds.flatMap(({ round, order: profiles }) => profiles.map((profile) => ({ round, profile })));
	const queues = new Map(order.subjects.map((subject) => [subject.profile, [...subject.copies]]));
	for (const [index, { round, profile }] of starts.entries()) {
		const subject = order.subjects.find((each) => each.profile === profile);
		if (subject === undefined || ended.has(profile)) continue;
		onSample(profile, round);
		const isRotated = subject.copies.length > 1;
		const queue = queues.get(profile) ?? [];
		const service = isRotated ? await takeCopyAtZero(session, order, queue) : subject.copies[0];
		const start = { subject, service, round };
		const times = await coldStart(session, order, start, isRotated ? (ms) => calm?.until(start, ms) : undefined);
		calm?.ended(start, times);
		onSample(profile, round, times);
		const isUp = isAnswered(order, times);
		const isLast = starts.slice(index + 1).every((next) => ended.has(next.profile));
		let settledMs: number | undefined;
		if (isLast || isRotated) settledMs = await settle(session, order, { service, isUp });
		// The pod is seen out, so that its late events belong to its own sample.
		else await allToZero(session, order, isUp ? [service] : []);
		record({ kind: "sample-end", round, ...(settledMs === undefined ? {} : { settledMs }) });
		if (order.isEnough?.(profile) === true) ended.add(profile);
	}
}

/** An answer may be long in coming; a run that is interrupted does not wait for it. */
function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		if (signal.aborted) reject(signal.reason);
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}
