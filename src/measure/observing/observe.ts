import { setMaxListeners } from "node:events";
import type { IntervalHistogram } from "node:perf_hooks";
import { clientNow, clientTime, realMs } from "../../clock/client-clock.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { type WatchSignal, watch } from "../../kube/api/watch.ts";
import type { Connection } from "../../kube/http/connection.ts";
import { openTransport } from "../../kube/http/transport.ts";
import type { Entry, RequestTimes, WatchedKind } from "../../recording/entries.ts";
import { withoutSecrets } from "../../recording/without-secrets.ts";
import { pingAnnotation, pingPodName } from "./ping.ts";
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

const pingEveryMs = 250;

/** Watches, pings and sends requests, all in the thread that calls it. */
export async function observe(order: ObserverOrder, sink: ObserverSink): Promise<Observing> {
	const { clock } = order;
	const now = () => clientNow(clock);
	const stopped = new AbortController();
	// Each watch and each ping under way listens; while the machine stalls, pings pile up.
	setMaxListeners(0, stopped.signal);
	const transport = await openTransport(order.connection);
	let connection = order.connection;
	let renewal: { done: Promise<void>; finish(): void } | undefined;
	const waiting = new Set(order.watches.map(({ watch }) => watch));
	const pings = new Map<string, bigint>();

	function hear(kind: WatchedKind, signal: WatchSignal): void {
		const at = clientTime(clock, signal.at).toString();
		if (signal.kind === "event") {
			if (isPing(signal.object)) hearPing(signal.object, at);
			else sink.onEntry({ kind: "watch", at, watch: kind, type: signal.type, object: slim(signal.object) });
		} else if (signal.kind === "listed") {
			const objects = signal.objects.filter((object) => !isPing(object)).map(slim);
			sink.onEntry({ kind: "listed", at, watch: kind, objects, afterGap: signal.afterGap });
			if (waiting.delete(kind) && waiting.size === 0) sink.onReady();
		} else sink.onEntry({ kind: "watch-state", at, watch: kind, state: signal.kind, reason: signal.reason });
	}

	function hearPing(pod: KubeObject, at: string): void {
		const count = pod.metadata.annotations?.[pingAnnotation] ?? "";
		const sentAt = pings.get(count);
		if (sentAt === undefined) return;
		pings.delete(count);
		sink.onEntry({ kind: "ping", at, sentAt: sentAt.toString(), seenAt: at });
	}

	/** All who are refused at the same time wait for the same new credentials; after a stop none come. */
	function renew(): Promise<void> {
		if (renewal === undefined) {
			let finish = () => {};
			const done = new Promise<void>((resolve) => {
				finish = resolve;
			});
			renewal = { done, finish };
			stopped.signal.addEventListener("abort", finish, { once: true });
			sink.onRenew();
		}
		return renewal.done;
	}

	const watching = order.watches.map(({ watch: kind, path, apiVersion, objectKind }) =>
		watch({
			transport,
			path,
			apiVersion,
			objectKind,
			signal: stopped.signal,
			onSignal: (signal) => hear(kind, signal),
			renew,
		}).catch((error: Error) => sink.onFailed(error)),
	);

	let count = 0;
	let isRefused = false;
	async function ping(path: string): Promise<void> {
		const name = String(++count);
		pings.set(name, now());
		const { status } = await transport
			.request("PATCH", path, {
				headers: { "Content-Type": "application/merge-patch+json" },
				body: JSON.stringify({ metadata: { annotations: { [pingAnnotation]: name } } }),
				timeoutMs: 5_000,
				signal: stopped.signal,
			})
			.catch(() => ({ status: undefined }));
		// A ping that fails is one that is never seen; the watch's own state tells why.
		if (status !== 200) pings.delete(name);
		const isFirstRefusal = status === 401 && !isRefused;
		isRefused = status === 401;
		if (isFirstRefusal) await renew();
	}
	const { pingPath } = order;
	const pinging = pingPath === undefined ? undefined : setInterval(() => ping(pingPath), realMs(clock, pingEveryMs));

	return {
		request: (request) => sendRequest(request, now, connection),
		renewed(fresh) {
			connection = fresh;
			transport.renew(fresh);
			renewal?.finish();
			renewal = undefined;
		},
		async stop(loopDelay) {
			clearInterval(pinging);
			stopped.abort();
			await Promise.all(watching);
			transport.close();
			if (loopDelay !== undefined) sink.onEntry(punctuality(loopDelay, now()));
		},
	};
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
