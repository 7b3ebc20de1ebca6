import type { GatewayRoute } from "../../knative/route.ts";
import type { DeployedService } from "../../knative/service.ts";
import type { KubeObject, ObjectRef } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Profile } from "../../profile/profile.ts";
import type { RequestTimes } from "../../recording/entries.ts";
import type { RequestTrace, TradeoffCell } from "../../report/tradeoffs.ts";
import type { WarmLatencies } from "../latency.ts";
import type { AccessLog } from "./logged-request.ts";

/** What is known of a visit before its service is there. */
export interface ToDeploy {
	profile: Profile;
	namespace: string;
	/** Of the service under test. */
	image: string;
	/** What every answer of the service holds. */
	target: string;
	/** The service under test; what else is deployed is named after it. */
	serviceName: string;
}

/** A profile on the cluster, with its service and a pod of it that stays up. */
export interface Visit extends ToDeploy {
	session: Session;
	service: DeployedService;
	route: GatewayRoute;
	/** A pod of the service's revision, as it is while the probes run. */
	pod: KubeObject;
	/** Sends one request on a connection of its own; a failed one has an `error`, and is never repeated. */
	send(request?: Asked): Promise<Answered>;
	/** Deploys one more revision of a service, or one more service, and waits until it is Ready. */
	deploy(manifest: KubeObject, tag?: string): Promise<DeployedService>;
	/** One of the services that a probe `deploys`, Ready. @throws ClusterError why it is not */
	deployed(name: string): Promise<DeployedService>;
	/** For a probe that `readsLogs`: what the proxies write, once the gateway's does. @throws ClusterError why it does not */
	accessLog(): Promise<AccessLog>;
	/** Objects that have been deleted: the visit's end waits until they are gone, which no probe has to. */
	leave(refs: readonly ObjectRef[]): void;
	/** Now on the client's clock, ns since the epoch. */
	now(): bigint;
	/** How many times as fast as real time the cluster's goes; 1 but for a simulated one. */
	speed: number;
	/** Address of Jaeger's query API, where one is given that gets the proxies' spans. */
	traces?: string;
}

/** What is asked for; the service's own host, its path `/` and no header, unless others are given. */
export interface Asked {
	host?: string;
	/** With its query. */
	path?: string;
	headers?: Record<string, string>;
}

/** The answer to a request. */
export interface Answered extends RequestTimes {
	/** Its beginning, at most 200 characters; undefined where there was no answer. */
	text: string | undefined;
}

/** What a probe found out and did. */
export interface Findings {
	cells: TradeoffCell[];
	/** What it changed on the cluster; all of it was put back. */
	changed: string[];
	/** How long warm requests took, for a probe that measures it. */
	latencies?: WarmLatencies;
	/** Where the time of requests goes, for a probe that looks. */
	traces?: RequestTrace[];
}

/**
 * What two probes cannot have at the same time: the requests that reach the service under test, which one of them counts;
 * and the authorizer, which one of them takes away.
 */
export type Shared = "service" | "authorizer";

/**
 * One observation of costs and benefits, by asking the cluster and not by reading what was configured. It says what it
 * needs, and the visit decides when it runs: probes that share nothing run at the same time, then those that run alone.
 */
export interface Probe {
	/** For the progress: what it looks at. */
	title: string;
	/** The columns whose cells it gives: each, whatever it finds. */
	columns: readonly string[];
	/** Services that it needs; all probes' are deployed at once at the beginning of the visit, and removed at its end. */
	deploys?(visit: ToDeploy): KubeObject[];
	/** It reads what the proxies write of requests, which they then do during the whole visit. */
	readsLogs?: true;
	/** No other probe that shares one of these runs at the same time. */
	shares?: readonly Shared[];
	/** Nothing else may send, make or remove anything meanwhile: it runs when the others are done. */
	alone?: true;
	/** Begins before any probe runs, without disturbing one, what it takes to look. */
	begin?(visit: Visit): Promise<Begun>;
	/**
	 * Leaves the cluster as it was, also when it is interrupted.
	 * @throws ClusterError for what keeps it from looking: its cells are then "not tested", with the message
	 */
	run?(visit: Visit): Promise<Findings>;
}

/** A probe that has begun; in the place of its `run` there may be one that knows of the beginning. */
export interface Begun {
	run?(visit: Visit): Promise<Findings>;
	/** When the probes that run at the same time are done, before those that run alone. */
	whenQuiet?(): Promise<void>;
	/** After those that ran alone, for what could be seen while nothing else happened. */
	conclude?(visit: Visit): Promise<Findings>;
	/** What was begun is put back, whether or not the probe's turn came; called once. */
	end?(): Promise<void>;
}
