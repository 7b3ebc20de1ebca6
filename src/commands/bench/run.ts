import type { Measured } from "../../analysis/likeness.ts";
import type { Context } from "../../context/context.ts";
import { requireAmbient } from "../../install/ambient.ts";
import type { Lock } from "../../install/state/lock.ts";
import type { Installation } from "../../install/wanted.ts";
import type { RenderedIstio } from "../../istio/render.ts";
import type { Cluster, KubeObject } from "../../kube/api/cluster.ts";
import { contentHash } from "../../kube/content-hash.ts";
import { alsoEndedBy, newTask, type Session } from "../../kube/wait/task.ts";
import { runBenchmark } from "../../measure/benchmark.ts";
import { machineFingerprint } from "../../measure/fingerprint.ts";
import type { Visit } from "../../measure/rounds.ts";
import type { ProgressDisplay } from "../../output/progress.ts";
import type { Profile } from "../../profile/profile.ts";
import type { Finding, Fingerprint } from "../../report/report.ts";
import type { TraceSource } from "../../traces/source.ts";
import { type Gate, refuseUnlike } from "../gate/gate.ts";
import { installationFor, installTelling } from "./installing.ts";
import { burstSizes, crowdSizes, manyAtOnce } from "./many-at-once.ts";
import { openObserving } from "./observing.ts";
import type { BenchOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import { openSampleNotes } from "./sample-notes.ts";
import type { Target } from "./target.ts";
import { openUntil } from "./until.ts";
import { openUntilVerdict } from "./until-verdict.ts";
import type { Workload } from "./workload.ts";

/** A bench under way: what was asked for, and the cluster that it is done on. */
export interface Run {
	options: BenchOptions;
	context: Context;
	target: Target;
	session: Session;
	cluster: Cluster;
	profiles: Profile[];
	visits: Visit[];
	gate: Gate;
	/** A hash of what each profile says, by its name. */
	profileHashes: ReadonlyMap<string, string>;
	knativeObjects: KubeObject[] | undefined;
	display: ProgressDisplay;
	workload: Workload;
	/** Where the cluster's own traces are; undefined where they were not asked for. */
	traces: TraceSource | undefined;
	/** By the profile that is installed. */
	rendered: Map<Profile, Promise<RenderedIstio>>;
}

/** Istio's objects for a profile, rendered once. */
export function rendering(run: Run, profile: Profile): Promise<RenderedIstio> {
	const known = run.rendered.get(profile);
	if (known !== undefined) return known;
	const rendering = run.target.render(profile, run.session.signal);
	run.rendered.set(profile, rendering);
	return rendering;
}

/** What is installed for a profile. */
export async function installationOf(run: Run, profile: Profile): Promise<Installation> {
	const { options, knativeObjects, display } = run;
	const istio = options.useInstalled ? undefined : await rendering(run, profile);
	const hasIdleServices = crowdSizes(options).length > 0 || options.pull === true;
	return installationFor(profile, istio, { ...options, knativeObjects, hasIdleServices, progress: display.progress });
}

/**
 * Before anything is changed: a profile that cannot be rendered, or not by this renderer's version, or that needs of the
 * nodes what they do not have, is refused, whenever its turn would come.
 */
export async function requireInstallable(run: Run): Promise<void> {
	const { useInstalled } = run.options;
	const task = newTask(run.session);
	const installed = run.visits.flatMap(({ profiles: [first] }) => first ?? []);
	await Promise.all(
		installed.map(async (profile) => {
			const istioObjects = useInstalled ? [] : (await rendering(run, profile)).objects;
			await requireAmbient(task, { profile, istioObjects, useInstalled });
		}),
	);
}

/** What is needed beside the run to measure it. */
export interface Measuring {
	recorder: Recorder;
	lock: Lock;
	/** After each visit's last cold start. */
	onVisitDone(): Promise<void>;
}

/** Measures every profile of the run; what is measured is in the recorder, however it ends. */
export async function measure(run: Run, { recorder, lock, onVisitDone }: Measuring): Promise<void> {
	const { options, context, cluster, visits } = run;
	const { requestTimeoutSeconds, gateway } = options;
	const session = alsoEndedBy(run.session, lock.lost);
	const sampled = {
		visits,
		iterations: options.iterations,
		crowds: crowdSizes(options).length,
		hasBursts: burstSizes(options).length > 0,
		clock: run.target.clock,
		progress: run.display.progress,
	};
	const { begin, tell } = openSampleNotes(sampled, recorder);
	const isEnough = openEnough(run, recorder);
	const observing = openObserving(run, recorder);
	await runBenchmark(session, {
		visits,
		install: (profile) => {
			begin();
			return install({ ...run, session }, profile, lock);
		},
		ownFingerprint: (profile) => ownFingerprint(run, profile),
		namespace: options.namespace,
		image: options.image,
		...run.workload,
		isEnough: ({ name }) => isEnough(name),
		requestTimeoutSeconds,
		copies: options.copies,
		gateway,
		state: recorder.state,
		clock: run.target.clock,
		record: (entry) => {
			recorder.record(entry);
			// Installed and proven: what would make the comparison void is known before the first cold start.
			if (entry.kind !== "profile" || entry.isUnproven === true) return;
			refuseIfUnlike(run, [entry], { isPartial: false });
			for (const finding of notSimulated(run, entry.profile)) recorder.record({ kind: "finding", finding });
		},
		...manyAtOnce(options, run.display),
		startsFirstOnNode: options.pull === true,
		host: {
			threadUrl: context.observerThread,
			onEntry: recorder.add,
			renew: () => cluster.connection(true),
		},
		onSample: tell,
		onVisitDone,
		...(observing === undefined ? {} : { observe: observing.observe }),
	});
	observing?.conclude();
}

/** A knob that the simulated cluster does not have must not be taken for one that buys nothing. */
function notSimulated({ target }: Run, profile: Profile): Finding[] {
	const settings = target.ineffective?.(profile) ?? [];
	if (settings.length === 0) return [];
	const message = `the simulated cluster has no model of ${settings.join(", ")}: it changes nothing here`;
	return [{ code: "not-simulated", message, hint: "measure it on a real cluster" }];
}

/** Whether a profile's rounds may end before its last iteration. */
export function openEnough(
	{ options, gate }: Pick<Run, "options" | "gate">,
	recorder: Recorder,
): (profile: string) => boolean {
	const { untilMs, untilVerdict = false, iterations } = options;
	if (untilVerdict) return openUntilVerdict(recorder, { gate, iterations });
	return untilMs === undefined ? () => false : openUntil(recorder, { halfWidthMs: untilMs, iterations });
}

/** Before anything is installed: what of the fingerprints no installation changes, and whether the baseline has the profiles. */
export async function refuseIfUnlikeAlready(run: Run): Promise<void> {
	if (run.gate.baseline === undefined) return;
	const fingerprint = await machineFingerprint(run.session.cluster, run.session.signal);
	refuseIfUnlike(
		run,
		run.profiles.map((profile) => ({ profile, fingerprint: { ...fingerprint, ...ownFingerprint(run, profile) } })),
		{ isPartial: true },
	);
}

const ownFingerprint = ({ profileHashes, workload }: Run, { name }: Profile): Fingerprint => ({
	profile: profileHashes.get(name) ?? "unknown",
	...workload.fingerprint,
});

function refuseIfUnlike(run: Run, profiles: Measured["profiles"], { isPartial }: { isPartial: boolean }): void {
	refuseUnlike(run.gate, { simulated: run.target.simulated, profiles, isPartial });
}

async function install(run: Run, profile: Profile, lock: Lock) {
	const what = await installationOf(run, profile);
	const rendered = await run.rendered.get(profile);
	const made: Fingerprint = {
		...(rendered === undefined ? {} : { renderer: rendered.renderer, manifests: contentHash(rendered.objects) }),
		...(run.knativeObjects === undefined ? {} : { "knative-manifests": contentHash(run.knativeObjects) }),
	};
	refuseIfUnlike(run, [{ profile, fingerprint: made }], { isPartial: true });
	const { installMs, knative, istioVersion } = await installTelling(run.session, what, { lock });
	return {
		installMs,
		fingerprint: {
			knative: knative.version ?? "unknown",
			...(istioVersion === undefined ? {} : { istio: istioVersion }),
			...made,
		},
	};
}
