import { Worker } from "node:worker_threads";
import type { Connection } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import type { Entry, RequestTimes } from "../model/recording.ts";
import type { FromObserver, ObserverOrder, ToObserver } from "./observer-protocol.ts";
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

/** Starts the thread and resolves when all of its watches have listed what there is. */
export async function startObserver(order: ObserverOrder, host: ObserverHost): Promise<Observer> {
	const worker = new Worker(host.threadUrl, { workerData: order });
	const post = (message: ToObserver) => worker.postMessage(message);
	const answers = new Map<number, (times: RequestTimes) => void>();
	let lastId = 0;
	let onReady = () => {};
	let onStopped = () => {};
	let onFailed: (error: Error) => void = () => {};
	const ready = new Promise<void>((resolve) => {
		onReady = resolve;
	});
	const stopped = new Promise<void>((resolve) => {
		onStopped = resolve;
	});
	const failure = new Promise<never>((_, reject) => {
		onFailed = reject;
	});
	// Whoever waits for something races with it; nobody may be waiting when it comes.
	failure.catch(() => {});

	worker.on("message", (message: FromObserver) => {
		switch (message.kind) {
			case "entry":
				host.onEntry(message.entry);
				return;
			case "ready":
				onReady();
				return;
			case "answer":
				answers.get(message.id)?.(message.times);
				answers.delete(message.id);
				return;
			case "renew":
				host.renew().then((connection) => post({ kind: "credentials", connection }), onFailed);
				return;
			case "failed":
				onFailed(new ClusterError(message.message, message.hint === undefined ? {} : { hint: message.hint }));
				return;
			case "stopped":
				onStopped();
		}
	});
	worker.on("error", onFailed);
	worker.on("exit", () => {
		onStopped();
		onFailed(new Error("the observer's thread ended"));
	});

	try {
		await Promise.race([ready, failure]);
	} catch (error) {
		// Nobody gets an observer to stop, and a thread that goes on keeps the process alive.
		await worker.terminate();
		throw error;
	}
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
			await stopped;
			await worker.terminate();
		},
	};
}
