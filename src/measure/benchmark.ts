import { clientNow, elapsedMs } from "../clock/client-clock.ts";
import { systemClock } from "../clock/clock.ts";
import { removeAllWorkloads } from "../install/removal/workloads.ts";
import type { ObjectRef } from "../kube/api/cluster.ts";
import { alsoEndedBy, newTask, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import type { Fingerprint } from "../report/report.ts";
import { type BurstPlan, runBursts } from "./bursts.ts";
import { openClockProbes } from "./clocks/clocks.ts";
import type { Subject } from "./cold-start.ts";
import { type CrowdPlan, runCrowds } from "./crowds.ts";
import { serviceRefs } from "./deployment.ts";
import { startFirstOnNode } from "./first-on-node.ts";
import { observeNamespace } from "./observed-namespace.ts";
import type { Observer, ObserverHost } from "./observing/observer.ts";
import type { Visit } from "./rounds.ts";
import { type ColdStarts, runColdStarts } from "./schedule.ts";
import { unlessSetAside } from "./set-aside.ts";
import { deploySubject, type RunSoFar, type SubjectOrder, type VisitUnderWay } from "./subject.ts";

/** A whole run: every visit's profiles installed, proven and started cold. */
export interface Benchmark extends SubjectOrder {
	visits: readonly Visit[];
	/** Puts the profile on the cluster; called when those before have been measured and their service is gone. */
	install(profile: Profile): Promise<{ installMs: number; fingerprint: Fingerprint }>;
	host: ObserverHost;
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** Whether the first start of each profile, with the pull of its images, is measured too. */
	startsFirstOnNode?: boolean;
	/** Services asked in the same instant, after the cold starts of each visit. */
	bursts?: BurstPlan;
	/** Cold starts among idle services, at the end of each visit. */
	crowds?: Omit<CrowdPlan, "onAdded">;
	/** After the last cold start of each visit. */
	onVisitDone(): Promise<void>;
	/** After that, for each profile of a visit that could be measured: it is still installed, and has no service any more. */
	observe?(session: Session, profile: Profile): Promise<void>;
	/** Asked once after each cold start; true ends the profile's rounds. */
	isEnough(profile: Profile): boolean;
}

/** Runs it; what is measured goes to `record` as it happens. The observer is stopped however the run ends. */
export async function runBenchmark(given: Session, order: Benchmark): Promise<void> {
	let observer: Observer | undefined;
	// Nothing that waits outlives the run, whatever ended it.
	const ended = new AbortController();
	const session = alsoEndedBy(given, ended.signal);
	const { record } = order;
	const soFar: RunSoFar = { limits: new Map(), ended: new Set(), setAside: new Set() };
	try {
		for (const [index, visit] of order.visits.entries()) {
			const [installed] = visit.profiles;
			if (installed === undefined || visit.profiles.every((profile) => soFar.ended.has(profile))) continue;
			const installation = await unlessSetAside(session, { ...soFar, record, profiles: visit.profiles }, () =>
				order.install(installed),
			);
			if (installation === undefined) continue;
			if (observer === undefined) {
				observer = await observeNamespace(session, order);
				observer.failure.catch((error) => ended.abort(error));
			}
			const deployed = await measureVisit(session, order, { observer, visit, ...installation, soFar });
			await order.onVisitDone();
			const measured = visit.profiles.filter((profile) => !soFar.setAside.has(profile));
			const hasFailed = measured.length < visit.profiles.length;
			const isLast = index === order.visits.length - 1;
			if (!isLast || order.observe !== undefined) await removeServices(session, order, { ...deployed, hasFailed });
			for (const profile of measured) await order.observe?.(session, profile);
		}
	} finally {
		ended.abort();
		await observer?.stop();
	}
}

async function measureVisit(session: Session, order: Benchmark, underWay: VisitUnderWay): Promise<Deployed> {
	const subjects = await deploySubjects(session, order, underWay);
	const deployed: Deployed = { subjects, crowd: [] };
	if (subjects.length === 0) return deployed;
	// The ways to zero take long enough to learn the clocks meanwhile, and to see whether they move.
	const clocks = openClockProbes({ ...order, cluster: session.cluster, signal: session.signal });
	const starts: ColdStarts = {
		observer: underWay.observer,
		state: order.state,
		subjects,
		rounds: underWay.visit.rounds,
		asked: order.asked,
		clock: order.clock,
		record: order.record,
		onSample: order.onSample,
		onWayToZero: clocks.probeIfDue,
		ended: underWay.soFar.ended,
		isEnough: order.isEnough,
	};
	await runColdStarts(session, starts);
	if (order.bursts !== undefined) await runBursts(session, starts, order.bursts);
	if (order.crowds !== undefined) {
		const onAdded = (services: readonly ObjectRef[]) => void deployed.crowd.push(...services);
		await runCrowds(session, starts, { ...order.crowds, onAdded });
	}
	await clocks.done();
	return deployed;
}

/** Each profile of the visit, deployed and proven; without the variants with which that fails. */
async function deploySubjects(session: Session, order: Benchmark, underWay: VisitUnderWay): Promise<Subject[]> {
	const subjects: Subject[] = [];
	const { visit, soFar } = underWay;
	for (const profile of visit.profiles.filter((each) => !soFar.setAside.has(each))) {
		const deploying = { underWay, profile, before: subjects };
		const subject = await unlessSetAside(session, { ...soFar, record: order.record, profiles: [profile] }, async () => {
			if (order.startsFirstOnNode === true) await startFirstOnNode(session, order, deploying);
			return deploySubject(session, order, deploying);
		});
		if (subject !== undefined) subjects.push(subject);
	}
	return subjects;
}

/** What a visit put into the namespace. */
interface Deployed {
	subjects: readonly Subject[];
	/** Idle services that were merely there. */
	crowd: ObjectRef[];
}

/**
 * Removes a visit's services. The controllers that hold their finalizers must see them off before the next profile
 * restarts them; pods whose work is over are not given time to drain.
 */
async function removeServices(
	session: Session,
	order: Benchmark,
	{ subjects, crowd, hasFailed }: Deployed & { hasFailed: boolean },
): Promise<void> {
	const startedAt = clientNow(order.clock);
	// Profiles that take turns are revisions of the same services.
	const copies = hasFailed ? serviceRefs(order) : (subjects[0]?.copies ?? []).map(({ ref }) => ref);
	const refs = [...crowd, ...copies];
	// As every other wait of a run: the limit is of real time, also where a simulated cluster's time goes faster.
	await removeAllWorkloads(newTask({ ...session, clock: systemClock }), refs);
	order.record({ kind: "zero", waitedMs: elapsedMs(order.clock, startedAt) });
}
