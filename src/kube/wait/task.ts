import { setMaxListeners } from "node:events";
import { type Clock, systemClock } from "../../clock/clock.ts";
import { ClusterError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import type { Cluster } from "../api/cluster.ts";
import { mayPass } from "../api/repetition.ts";
import type { ApiError } from "../http/api-error.ts";

/** One piece of work on a cluster: where, until when, and who is told. */
export interface Task {
	cluster: Cluster;
	clock: Clock;
	progress: Progress;
	/** How long each wait may take, ms; it ends with a {@link ClusterError} then. */
	waitMs: number;
	/** On `clock`; the waits of a task that was bounded as a whole end by then. */
	deadlineAt: number;
	signal?: AbortSignal;
}

/** What {@link newTask} needs; the clock is the system's unless given. */
export interface TaskOptions {
	timeoutMs: number;
	progress?: Progress;
	signal?: AbortSignal;
	clock?: Clock;
}

/** A task whose waits each take `timeoutMs` at most. */
export function newTask(cluster: Cluster, options: TaskOptions): Task {
	const clock = options.clock ?? systemClock;
	// Every request in flight listens to the signal.
	if (options.signal !== undefined) setMaxListeners(0, options.signal);
	return {
		cluster,
		clock,
		progress: options.progress ?? (() => {}),
		waitMs: options.timeoutMs,
		deadlineAt: Number.POSITIVE_INFINITY,
		...(options.signal === undefined ? {} : { signal: options.signal }),
	};
}

/** The task's signal as an option of a call. */
export function signalOf({ signal }: Task): { signal?: AbortSignal } {
	return signal === undefined ? {} : { signal };
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
	let told: string | undefined;
	const deadlineAt = Math.min(task.deadlineAt, task.clock.now() + task.waitMs);
	for (let gapMs = firstGapMs; ; gapMs = Math.min(gapMs * 1.5, lastGapMs)) {
		task.signal?.throwIfAborted();
		let failure: ApiError | undefined;
		const waitingFor = await look().catch((error: unknown) => {
			if (!mayPass(error)) throw error;
			failure = error;
			return error.message;
		});
		if (waitingFor === undefined) return;
		if (waitingFor !== told) task.progress({ kind: "detail", text: waitingFor });
		told = waitingFor;
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
