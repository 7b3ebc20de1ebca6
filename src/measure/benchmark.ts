import { setMaxListeners } from "node:events";
import { type ClientClock, clientNow, elapsedMs, realMs } from "../clock/client-clock.ts";
import { pause } from "../clock/pause.ts";
import { ClusterError } from "../errors.ts";
import { describeRoute, findSameGateway } from "../knative/gateway.ts";
import type { GatewayRoute } from "../knative/route.ts";
import { revisionState } from "../knative/zero.ts";
import type { Cluster } from "../kube/api/cluster.ts";
import { collection } from "../kube/api/paths.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { waitGone } from "../kube/wait/gone.ts";
import { newTask } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { Progress } from "../progress.ts";
import type { RequestTimes, Untimed, WatchedKind } from "../recording/entries.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Finding, Fingerprint } from "../report/report.ts";
import { openClockProbes } from "./clocks/clocks.ts";
import { deploySubject, type RequestLimits } from "./deployment.ts";
import { clusterFingerprint } from "./fingerprint.ts";
import { type Observer, type ObserverHost, startObserver } from "./observing/observer.ts";
import { pingManifest, pingPodName } from "./observing/ping.ts";
import { proveProfile } from "./prove.ts";
import type { Visit } from "./rounds.ts";
import { runColdStarts, type Subject } from "./schedule.ts";

/** A whole run: every visit's profiles installed, proven and started cold. */
export interface BenchmarkOrder {
	cluster: Cluster;
	visits: readonly Visit[];
	/** Puts the profile on the cluster; called when those before have been measured and their service is gone. */
	install(profile: Profile): Promise<{ installMs: number; fingerprint: Fingerprint }>;
	/** What of a profile's fingerprint is its own, and not its installation's. */
	ownFingerprint(profile: Profile): Fingerprint;
	namespace: string;
	image: string;
	/** The answer must hold this; the sample image answers with $TARGET, which is set to it. */
	target: string;
	/** The revision's timeoutSeconds; chosen by the first start-up unless given. */
	requestTimeoutSeconds?: number;
	/** For each wait: a service Ready, a revision at zero. */
	timeoutMs: number;
	/** The gateway's address, where it is not to be found out. */
	gateway?: string;
	state: LiveState;
	clock: ClientClock;
	record(entry: Untimed): void;
	host: ObserverHost;
	progress: Progress;
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** After the last cold start of each visit. */
	onVisitDone(): Promise<void>;
	/** Asked once after each cold start; true ends the profile's rounds. */
	isEnough?(profile: Profile): boolean;
	signal: AbortSignal;
}

/** Runs it; what is measured goes to `record` as it happens. The observer is stopped however the run ends. */
export async function runBenchmark(given: BenchmarkOrder): Promise<void> {
	let observer: Observer | undefined;
	// Nothing that waits outlives the run, whatever ended it.
	const ended = new AbortController();
	const order = { ...given, signal: AbortSignal.any([given.signal, ended.signal]) };
	setMaxListeners(0, order.signal);
	const sofar: SoFar = { limits: new Map(), ended: new Set() };
	try {
		for (const [index, visit] of order.visits.entries()) {
			const [installed] = visit.profiles;
			if (installed === undefined || visit.profiles.every((profile) => sofar.ended.has(profile))) continue;
			const { installMs, fingerprint } = await order.install(installed);
			if (observer === undefined) {
				observer = await observeNamespace(order);
				observer.failure.catch((error) => ended.abort(error));
			}
			const subjects = await measureVisit(order, observer, { visit, installMs, fingerprint, sofar });
			await order.onVisitDone();
			if (index < order.visits.length - 1) await removeService(order, subjects);
		}
	} finally {
		ended.abort();
		await observer?.stop();
	}
}

const watched: [WatchedKind, string, string][] = [
	["pods", "v1", "Pod"],
	["events", "v1", "Event"],
	["deployments", "apps/v1", "Deployment"],
	["endpointslices", "discovery.k8s.io/v1", "EndpointSlice"],
	["podautoscalers", "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"],
];

async function observeNamespace(order: BenchmarkOrder): Promise<Observer> {
	const { cluster, namespace } = order;
	const watches = await Promise.all(
		watched.map(async ([watch, apiVersion, objectKind]) => {
			const resource = await cluster.resource(apiVersion, objectKind, order.signal);
			if (resource === undefined) throw new ClusterError(`the cluster does not serve ${objectKind} of ${apiVersion}`);
			return { watch, apiVersion, objectKind, path: collection(resource, namespace) };
		}),
	);
	const pods = watches.find(({ watch }) => watch === "pods")?.path;
	const hasPing = await cluster
		.apply(markOurs(pingManifest(order.namespace, order.image), { part: "workload", profile: "" }), {
			signal: order.signal,
		})
		.then(
			() => true,
			(error: Error) => {
				order.signal.throwIfAborted();
				const message = `the watch's lag is not measured: ${error.message}`;
				order.record({ kind: "finding", finding: { code: "no-ping", message } });
				return false;
			},
		);
	return startObserver(
		{
			connection: await cluster.connection(),
			clock: order.clock,
			watches,
			...(hasPing ? { pingPath: `${pods}/${pingPodName}` } : {}),
		},
		order.host,
		{ timeoutMs: order.timeoutMs, signal: order.signal },
	);
}

