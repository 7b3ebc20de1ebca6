import type { ClientClock } from "../../clock/client-clock.ts";
import type { Connection } from "../../kube/http/connection.ts";
import type { Entry, RequestTimes, WatchedKind } from "../../recording/entries.ts";
import type { RequestOrder } from "./request.ts";

/** One watch of the observer's thread. */
export interface WatchedPath {
	watch: WatchedKind;
	path: string;
	apiVersion: string;
	objectKind: string;
	/** Everything where it is left out. */
	labelSelector?: string;
}

/** What the observer's thread watches, and the object that it changes four times a second to time its own watch. */
export interface ObserverOrder {
	connection: Connection;
	clock: ClientClock;
	watches: WatchedPath[];
	/** Only Events about this revision and what is made for it; all where it is left out. */
	eventsOf?: string;
	/** Path of an own pod; left out where it could not be made. */
	pingPath?: string;
}

export type ToObserver =
	| { kind: "request"; id: number; order: RequestOrder }
	| { kind: "credentials"; connection: Connection }
	| { kind: "stop" };

export type FromObserver =
	| { kind: "entry"; entry: Entry }
	/** Every watch has listed what there is. */
	| { kind: "ready" }
	| { kind: "answer"; id: number; times: RequestTimes }
	| { kind: "renew" }
	| { kind: "failed"; message: string; hint?: string }
	| { kind: "stopped" };
