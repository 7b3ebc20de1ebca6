import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import type { Progress } from "../model/progress.ts";

/** Time as the code sees it, so that tests need not wait. */
export interface Clock {
	/** Milliseconds since the epoch; never jumps when the machine's clock is set. */
	now(): number;
	/** Rejects with the signal's reason when it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
	now: () => Math.round(performance.timeOrigin + performance.now()),
	sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};

/** One piece of work on a cluster: where, until when, and who is told. */
export interface Task {
	cluster: Cluster;
	clock: Clock;
	progress: Progress;
	/** On `clock`; waits end with a {@link ClusterError} then. */
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

/** A task that ends `timeoutMs` from now. */
export function newTask(cluster: Cluster, options: TaskOptions): Task {
	const clock = options.clock ?? systemClock;
	// Every request in flight listens to the signal.
	if (options.signal !== undefined) setMaxListeners(0, options.signal);
	return {
		cluster,
		clock,
		progress: options.progress ?? (() => {}),
		deadlineAt: clock.now() + options.timeoutMs,
		...(options.signal === undefined ? {} : { signal: options.signal }),
	};
}

/** The task's signal as an option of a call. */
export function signalOf({ signal }: Task): { signal?: AbortSignal } {
	return signal === undefined ? {} : { signal };
}

/** The same task with no more than `timeoutMs` left. */
export function within(task: Task, timeoutMs: number): Task {
	return { ...task, deadlineAt: Math.min(task.deadlineAt, task.clock.now() + timeoutMs) };
}

/** The gaps between two looks at the cluster: short at first, for what is quick, then growing. */
const firstGapMs = 100;
const lastGapMs = 500;

/**
 * Looks until there is nothing left to wait for.
 * @param look what is still waited for, as text for the progress; undefined when it has come.
 * @throws ClusterError from `late` when the task's time is over.
 */
export async function waitUntil(
	task: Task,
	look: () => Promise<string | undefined>,
	late: (waitingFor: string) => ClusterError | Promise<ClusterError>,
): Promise<void> {
	let told: string | undefined;
	for (let gapMs = firstGapMs; ; gapMs = Math.min(gapMs * 1.5, lastGapMs)) {
		task.signal?.throwIfAborted();
		const waitingFor = await look();
		if (waitingFor === undefined) return;
		if (waitingFor !== told) task.progress({ kind: "detail", text: waitingFor });
		told = waitingFor;
		if (task.clock.now() >= task.deadlineAt) throw await late(waitingFor);
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
