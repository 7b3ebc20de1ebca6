import type { ClientClock } from "../clock/client-clock.ts";
import { ClusterError } from "../errors.ts";
import { findInstalledService, type InstalledService } from "../knative/installed-service.ts";
import { describeWait } from "../knative/way-to-zero.ts";
import { isAtZero, revisionState } from "../knative/zero.ts";
import { alsoEndedBy, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import type { Outcome } from "../report/report.ts";
import { openClockProbes } from "./clocks/clocks.ts";
import { coldStart, isAnswered, type Starting, untilReady } from "./cold-start.ts";
import { type AsFoundOrder, startFirst } from "./first-as-found.ts";
import { liveTraffic, requireUnwanted, untilQuiet } from "./live-traffic.ts";
import { observeRevision } from "./observed-namespace.ts";
import type { Observer, ObserverHost } from "./observing/observer.ts";
import { untilFailure } from "./schedule.ts";

/** An existing service that is started cold as it is: nothing is deployed or changed. */
export interface InstalledRun extends AsFoundOrder {
	/** Cold starts, after a first start that only shows what a pod has. */
	iterations: number;
	clock: ClientClock;
	host: ObserverHost;
	/** Before each cold start, and with its times after it. */
	onSample(profile: Profile, round: number, times?: RequestTimes): void;
	/** What the last cold start turned out to be. */
	lastOutcome(): Outcome | undefined;
	/** Asked once after each cold start; true ends the run. */
	isEnough(profile: Profile): boolean;
	/** In [0, 1); tests replace it. */
	random?(): number;
}

/**
 * Measures it, one request at a time, and waits for its own way to zero. The observer is stopped however the run ends.
 * @throws LiveTrafficError as soon as somebody else uses the service; ClusterError where it is changed meanwhile
 */
export async function measureInstalled(given: Session, run: InstalledRun): Promise<void> {
	const ended = new AbortController();
	const session = alsoEndedBy(given, ended.signal);
	const { service, clock, record, host } = run;
	const { namespace = "" } = service.ref;
	let observer: Observer | undefined;
	try {
		observer = await observeRevision(session, { namespace, revision: service.revision, clock, record, host });
		const seen = observer;
		await untilFailure(session, seen, (watched) => startAll(watched, run, seen));
	} finally {
		ended.abort();
		await observer?.stop();
	}
}

async function startAll(session: Session, run: InstalledRun, observer: Observer): Promise<void> {
	const { service, state, clock, record } = run;
	await waitForZero(session, run, "it has pods");
	const { profile, route, requestTimeoutMs } = await startFirst(session, run, observer);
	const clocks = openClockProbes({ cluster: session.cluster, state, clock, record, signal: session.signal });
	const subject = { profile, copies: [service] as const, route, requestTimeoutMs };
	const starting: Starting = {
		observer,
		state,
		subjects: [subject],
		asked: run.asked,
		record,
		clock,
		...(run.random && { random: run.random }),
	};
	clocks.probeIfDue();
	await waitForZero(session, run, "its first pod, which showed what is installed, goes");
	for (let round = 1; round <= run.iterations; round++) {
		await requireSame(session, service);
		requireUnwanted(state, service.revision);
		run.onSample(profile, round);
		const times = await coldStart(session, starting, { subject, service, round });
		run.onSample(profile, round, times);
		clocks.probeIfDue();
		await seeOut(session, run, isAnswered(starting, times));
		record({ kind: "sample-end", round });
		if (run.lastOutcome() === "warm") {
			throw liveTraffic(`a pod of ${service.revision} was there before the request ${round} of knistio was sent`);
		}
		if (run.isEnough(profile)) break;
	}
	await clocks.done();
}

/** What a request that failed has set going must have shown itself before it can be waited for. */
const lateStartMs = 10_000;

async function seeOut(session: Session, run: InstalledRun, isUp: boolean): Promise<void> {
	await untilReady(session, run.state, { service: run.service, isUp });
	if (!isUp) await session.clock.sleep(lateStartMs, session.signal);
	await waitForZero(session, run, "its pod goes");
}

async function waitForZero({ signal, progress }: Session, run: InstalledRun, why: string): Promise<void> {
	const { service, state, clock, record } = run;
	const { revision, zero, ref } = service;
	if (isAtZero(revisionState(state, revision))) return;
	const text = `waiting for ${ref.namespace}/${ref.name} to go to zero, ${describeWait(zero)}`;
	progress({ kind: "step", text });
	progress({ kind: "detail", text: why });
	const waitedMs = await untilQuiet({ state, revision, zero, clock, signal });
	record({ kind: "zero", waitedMs });
}

/** Somebody may deploy while it is measured. */
async function requireSame({ cluster, signal }: Session, { ref, revision, hash }: InstalledService): Promise<void> {
	const { namespace = "", name } = ref;
	const now = await findInstalledService(cluster, { namespace, name }, signal);
	if (now.revision === revision && now.hash === hash) return;
	const what = now.revision === revision ? "its revision is otherwise" : `it is revision ${now.revision} now`;
	throw new ClusterError(`service ${namespace}/${name} was changed while it was measured: ${what}, not ${revision}`, {
		hint: "run again when nobody deploys it",
	});
}
