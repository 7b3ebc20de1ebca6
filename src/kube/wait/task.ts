import { setMaxListeners } from "node:events";
import type { Clock } from "../../clock/clock.ts";
import { ClusterError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import type { Cluster } from "../api/cluster.ts";
import { mayPass } from "../api/repetition.ts";
import type { ApiError } from "../http/api-error.ts";

/** What all the work of one command has in common. The command makes it, with every default resolved. */
export interface Session {
	cluster: Cluster;
	/** Ends whatever is under way. */
	signal: AbortSignal;
	clock: Clock;
	progress: Progress;
	/** How long each wait may take, ms; it ends with a {@link ClusterError} then. */
	timeoutMs: number;
}

/** A session whose waits together have a time limit. */
export interface Task extends Session {
	/** On `clock`; infinite where each wait has its own limit only. */
	deadlineAt: number;
}

/** A task whose waits each take the session's `timeoutMs` at most. */
export function newTask(session: Session): Task {
	// Every request in flight listens to the signal.
	setMaxListeners(0, session.signal);
	return { ...session, deadlineAt: Number.POSITIVE_INFINITY };
}

/** The same session, which another signal ends too. */
export function alsoEndedBy<S extends Session>(session: S, signal: AbortSignal): S {
	const either = AbortSignal.any([session.signal, signal]);
	setMaxListeners(0, either);
	return { ...session, signal: either };
}

/** The same session for work that must be finished: the user's interruption does not end it. */
export function uninterrupted<S extends Session>(session: S): S {
	return { ...session, signal: new AbortController().signal };
}

/** The same task with no more than `timeoutMs` left for all its waits together. */
export function within(task: Task, timeoutMs: number): Task {
	return { ...task, deadlineAt: Math.min(task.deadlineAt, task.clock.now() + timeoutMs) };
}

/** The gaps between two looks at the cluster: short at first, for what is quick, then growing. */
const firstGapMs = 100;
const lastGapMs = 500;

/**
 * Looks until there is nothing left to wait for. A look that fails for a reason that may pass, such as an API server that
 * restarts, is one that has not seen it.
 * @param look what is still waited for, as text for the progress; undefined when it has come.
 * @throws ClusterError from `late` when the wait's time is over, or the failure of the last look.
 */
export async function waitUntil(
	task: Task,
	look: () => Promise<string | undefined>,
	late: (waitingFor: string) => ClusterError | Promise<ClusterError>,
): Promise<void> {
	let reported: string | undefined;
	const deadlineAt = Math.min(task.deadlineAt, task.clock.now() + task.timeoutMs);
	for (let gapMs = firstGapMs; ; gapMs = Math.min(gapMs * 1.5, lastGapMs)) {
		task.signal.throwIfAborted();
		let failure: ApiError | undefined;
		const waitingFor = await look().catch((error: unknown) => {
			if (!mayPass(error)) throw error;
			failure = error;
			return error.message;
		});
		if (waitingFor === undefined) return;
		if (waitingFor !== reported) task.progress({ kind: "detail", text: waitingFor });
		reported = waitingFor;
		if (task.clock.now() >= deadlineAt) throw failure ?? (await late(waitingFor));
		await task.clock.sleep(gapMs, task.signal);
	}
}

/** Requests in flight at once: enough to hide latency, few enough for API priority and fairness. */
const requestsAtOnce = 8;

/** Runs `work` for every item, several at once; after the first failure it starts no more, and throws that failure. */
export async function inParallel<Item, Result>(
	items: readonly Item[],
	work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
	const results = new Array<Result>(items.length);
	const failures: unknown[] = [];
	const rest = items.entries();
	const worker = async () => {
		for (const [index, item] of rest) {
			if (failures.length > 0) return;
			try {
				results[index] = await work(item);
			} catch (error) {
				failures.push(error);
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(requestsAtOnce, items.length) }, worker));
	if (failures.length > 0) throw failures[0];
	return results;
}

/** A wait's time-out in words. */
export function lateError(what: string, hint?: string): ClusterError {
	return new ClusterError(`timed out waiting for ${what}`, hint === undefined ? {} : { hint });
}
