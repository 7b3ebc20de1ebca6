import { randomBytes } from "node:crypto";
import { type ClientClock, clientNow } from "../../clock/client-clock.ts";
import { ClusterError } from "../../errors.ts";
import { findGateway } from "../../knative/gateway.ts";
import type { GatewayRoute } from "../../knative/route.ts";
import { revisionState } from "../../knative/zero.ts";
import type { KubeObject, ObjectRef } from "../../kube/api/cluster.ts";
import { markOurs } from "../../kube/objects/ownership.ts";
import { alsoEndedBy, type Session, uninterrupted } from "../../kube/wait/task.ts";
import { deployReady } from "../../measure/deployment.ts";
import { sendRequest } from "../../measure/observing/request.ts";
import { proveProfile } from "../../measure/prove.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ProfileTradeoffs, Took } from "../../report/tradeoffs.ts";
import type { WarmLatencies } from "../latency.ts";
import type { Probe, ToDeploy, Visit } from "../probes/probe.ts";
import { stayingUpService } from "../probes/staying-up.ts";
import { tookWords } from "../took.ts";
import { beginNeeds, type Needs } from "./needs.ts";
import { type FollowedPods, followPods } from "./pods.ts";
import { type Probed, runProbes } from "./probing.ts";
import { removeAll } from "./removal.ts";

/** A profile that is installed, and what to look for. */
export interface VisitOrder {
	profile: Profile;
	namespace: string;
	image: string;
	/** The gateway's address; undefined where it is to be found out. */
	gateway: string | undefined;
	clock: ClientClock;
	probes: readonly Probe[];
	/** Address of Jaeger's query API, where one is given. */
	traces?: string;
}

/** What a visit found out, with what the table needs beside the cells. */
export interface Visited extends ProfileTradeoffs {
	/** How the gateway was reached. */
	route: GatewayRoute;
	/** How long warm requests took; undefined where no probe measured it. */
	latencies?: WarmLatencies;
}

/** The policies of the profiles select the service by this name. */
const serviceName = "helloworld";
/** Longer than any answer of a warm service takes, shorter than a user waits. */
const requestTimeoutMs = 30_000;

/**
 * Deploys the service with a pod that stays up, and beside it what the probes need; proves that the profile is what it
 * promises, runs the probes, and takes away all that was made.
 * @throws ClusterError where the service does not come up or the profile is not as promised
 */
export async function visitProfile(session: Session, order: VisitOrder): Promise<Visited> {
	const { clock } = session;
	const beganAt = clock.now();
	const parts: Took["parts"] = [];
	const pods = await followPods(session, order.namespace);
	const ended = new AbortController();
	const leaving: ObjectRef[] = [];
	let visited: Visited | undefined;
	try {
		visited = await look(alsoEndedBy(session, ended.signal), order, { pods, leaving, beganAt, parts, ended });
	} finally {
		await pods.stop();
		const from = clock.now();
		await removeAll(uninterrupted(session), order.namespace, leaving);
		parts.push({ title: "removing", fromMs: from - beganAt, ms: clock.now() - from });
	}
	visited.took = { ms: clock.now() - beganAt, parts: parts.sort((a, b) => a.fromMs - b.fromMs) };
	session.progress({ kind: "note", text: tookWords(visited.profile, visited.took) });
	return visited;
}

/** What a visit's parts have in common. */
interface Looking {
	pods: FollowedPods;
	/** Ends the session of the looking. */
	ended: AbortController;
	/** Gets what was deleted and must be gone in the end. */
	leaving: ObjectRef[];
	/** Of the visit, on the session's clock. */
	beganAt: number;
	/** Gets how long each part took. */
	parts: Took["parts"];
}