/** What a later visit of the same profile must know. */
interface SoFar {
	limits: RequestLimits;
	ended: Set<Profile>;
	/** How the gateway was reached. */
	way?: string;
}

interface VisitUnderWay {
	visit: Visit;
	installMs: number;
	fingerprint: Fingerprint;
	sofar: SoFar;
}

async function measureVisit(order: BenchmarkOrder, observer: Observer, under: VisitUnderWay): Promise<Subject[]> {
	const subjects: Subject[] = [];
	for (const profile of under.visit.profiles) {
		subjects.push(await proveSubject(order, { observer, under, profile, before: subjects }));
	}
	// The ways to zero take long enough to learn the clocks meanwhile, and to see whether they move.
	const clocks = openClockProbes(order);
	await runColdStarts({
		observer,
		state: order.state,
		subjects,
		rounds: under.visit.rounds,
		expectBody: order.target,
		zeroTimeoutMs: order.timeoutMs,
		signal: order.signal,
		clock: order.clock,
		record: order.record,
		onSample: order.onSample,
		onWayToZero: clocks.probeIfDue,
		ended: under.sofar.ended,
		...(order.isEnough === undefined ? {} : { isEnough: order.isEnough }),
	});
	await clocks.done();
	return subjects;
}

async function findRoute(order: BenchmarkOrder, sofar: SoFar): Promise<GatewayRoute> {
	const { cluster, gateway, signal, clock } = order;
	const route = await findSameGateway(cluster, {
		...(gateway === undefined ? {} : { given: gateway }),
		before: sofar.way,
		signal,
		sleep: (ms) => pause(realMs(clock, ms), signal),
	});
	sofar.way = describeRoute(route);
	return route;
}

interface SubjectOrder {
	observer: Observer;
	under: VisitUnderWay;
	profile: Profile;
	/** Those of the same visit that are there already. */
	before: readonly Subject[];
}

async function proveSubject(order: BenchmarkOrder, subjectOrder: SubjectOrder): Promise<Subject> {
	const { cluster, state, signal, progress, namespace, clock } = order;
	const { observer, under, profile, before } = subjectOrder;
	const deployedFrom = clientNow(clock);
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const isShared = under.visit.profiles.length > 1;
	const { service, timeoutSeconds } = await deploySubject(order, {
		profile,
		before,
		isShared,
		limits: under.sofar.limits,
	});
	const route = before[0]?.route ?? (await findRoute(order, under.sofar));
	progress({ kind: "step", text: `${profile.name}: proving the profile` });
	// A little longer than Knative's own limit, which then gives the answer.
	const requestTimeoutMs = timeoutSeconds * 1000 + 5_000;
	const findings: Finding[] = [];
	const proven = await proveProfile({
		cluster,
		observer,
		state,
		profile,
		revision: service.revision,
		request: { route, host: service.host, expectBody: order.target, timeoutMs: requestTimeoutMs },
		signal,
		sleep: (ms) => pause(realMs(clock, ms), signal),
		onFinding: (finding) => findings.push(finding),
	});
	order.record({
		kind: "profile",
		profile,
		fingerprint: {
			...(await clusterFingerprint(cluster, signal)),
			...under.fingerprint,
			...order.ownFingerprint(profile),
			...proven,
			gateway: describeRoute(route),
			"request-timeout": `${timeoutSeconds} s`,
		},
		...(before.length === 0 ? { installMs: under.installMs } : {}),
		deployMs: elapsedMs(clock, deployedFrom),
		revision: service.revision,
		namespace,
	});
	// After the profile's own entry, so that they are found under it.
	for (const finding of findings) order.record({ kind: "finding", finding });
	return { profile, service, route, requestTimeoutMs };
}

/** The controllers that hold its finalizers must see it off before the next profile restarts them. */
async function removeService(order: BenchmarkOrder, subjects: readonly Subject[]): Promise<void> {
	const { cluster, state, signal, timeoutMs, clock } = order;
	const [first] = subjects;
	if (first === undefined) return;
	const startedAt = clientNow(clock);
	await cluster.remove(first.service.ref, { propagation: "Foreground", signal });
	await waitGone(newTask(cluster, { timeoutMs, signal }), [first.service.ref]);
	for (const { service } of subjects) {
		const onTimeout = () =>
			new ClusterError(`the pods of ${service.revision} do not go away after their service was deleted`);
		const isGone = (now: LiveState) => (revisionState(now, service.revision).pods.length === 0 ? true : undefined);
		await state.until(isGone, { timeoutMs, signal, onTimeout });
	}
	order.record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}
