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
	const thread = new ObserverThread(order, host);
	try {
		const tooLate = () => notListed(limits.timeoutMs, thread.lastFailing);
		await inTime(Promise.race([thread.ready.promise, thread.failure]), { ...limits, tooLate });
		return thread;
	} catch (error) {
		// Nobody gets an observer to stop, and a thread that goes on keeps the process alive.
		await thread.terminate();
		throw error;
	}
}

/** A promise, and what settles it. */
interface Deferred<T> {
	promise: Promise<T>;
	resolve(value: T): void;
	reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
	let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
	const promise = new Promise<T>((resolve, reject) => {
		settle = { resolve, reject };
	});
	return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}

class ObserverThread implements Observer {
	readonly ready = deferred<void>();
	/** Why a watch was last closed or refused. */
	lastFailing: string | undefined;
	readonly #stopped = deferred<void>();
	readonly #failed = deferred<never>();
	readonly #worker: Worker;
	readonly #answers = new Map<number, (times: RequestTimes) => void>();
	#lastId = 0;

	constructor(order: ObserverOrder, host: ObserverHost) {
		// Whoever waits for something races with it; nobody may be waiting when it comes.
		this.#failed.promise.catch(() => {});
		this.#worker = new Worker(host.threadUrl, { workerData: order });
		this.#worker.on("message", (message: FromObserver) => this.#take(message, host));
		this.#worker.on("error", this.#failed.reject);
		this.#worker.on("exit", () => {
			this.#stopped.resolve();
			this.#failed.reject(new Error("the observer's thread ended"));
		});
	}

	get failure(): Promise<never> {
		return this.#failed.promise;
	}

	request(order: RequestOrder): Promise<RequestTimes> {
		const id = ++this.#lastId;
		const answer = new Promise<RequestTimes>((resolve) => this.#answers.set(id, resolve));
		this.#post({ kind: "request", id, order });
		return Promise.race([answer, this.failure]);
	}

	async stop(): Promise<void> {
		const ended = new AbortController();
		this.#post({ kind: "stop" });
		// A thread that hangs is ended all the same.
		await Promise.race([this.#stopped.promise, pause(stopTimeoutMs, ended.signal).catch(() => {})]);
		ended.abort();
		await this.terminate();
	}

	async terminate(): Promise<void> {
		await this.#worker.terminate();
	}

	#post(message: ToObserver): void {
		this.#worker.postMessage(message);
	}

	#take(message: FromObserver, host: ObserverHost): void {
		switch (message.kind) {
			case "entry":
				if (message.entry.kind === "watch-state") this.lastFailing = message.entry.reason;
				host.onEntry(message.entry);
				return;
			case "ready":
				this.ready.resolve();
				return;
			case "answer":
				this.#answers.get(message.id)?.(message.times);
				this.#answers.delete(message.id);
				return;
			case "renew":
				host.renew().then((connection) => this.#post({ kind: "credentials", connection }), this.#failed.reject);
				return;
			case "failed":
				this.#failed.reject(
					new ClusterError(message.message, message.hint === undefined ? {} : { hint: message.hint }),
				);
				return;
			case "stopped":
				this.#stopped.resolve();
		}
	}
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
	return new ClusterError(`the watches could not list what there is within ${timeoutMs / 1000} s${why}`, {
		hint: "the API server is overloaded or unwell; try again later, or allow more with --timeout",
	});
}
