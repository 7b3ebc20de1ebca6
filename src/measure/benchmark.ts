import { type ClientClock, clientNow, elapsedMs } from "../clock/client-clock.ts";
import { systemClock } from "../clock/clock.ts";
import { ClusterError } from "../errors.ts";
import { describeRoute, findSameGateway } from "../knative/gateway.ts";
import type { GatewayRoute } from "../knative/route.ts";
import { revisionState } from "../knative/zero.ts";
import { collection } from "../kube/api/paths.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import { waitGone } from "../kube/wait/gone.ts";
import { alsoEndedBy, newTask, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes, Untimed, WatchedKind } from "../recording/entries.ts";
import type { LiveState } from "../recording/live-state.ts";
import type { Finding, Fingerprint } from "../report/report.ts";
import { openClockProbes } from "./clocks/clocks.ts";
import { type Deployment, deploySubject, type RequestLimits } from "./deployment.ts";
import { clusterFingerprint } from "./fingerprint.ts";
import { type Observer, type ObserverHost, startObserver } from "./observing/observer.ts";
import { pingManifest, pingPodName } from "./observing/ping.ts";
import type { ServiceRequest } from "./observing/request.ts";
import { proveProfile } from "./prove.ts";
import type { Visit } from "./rounds.ts";
import { runColdStarts, type Subject } from "./schedule.ts";
import { subjectEntry } from "./subject-entry.ts";

/** A whole run: every visit's profiles installed, proven and started cold. */
export interface Benchmark extends Deployment {
	visits: readonly Visit[];
	/** Puts the profile on the cluster; called when those before have been measured and their service is gone. */
	install(profile: Profile): Promise<{ installMs: number; fingerprint: Fingerprint }>;
	/** What of a profile's fingerprint is its own, and not its installation's. */
	ownFingerprint(profile: Profile): Fingerprint;
	/** The gateway's address; undefined where it is to be found out. */
	gateway: string | undefined;
	/** What every request asks of the service. */
	asked: ServiceRequest;
	clock: ClientClock;
	record(entry: Untimed): void;
	host: ObserverHost;
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** After the last cold start of each visit. */
	onVisitDone(): Promise<void>;
	/** Asked once after each cold start; true ends the profile's rounds. */
	isEnough(profile: Profile): boolean;
}

