import type { Api } from "../api/api.ts";
import { asVersion } from "../api/object-rules.ts";
import { expired, statusOf } from "../api/status-error.ts";
import type { Change } from "../api/store.ts";
import type { Clock } from "../clock/clock.ts";
import type { FaultEffects } from "../faults/fault.ts";
import { type Exchange, isSet } from "./exchange.ts";
import { checkRevision, jsonOf, type Query } from "./reading.ts";
import { openStream, type Stream } from "./watch-stream.ts";

/** All watches that are open. */
export interface Watches {
	open(exchange: Exchange, wanted: Query): void;
	/** Ends every stream, as an API server or load balancer that restarts does. */
	dropAll(): void;
	count(): number;
}

const bookmarkEveryMs = 60_000;
const longestWatchSeconds = 3_600;

/** What watches are made of. */
interface WatchParts {
	api: Api;
	clock: Clock;
	faults: Pick<FaultEffects, "watchEventDelayMs">;
}

export function createWatches(parts: WatchParts): Watches {
	const { api, clock } = parts;
	const streams = new Set<Stream>();

	function open(exchange: Exchange, wanted: Query): void {
		const { query, response } = exchange;
		const since = checkRevision(query.get("resourceVersion"), api.store.revision());
		const stream = openStream(response, {
			clock,
			lagMs: parts.faults.watchEventDelayMs,
			onEnd: () => streams.delete(stream),
		});
		streams.add(stream);
		const missed = since === undefined || since === 0 ? [] : api.store.changesSince(wanted.resource.id, since);
		if (missed === undefined) {
			const error = expired(`too old resource version: ${since} (${api.store.revision()})`);
			stream.send("ERROR", JSON.stringify(statusOf(error)));
			stream.endWhenSent();
			return;
		}
		if (since === undefined || since === 0 || isSet(query, "sendInitialEvents"))
			sendInitial(api, stream, { wanted, query });
		else for (const change of missed) sendChange(stream, wanted, change);
		const unsubscribe = api.store.subscribe(wanted.resource.id, (change) => sendChange(stream, wanted, change));
		const cancelBookmarks = isSet(query, "allowWatchBookmarks") ? keepBookmarking(parts, stream, wanted) : () => {};
		const asked = Number(query.get("timeoutSeconds") ?? 0);
		const cancelTimeout = clock.after((asked > 0 ? asked : longestWatchSeconds) * 1000, () => stream.endWhenSent());
		response.on("close", () => {
			unsubscribe();
			cancelBookmarks();
			cancelTimeout();
			streams.delete(stream);
		});
	}

	return {
		open,
		dropAll() {
			for (const stream of [...streams]) stream.end();
		},
		count: () => streams.size,
	};
}

function sendInitial(api: Api, stream: Stream, { wanted, query }: { wanted: Query; query: URLSearchParams }): void {
	for (const object of api.store.list(wanted.resource.id, wanted.namespace)) {
		if (wanted.matches(object)) stream.send("ADDED", jsonOf(object, wanted.apiVersion));
	}
	if (isSet(query, "sendInitialEvents"))
		sendBookmark(api, stream, { wanted, annotations: { "k8s.io/initial-events-end": "true" } });
}

function sendBookmark(
	api: Api,
	stream: Stream,
	{ wanted, annotations }: { wanted: Query; annotations?: Record<string, string> },
): void {
	const metadata = {
		resourceVersion: String(api.store.revision()),
		creationTimestamp: null,
		...(annotations === undefined ? {} : { annotations }),
	};
	stream.send("BOOKMARK", JSON.stringify({ kind: wanted.resource.kind, apiVersion: wanted.apiVersion, metadata }));
}

function keepBookmarking({ api, clock }: WatchParts, stream: Stream, wanted: Query): () => void {
	let cancel = () => {};
	const next = () => {
		cancel = clock.after(bookmarkEveryMs, () => {
			if (stream.isEnded()) return;
			sendBookmark(api, stream, { wanted });
			next();
		});
	};
	next();
	return () => cancel();
}

/** The change as a watch with a selector reports it: an object that begins to match is ADDED, one that ceases to is DELETED. */
function sendChange(stream: Stream, wanted: Query, change: Change): void {
	const { object, previous } = change;
	if (wanted.namespace !== undefined && object.metadata.namespace !== wanted.namespace) return;
	const did = previous !== undefined && wanted.matches(previous);
	const does = change.type !== "DELETED" && wanted.matches(object);
	if (does) stream.send(did ? "MODIFIED" : "ADDED", jsonOf(object, wanted.apiVersion));
	else if (did && previous !== undefined) {
		const metadata = { ...previous.metadata, resourceVersion: String(change.revision) };
		stream.send("DELETED", JSON.stringify(asVersion({ ...previous, metadata }, wanted.apiVersion)));
	}
}
