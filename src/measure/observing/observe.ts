import { setMaxListeners } from "node:events";
import type { IntervalHistogram } from "node:perf_hooks";
import { clientNow, clientTime, realMs } from "../../clock/client-clock.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { type WatchSignal, watch } from "../../kube/api/watch.ts";
import type { Connection } from "../../kube/http/connection.ts";
import { openTransport } from "../../kube/http/transport.ts";
import { objectOf, textOf } from "../../kube/untrusted.ts";
import type { Entry, RequestTimes, WatchedKind } from "../../recording/entries.ts";
import { withoutSecrets } from "../../recording/without-secrets.ts";
import { isPing, openPinging, type Pinging } from "./pinging.ts";
import type { ObserverOrder } from "./protocol.ts";
import { openRenewal } from "./renewal.ts";
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

const pingEveryMs = 250;

/** Watches, pings and sends requests, all in the thread that calls it. */
export async function observe(order: ObserverOrder, sink: ObserverSink): Promise<Observing> {
	const { clock, pingPath } = order;
	const now = () => clientNow(clock);
	const stopped = new AbortController();
	const { signal } = stopped;
	// Each watch and each ping under way listens; while the machine stalls, pings pile up.
	setMaxListeners(0, signal);
	const transport = await openTransport(order.connection);
	let { connection } = order;
	const renewal = openRenewal(sink.onRenew, signal);
	const { wait: renew } = renewal;
	const pinging = pingPath === undefined ? undefined : openPinging({ transport, path: pingPath, now, signal, renew });
	const onWatchSignal = openSignals(order, sink, pinging);
	const watching = order.watches.map(({ watch: kind, ...what }) =>
		watch({
			...what,
			transport,
			signal,
			onSignal: (watchSignal) => onWatchSignal(kind, watchSignal),
			renew,
		}).catch((error: Error) => sink.onFailed(error)),
	);
	const timer = pinging && setInterval(() => pinging.ping(), realMs(clock, pingEveryMs));

	return {
		request: (request) => sendRequest(request, now, connection),
		renewed(fresh) {
			connection = fresh;
			transport.renew(fresh);
			renewal.finish();
		},
		async stop(loopDelay) {
			clearInterval(timer);
			stopped.abort();
			await Promise.all(watching);
			transport.close();
			if (loopDelay !== undefined) sink.onEntry(punctuality(loopDelay, now()));
		},
	};
}

/** Makes entries of what the watches say. The observer is ready when each has listed what there is. */
function openSignals({ clock, watches, eventsOf }: ObserverOrder, sink: ObserverSink, pinging: Pinging | undefined) {
	const waiting = new Set(watches.map(({ watch }) => watch));
	const isForeign = (kind: WatchedKind, object: KubeObject) =>
		kind === "events" && eventsOf !== undefined && !isEventOf(object, eventsOf);
	return (kind: WatchedKind, signal: WatchSignal): void => {
		const at = clientTime(clock, signal.at).toString();
		if (signal.kind === "event") {
			const { type, object } = signal;
			if (isForeign(kind, object)) return;
			const entry: Entry | undefined = isPing(object)
				? pinging?.received(object, at)
				: { kind: "watch", at, watch: kind, type, object: slim(object) };
			if (entry !== undefined) sink.onEntry(entry);
		} else if (signal.kind === "listed") {
			const objects = signal.objects.filter((object) => !isPing(object) && !isForeign(kind, object)).map(slim);
			sink.onEntry({ kind: "listed", at, watch: kind, objects, afterGap: signal.afterGap });
			if (waiting.delete(kind) && waiting.size === 0) sink.onReady();
		} else sink.onEntry({ kind: "watch-state", at, watch: kind, state: signal.kind, reason: signal.reason });
	};
}

/** Events have no labels; what Knative makes for a revision is called like it, and its pods too. */
function isEventOf({ involvedObject }: KubeObject, revision: string): boolean {
	const name = textOf(objectOf(involvedObject).name);
	return name === revision || name?.startsWith(`${revision}-`) === true;
}

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
