import { randomBytes } from "node:crypto";
import { type ClientClock, clientNow } from "../../clock/client-clock.ts";
import { ClusterError } from "../../errors.ts";
import { findGateway } from "../../knative/gateway.ts";
import type { GatewayRoute } from "../../knative/route.ts";
import { serviceManifest } from "../../knative/service.ts";
import { revisionState } from "../../knative/zero.ts";
import { describeRef, type KubeObject } from "../../kube/api/cluster.ts";
import { markOurs, ownedBySelector } from "../../kube/objects/ownership.ts";
import { stillThere, waitUntilNone } from "../../kube/wait/gone.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { alsoEndedBy, newTask, type Session, uninterrupted } from "../../kube/wait/task.ts";
import { deployReady } from "../../measure/deployment.ts";
import { sendRequest } from "../../measure/observing/request.ts";
import { proveProfile } from "../../measure/prove.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ProfileTradeoffs } from "../../report/tradeoffs.ts";
import { notTested } from "../cells.ts";
import type { Findings, Probe, Visit } from "../probes/probe.ts";
import { type FollowedPods, followPods } from "./pods.ts";
import { stayingUp } from "./staying-up.ts";

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
	/** How long each warm request took, ms; undefined where no probe measured it. */
	latenciesMs?: number[];
}

/** The policies of the profiles select the service by this name. */
const serviceName = "helloworld";
/** Longer than any answer of a warm service takes, shorter than a user waits. */
const requestTimeoutMs = 30_000;

/**
 * Deploys the service with a pod that stays up, proves that the profile is what it promises, runs the probes one after
 * the other, and takes the service away again.
 * @throws ClusterError where the service does not come up or the profile is not as promised
 */
export async function visitProfile(session: Session, order: VisitOrder): Promise<Visited> {
	const pods = await followPods(session, order.namespace);
	const ended = new AbortController();
	try {
		const visit = await openVisit(alsoEndedBy(session, ended.signal), order, pods);
		const visited: Visited = {
			profile: order.profile.name,
			cells: [],
			changed: [],
			route: visit.route,
		};
		const begun = await beginProbes(visit, order.probes);
		for (const probe of begun) {
			session.progress({
				kind: "step",
				text: `${order.profile.name}: ${probe.title}`,
			});
			const { cells, changed, latenciesMs, traces } = await runProbe(probe, visit);
			visited.cells.push(...cells);
			visited.changed.push(...changed);
			if (latenciesMs !== undefined) visited.latenciesMs = latenciesMs;
			if (traces !== undefined) visited.traces = [...(visited.traces ?? []), ...traces];
		}
		return visited;
	} finally {
		// What a probe has begun, and whose turn did not come, ends here.
		ended.abort();
		await pods.stop();
		await removeServices(uninterrupted(session), order.namespace);
	}
}

/** What takes its time by itself is under way before anybody looks; what cannot begin says so in its turn. */
async function beginProbes(visit: Visit, probes: readonly Probe[]): Promise<Probe[]> {
	const begun: Probe[] = [];
	for (const probe of probes) {
		if (probe.begin === undefined) begun.push(probe);
		else {
			visit.session.progress({ kind: "step", text: `${visit.profile.name}: beginning ${probe.title}` });
			const run = await probe.begin(visit).catch((error: unknown) => () => Promise.reject(error));
			visit.session.signal.throwIfAborted();
			begun.push({ ...probe, run });
		}
	}
	return begun;
}

async function runProbe(probe: Probe, visit: Visit): Promise<Findings> {
	try {
		return await probe.run(visit);
	} catch (error) {
		visit.session.signal.throwIfAborted();
		if (!(error instanceof ClusterError)) throw error;
		return {
			cells: probe.columns.map((column) => notTested(column, error.message)),
			changed: [],
		};
	}
}

async function openVisit(session: Session, order: VisitOrder, pods: FollowedPods): Promise<Visit> {
	const { profile, namespace, image, clock } = order;
	const { cluster, signal, progress } = session;
	const target = `knistio-${randomBytes(4).toString("hex")}`;
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const manifest = serviceManifest(stayingUp(profile), {
		namespace,
		name: serviceName,
		image,
		target,
		timeoutSeconds: 15,
	});
	const deploy: Visit["deploy"] = (object, tag) =>
		deployReady(session, markOurs(object, { part: "workload", profile: profile.name }), {
			state: pods.state,
			...(tag === undefined ? {} : { tag }),
		});
	const service = await deploy(manifest);
	const route = await findGateway(cluster, {
		...(order.gateway === undefined ? {} : { given: order.gateway }),
		signal,
	});
	const now = () => clientNow(clock);
	const request = {
		route,
		host: service.host,
		expectBody: target,
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
	const send: Visit["send"] = async ({ host = service.host, headers = {} } = {}) => {
		// Only of an answer that is not as expected the beginning is kept.
		const times = await sendRequest(
			{ ...request, host, headers, expectBody: nothing },
			now,
			await cluster.connection(),
		);
		return { ...times, text: times.body };
	};
	const pod = podOf(pods, service.revision);
	const { speed } = clock;
	const { traces } = order;
	return {
		...{ session, profile, namespace, image, service, target, route, pod, send, deploy, now, speed },
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

/** Knative's controllers must see the services off before the next profile restarts them. */
async function removeServices(session: Session, namespace: string): Promise<void> {
	const { cluster } = session;
	const query = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		namespace,
		labelSelector: ownedBySelector,
	};
	const services = await cluster.list(query);
	if (services.length === 0) return;
	session.progress({ kind: "step", text: "removing the service" });
	const task = newTask(session);
	for (const { metadata } of services) {
		const ref = { ...query, name: metadata.name };
		await patiently(task, describeRef(ref), () => cluster.remove(ref, { propagation: "Foreground" }));
	}
	const hurried = new Set<string>();
	const left = await waitUntilNone(task, async () => {
		const podQuery = {
			apiVersion: "v1",
			kind: "Pod",
			namespace,
			labelSelector: "serving.knative.dev/service",
		};
		const [open, pods] = [await cluster.list(query), await cluster.list(podQuery)];
		// No request is under way that queue-proxy would have to see out.
		const ending = pods.filter(
			({ metadata }) => metadata.deletionTimestamp !== undefined && !hurried.has(metadata.name),
		);
		for (const { metadata } of ending) {
			hurried.add(metadata.name);
			await cluster.remove({ ...podQuery, name: metadata.name }, { gracePeriodSeconds: 1 });
		}
		return [...open, ...pods];
	});
	if (left.length > 0) throw stillThere(left);
}