/** Runs it; what is measured goes to `record` as it happens. The observer is stopped however the run ends. */
export async function runBenchmark(given: Session, order: Benchmark): Promise<void> {
	let observer: Observer | undefined;
	// Nothing that waits outlives the run, whatever ended it.
	const ended = new AbortController();
	const session = alsoEndedBy(given, ended.signal);
	const progress: RunProgress = { limits: new Map(), ended: new Set() };
	try {
		for (const [index, visit] of order.visits.entries()) {
			const [installed] = visit.profiles;
			if (installed === undefined || visit.profiles.every((profile) => progress.ended.has(profile))) continue;
			const { installMs, fingerprint } = await order.install(installed);
			if (observer === undefined) {
				observer = await observeNamespace(session, order);
				observer.failure.catch((error) => ended.abort(error));
			}
			const subjects = await measureVisit(session, order, { observer, visit, installMs, fingerprint, progress });
			await order.onVisitDone();
			if (index < order.visits.length - 1) await removeService(session, order, subjects);
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

async function observeNamespace({ cluster, signal, timeoutMs }: Session, order: Benchmark): Promise<Observer> {
	const { namespace } = order;
	const watches = await Promise.all(
		watched.map(async ([watch, apiVersion, objectKind]) => {
			const resource = await cluster.resource(apiVersion, objectKind, signal);
			if (resource === undefined) throw new ClusterError(`the cluster does not serve ${objectKind} of ${apiVersion}`);
			return { watch, apiVersion, objectKind, path: collection(resource, namespace) };
		}),
	);
	const pods = watches.find(({ watch }) => watch === "pods")?.path;
	const hasPing = await cluster
		.apply(markOurs(pingManifest(order.namespace, order.image), { part: "workload", profile: "" }), {
			signal,
		})
		.then(
			() => true,
			(error: Error) => {
				signal.throwIfAborted();
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
		{ timeoutMs, signal },
	);
}

/** What a later visit of the same profile must know. */
interface RunProgress {
	limits: RequestLimits;
	ended: Set<Profile>;
	/** How the gateway was reached. */
	gateway?: string;
}

interface VisitUnderWay {
	observer: Observer;
	visit: Visit;
	installMs: number;
	fingerprint: Fingerprint;
	progress: RunProgress;
}

async function measureVisit(session: Session, order: Benchmark, underWay: VisitUnderWay): Promise<Subject[]> {
	const subjects: Subject[] = [];
	for (const profile of underWay.visit.profiles) {
		subjects.push(await proveSubject(session, order, { underWay, profile, before: subjects }));
	}
	// The ways to zero take long enough to learn the clocks meanwhile, and to see whether they move.
	const clocks = openClockProbes({ ...order, cluster: session.cluster, signal: session.signal });
	await runColdStarts(session, {
		observer: underWay.observer,
		state: order.state,
		subjects,
		rounds: underWay.visit.rounds,
		asked: order.asked,
		clock: order.clock,
		record: order.record,
		onSample: order.onSample,
		onWayToZero: clocks.probeIfDue,
		ended: underWay.progress.ended,
		isEnough: order.isEnough,
	});
	await clocks.done();
	return subjects;
}

async function findRoute(
	{ cluster, signal, clock }: Session,
	given: string | undefined,
	progress: RunProgress,
): Promise<GatewayRoute> {
	const route = await findSameGateway(cluster, {
		...(given === undefined ? {} : { given }),
		before: progress.gateway,
		signal,
		sleep: (ms) => clock.sleep(ms, signal),
	});
	progress.gateway = describeRoute(route);
	return route;
}

interface Proving {
	underWay: VisitUnderWay;
	profile: Profile;
	/** Those of the same visit that are there already. */
	before: readonly Subject[];
}

async function proveSubject(session: Session, order: Benchmark, proving: Proving): Promise<Subject> {
	const { cluster, signal, progress } = session;
	const { state, namespace, clock } = order;
	const { underWay, profile, before } = proving;
	const deployedFrom = clientNow(clock);
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const isShared = underWay.visit.profiles.length > 1;
	const { service, timeoutSeconds } = await deploySubject(session, order, {
		profile,
		before,
		isShared,
		limits: underWay.progress.limits,
	});
	const route = before[0]?.route ?? (await findRoute(session, order.gateway, underWay.progress));
	progress({ kind: "step", text: `${profile.name}: proving the profile` });
	// A little longer than Knative's own limit, which then gives the answer.
	const requestTimeoutMs = timeoutSeconds * 1000 + 5_000;
	const findings: Finding[] = [];
	const proven = await proveProfile(session, {
		observer: underWay.observer,
		state,
		profile,
		revision: service.revision,
		service: order.own?.shape,
		request: { ...order.asked, route, host: service.host, timeoutMs: requestTimeoutMs },
		onFinding: (finding) => findings.push(finding),
	});
	order.record({
		kind: "profile",
		profile,
		fingerprint: {
			...(await clusterFingerprint(cluster, signal)),
			...underWay.fingerprint,
			...order.ownFingerprint(profile),
			...proven,
			gateway: describeRoute(route),
			"request-timeout": `${timeoutSeconds} s`,
		},
		...(before.length === 0 ? { installMs: underWay.installMs } : {}),
		deployMs: elapsedMs(clock, deployedFrom),
		revision: service.revision,
		namespace,
		...subjectEntry(order),
	});
	// After the profile's own entry, so that they are found under it.
	for (const finding of findings) order.record({ kind: "finding", finding });
	return { profile, service, route, requestTimeoutMs };
}

/** The controllers that hold its finalizers must see it off before the next profile restarts them. */
async function removeService(session: Session, order: Benchmark, subjects: readonly Subject[]): Promise<void> {
	const { cluster, signal, timeoutMs } = session;
	const { state, clock } = order;
	const [first] = subjects;
	if (first === undefined) return;
	const startedAt = clientNow(clock);
	await cluster.remove(first.service.ref, { propagation: "Foreground", signal });
	// As every other wait of a run: the limit is of real time, also where a simulated cluster's time goes faster.
	await waitGone(newTask({ ...session, clock: systemClock }), [first.service.ref]);
	for (const { service } of subjects) {
		const onTimeout = () =>
			new ClusterError(`the pods of ${service.revision} do not go away after their service was deleted`);
		const isGone = (now: LiveState) => (revisionState(now, service.revision).pods.length === 0 ? true : undefined);
		await state.until(isGone, { timeoutMs, signal, onTimeout });
	}
	order.record({ kind: "zero", waitedMs: elapsedMs(clock, startedAt) });
}
