import type { GatewayRoute } from "../../knative/route.ts";
import type { DeployedService } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Profile } from "../../profile/profile.ts";
import type { RequestTimes } from "../../recording/entries.ts";
import type { RequestTrace, TradeoffCell } from "../../report/tradeoffs.ts";

/** A profile on the cluster, with its service and a pod of it that stays up. */
export interface Visit {
	session: Session;
	profile: Profile;
	namespace: string;
	/** Of the service under test. */
	image: string;
	service: DeployedService;
	/** What every answer of the service holds. */
	target: string;
	route: GatewayRoute;
	/** A pod of the service's revision, as it is while the probes run. */
	pod: KubeObject;
	/** Sends one request on a connection of its own; a failed one has an `error`, and is never repeated. */
	send(request?: Asked): Promise<Answered>;
	/** Deploys one more service, or one more revision of it, and waits until it is Ready. */
	deploy(manifest: KubeObject, tag?: string): Promise<DeployedService>;
	/** Now on the client's clock, ns since the epoch. */
	now(): bigint;
	/** How many times as fast as real time the cluster's goes; 1 but for a simulated one. */
	speed: number;
	/** Address of Jaeger's query API, where one is given that gets the proxies' spans. */
	traces?: string;
}

/** What is asked for; the service's own host, and no header, unless others are given. */
export interface Asked {
	host?: string;
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
	/** How long each warm request took, ms in order of time, for a probe that measures it. */
	latenciesMs?: number[];
	/** Where the time of requests goes, for a probe that looks. */
	traces?: RequestTrace[];
}

/** One observation of costs and benefits, by asking the cluster and not by reading what was configured. */
export interface Probe {
	/** For the progress: what it looks at. */
	title: string;
	/** The columns whose cells it gives: each, whatever it finds. */
	columns: readonly string[];
	/**
	 * Begins what must be seen before any probe looks, without disturbing one, such as a reading that comes by itself; what
	 * it gives is run in the probe's turn, in the place of `run`. The same is true of it as of `run`.
	 */
	begin?(visit: Visit): Promise<Probe["run"]>;
	/**
	 * Leaves the cluster as it was, also when it is interrupted.
	 * @throws ClusterError for what keeps it from looking: its cells are then "not tested", with the message
	 */
	run(visit: Visit): Promise<Findings>;
}
