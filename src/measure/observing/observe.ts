import { setMaxListeners } from "node:events";
import type { IntervalHistogram } from "node:perf_hooks";
import { type ClientClock, clientNow, clientTime } from "../../clock/client-clock.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { type WatchSignal, watch } from "../../kube/api/watch.ts";
import type { Connection } from "../../kube/http/connection.ts";
import { openTransport, type Transport } from "../../kube/http/transport.ts";
import type { Entry, RequestTimes, WatchedKind } from "../../recording/entries.ts";
import { withoutSecrets } from "../../recording/without-secrets.ts";
import { pingPodName } from "./ping.ts";
import { Pinger } from "./pinger.ts";
import type { ObserverOrder } from "./protocol.ts";
import { type RequestOrder, sendRequest } from "./request.ts";

/** Where what is observed goes. */
export interface ObserverSink {
	onEntry(entry: Entry): void;
	onReady(): void;
	/** Fresh credentials are needed; the answer comes by {@link Observing.renewed}. */
	onRenew(): void;
	/** A watch is refused for good. */
	onFailed(error: Error): void;
}

export interface Observing {
	request(order: RequestOrder): Promise<RequestTimes>;
	renewed(connection: Connection): void;
	/** Ends the watches and reports how punctual this thread was. */
	stop(loopDelay?: IntervalHistogram): Promise<void>;
}

/** Watches, pings and sends requests, all in the thread that calls it. */
export async function observe(order: ObserverOrder, sink: ObserverSink): Promise<Observing> {
	return new Observation(order, sink, await openTransport(order.connection));
}

/** New credentials that were asked for and have not come yet. */
interface Renewal {
	done: Promise<void>;
	finish(): void;
}

class Observation implements Observing {
	readonly #clock: ClientClock;
	readonly #sink: ObserverSink;
	readonly #transport: Transport;
	readonly #stopped = new AbortController();
	readonly #pinger: Pinger | undefined;
	readonly #watching: Promise<void>[];
	/** The watches that have not listed yet. */
	readonly #waiting: Set<WatchedKind>;
	#connection: Connection;
	#renewal: Renewal | undefined;

	constructor({ clock, connection, watches, pingPath }: ObserverOrder, sink: ObserverSink, transport: Transport) {
		this.#clock = clock;
		this.#connection = connection;
		this.#sink = sink;
		this.#transport = transport;
		const { signal } = this.#stopped;
		// Each watch and each ping under way listens; while the machine stalls, pings pile up.
		setMaxListeners(0, signal);
		this.#waiting = new Set(watches.map(({ watch }) => watch));
		const renew = () => this.#renew();
		this.#watching = watches.map(({ watch: kind, ...watched }) =>
			watch({ transport, ...watched, signal, renew, onSignal: (each) => this.#onWatchSignal(kind, each) }).catch(
				(error: Error) => sink.onFailed(error),
			),
		);
		this.#pinger = pingPath === undefined ? undefined : new Pinger({ transport, path: pingPath, clock, signal, renew });
	}

	request(order: RequestOrder): Promise<RequestTimes> {
		return sendRequest(order, () => clientNow(this.#clock), this.#connection);
	}

	renewed(connection: Connection): void {
		this.#connection = connection;
		this.#transport.renew(connection);
		this.#renewal?.finish();
		this.#renewal = undefined;
	}

	async stop(loopDelay?: IntervalHistogram): Promise<void> {
		this.#pinger?.stop();
		this.#stopped.abort();
		await Promise.all(this.#watching);
		this.#transport.close();
		if (loopDelay !== undefined) this.#sink.onEntry(punctuality(loopDelay, clientNow(this.#clock)));
	}

	#onWatchSignal(kind: WatchedKind, signal: WatchSignal): void {
		const at = clientTime(this.#clock, signal.at).toString();
		if (signal.kind === "event") {
			const entry: Entry | undefined = isPing(signal.object)
				? this.#pinger?.entryFor(signal.object, at)
				: { kind: "watch", at, watch: kind, type: signal.type, object: slim(signal.object) };
			if (entry !== undefined) this.#sink.onEntry(entry);
		} else if (signal.kind === "listed") {
			const objects = signal.objects.filter((object) => !isPing(object)).map(slim);
			this.#sink.onEntry({ kind: "listed", at, watch: kind, objects, afterGap: signal.afterGap });
			if (this.#waiting.delete(kind) && this.#waiting.size === 0) this.#sink.onReady();
		} else this.#sink.onEntry({ kind: "watch-state", at, watch: kind, state: signal.kind, reason: signal.reason });
	}

	/** All who are refused at the same time wait for the same new credentials; after a stop none come. */
	#renew(): Promise<void> {
		if (this.#renewal === undefined) {
			let finish = () => {};
			const done = new Promise<void>((resolve) => {
				finish = resolve;
			});
			this.#renewal = { done, finish };
			this.#stopped.signal.addEventListener("abort", finish, { once: true });
			this.#sink.onRenew();
		}
		return this.#renewal.done;
	}
}

const isPing = (object: KubeObject) => object.kind === "Pod" && object.metadata.name === pingPodName;

/** What may be kept. Who changed which field is most of an object's size, and no part of what is measured. */
function slim(object: KubeObject): KubeObject {
	const { managedFields: _, ...metadata } = object.metadata;
	return withoutSecrets({ ...object, metadata });
}

/** An idle loop shows the histogram's own resolution as delay (10 ms); it is taken off. */
function punctuality(histogram: IntervalHistogram, at: bigint): Entry {
	const ms = (ns: number) => Math.round((ns - 10e6) / 1e3) / 1e3;
	return {
		kind: "observer",
		at: at.toString(),
		loopDelayP99Ms: ms(histogram.percentile(99)),
		loopDelayMaxMs: ms(histogram.max),
		maxRssMib: Math.round(process.resourceUsage().maxRSS / 1024),
	};
}