async function look(session: Session, order: VisitOrder, looking: Looking): Promise<Visited> {
	const { pods, beganAt, parts, ended } = looking;
	const { progress } = session;
	const { probes, profile } = order;
	const known: ToDeploy = {
		...{ profile, namespace: order.namespace, image: order.image, serviceName },
		target: `knistio-${randomBytes(4).toString("hex")}`,
	};
	const deploy: Visit["deploy"] = (object, tag) =>
		deployReady(session, markOurs(object, { part: "workload", profile: profile.name }), {
			state: pods.state,
			...(tag === undefined ? {} : { tag }),
		});
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const { namespace, image, target } = known;
	const service = stayingUpService(profile, { namespace, name: serviceName, image, target });
	const needs = await beginNeeds(session, { service, probes, known, deploy });
	try {
		const visit = await openVisit(session, order, { ...looking, known, deploy, needs });
		parts.push({ title: "deploying", fromMs: 0, ms: session.clock.now() - beganAt });
		needs.openLog(visit);
		const found = await runProbes(visit, probes, {
			beganAt,
			untilReady: needs.untilReady,
			// All services are there: their pods are followed no more.
			beforeAlone: pods.stop,
		});
		parts.push(...found.map(({ part }) => part));
		return visitedOf(visit, found);
	} finally {
		// What was begun, and whose turn did not come, ends here.
		ended.abort();
		await needs.close();
	}
}

function visitedOf({ profile, route }: Visit, found: readonly Probed[]): Visited {
	const latencies = found.find((each) => each.latencies !== undefined)?.latencies;
	const traces = found.flatMap((each) => each.traces ?? []);
	return {
		profile: profile.name,
		cells: found.flatMap(({ cells }) => cells),
		changed: [...new Set(found.flatMap(({ changed }) => changed))],
		route,
		...(latencies === undefined ? {} : { latencies }),
		...(traces.length === 0 ? {} : { traces }),
	};
}

/** What the visit's service is deployed with. */
interface Opening extends Looking {
	known: ToDeploy;
	deploy: Visit["deploy"];
	needs: Needs;
}

async function openVisit(session: Session, order: VisitOrder, opening: Opening): Promise<Visit> {
	const { profile, clock } = order;
	const { cluster, signal, progress } = session;
	const { pods, known, deploy, needs, leaving } = opening;
	const service = await needs.deployed(serviceName);
	const route = await findGateway(cluster, {
		...(order.gateway === undefined ? {} : { given: order.gateway }),
		signal,
	});
	const now = () => clientNow(clock);
	const request = {
		route,
		host: service.host,
		expectBody: known.target,
		timeoutMs: requestTimeoutMs,
	};
	progress({ kind: "step", text: `${profile.name}: proving the profile` });
	await proveProfile(session, {
		observer: {
			request: async (asked) => sendRequest(asked, now, await cluster.connection()),
		},
		state: pods.state,
		profile,
		revision: service.revision,
		request,
	});
	const send: Visit["send"] = async ({ host = service.host, path = "/", headers = {} } = {}) => {
		// Only of an answer that is not as expected the beginning is kept.
		const times = await sendRequest(
			{ ...request, host, path, headers, expectBody: nothing },
			now,
			await cluster.connection(),
		);
		return { ...times, text: times.body };
	};
	const pod = podOf(pods, service.revision);
	const { speed } = clock;
	const { traces } = order;
	const { deployed, accessLog } = needs;
	return {
		...{ ...known, session, service, route, pod, send, deploy, deployed, accessLog, now, speed },
		leave: (refs) => void leaving.push(...refs),
		...(traces === undefined ? {} : { traces }),
	};
}

/** No answer holds it. */
const nothing = "\u0000";

function podOf({ state }: FollowedPods, revision: string): KubeObject {
	const pod = revisionState(state, revision).pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
	if (pod === undefined) {
		throw new ClusterError(`the service is Ready, but revision ${revision} has no pod to look at`, {
			hint: "config-autoscaler may forbid min-scale 1, or something has deleted the pod; run again",
		});
	}
	return pod;
}
