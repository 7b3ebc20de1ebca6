import { Worker } from "node:worker_threads";
import { pause } from "../../clock/pause.ts";
import { ClusterError } from "../../errors.ts";
import type { Connection } from "../../kube/http/connection.ts";
import type { Entry, RequestTimes } from "../../recording/entries.ts";
import type { FromObserver, ObserverOrder, ToObserver } from "./protocol.ts";
import type { RequestOrder } from "./request.ts";

/** The observing thread, seen from the main thread. */
export interface Observer {
	/** Sends one request and gives its times, also of a failed one. */
	request(order: RequestOrder): Promise<RequestTimes>;
	/** Rejects as soon as a watch is refused for good or the thread dies; never resolves. */
	failure: Promise<never>;
	stop(): Promise<void>;
}

/** What the thread needs from here. */
export interface ObserverHost {
	/** The built `observer-thread.js`. */
	threadUrl: URL;
	onEntry(entry: Entry): void;
	renew(): Promise<Connection>;
}

/** How long to wait for the first lists. */
export interface ObserverLimits {
	timeoutMs: number;
	signal: AbortSignal;
}

/** How long the thread may take to end in order. */
const stopTimeoutMs = 5_000;

/**
 * Starts the thread and resolves when all of its watches have listed what there is. However it fails, no thread is left.
 * @throws ClusterError when a watch is refused, or they have not listed in time; the signal's reason
 */
export async function startObserver(
	order: ObserverOrder,
	host: ObserverHost,
	limits: ObserverLimits,
): Promise<Observer> {
	limits.signal.throwIfAborted();
	const worker = new Worker(host.threadUrl, { workerData: order });
	const post = (message: ToObserver) => worker.postMessage(message);
	const answers = new Map<number, (times: RequestTimes) => void>();
	const thread = listen(worker, { host, post, answers });
	const { failure } = thread;
	try {
		const tooLate = () => notListed(limits.timeoutMs, thread.lastFailing());
		await inTime(Promise.race([thread.ready, failure]), { ...limits, tooLate });
	} catch (error) {
		// Nobody gets an observer to stop, and a thread that goes on keeps the process alive.
		await worker.terminate();
		throw error;
	}
	let lastId = 0;
	const ended = new AbortController();
	return {
		failure,
		request(requestOrder) {
			const id = ++lastId;
			const answer = new Promise<RequestTimes>((resolve) => answers.set(id, resolve));
			post({ kind: "request", id, order: requestOrder });
			return Promise.race([answer, failure]);
		},
		async stop() {
			post({ kind: "stop" });
			// A thread that hangs is ended all the same.
			await Promise.race([thread.stopped, pause(stopTimeoutMs, ended.signal).catch(() => {})]);
			ended.abort();
			await worker.terminate();
		},
	};
}

/** A promise, and how to end it from outside. */
function openPromise<T = void>() {
	let resolve: (value: T) => void = () => {};
	let reject: (error: Error) => void = () => {};
	const promise = new Promise<T>((onResolved, onRejected) => {
		resolve = onResolved;
		reject = onRejected;
	});
	return { promise, resolve, reject };
}

interface Listening {
	host: ObserverHost;
	post(message: ToObserver): void;
	/** Who waits for the answer to which request. */
	answers: Map<number, (times: RequestTimes) => void>;
}

/** Takes what the thread says, and its end. */
function listen(worker: Worker, { host, post, answers }: Listening) {
	const ready = openPromise();
	const stopped = openPromise();
	const failure = openPromise<never>();
	// Whoever waits for something races with it; nobody may be waiting when it comes.
	failure.promise.catch(() => {});
	let lastFailing: string | undefined;
	worker.on("message", (message: FromObserver) => {
		switch (message.kind) {
			case "entry":
				if (message.entry.kind === "watch-state") lastFailing = message.entry.reason;
				host.onEntry(message.entry);
				return;
			case "ready":
				ready.resolve();
				return;
			case "answer":
				answers.get(message.id)?.(message.times);
				answers.delete(message.id);
				return;
			case "renew":
				host.renew().then((connection) => post({ kind: "credentials", connection }), failure.reject);
				return;
			case "failed":
				failure.reject(new ClusterError(message.message, message.hint === undefined ? {} : { hint: message.hint }));
				return;
			case "stopped":
				stopped.resolve();
		}
	});
	worker.on("error", failure.reject);
	worker.on("exit", () => {
		stopped.resolve();
		failure.reject(new Error("the observer's thread ended"));
	});
	return {
		ready: ready.promise,
		stopped: stopped.promise,
		failure: failure.promise,
		/** Why a watch does not get on, as it said last. */
		lastFailing: () => lastFailing,
	};
}

/** Waits for a promise, but no longer than the limits allow; no timer is left. */
async function inTime<T>(
	promise: Promise<T>,
	{ timeoutMs, signal, tooLate }: ObserverLimits & { tooLate(): Error },
): Promise<T> {
	const done = new AbortController();
	const limit = pause(timeoutMs, AbortSignal.any([signal, done.signal])).then(() => {
		throw tooLate();
	});
	// It is lost when the promise comes first.
	limit.catch(() => {});
	try {
		return await Promise.race([promise, limit]);
	} finally {
		done.abort();
	}
}

function notListed(timeoutMs: number, reason: string | undefined): ClusterError {
	const why = reason === undefined ? "" : `: ${reason}`;
	return new ClusterError(`the watches did not list their objects within ${timeoutMs / 1000} s${why}`, {
		hint: "the API server is overloaded or failing; try again later, or allow more with --timeout",
	});
}
