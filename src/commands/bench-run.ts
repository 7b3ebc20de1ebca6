import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import type { Context } from "../context.ts";
import type { Lock } from "../install/lock.ts";
import { type InstallRequest, installProfile } from "../install/profile-install.ts";
import type { RenderedIstio } from "../install/render.ts";
import { type BenchmarkOrder, runBenchmark } from "../measure/benchmark.ts";
import { contentHash } from "../measure/fingerprint.ts";
import type { Profile } from "../model/profile.ts";
import type { ProgressDisplay } from "../output/progress.ts";
import { spell } from "../output/units.ts";
import type { BenchOptions } from "./bench.ts";
import type { Recorder } from "./recorder.ts";
import type { Target } from "./target.ts";
import { openTimeLeft } from "./time-left.ts";
import { openUntil } from "./until.ts";

/** A bench under way: what was asked for, and the cluster that it is done on. */
export interface Run {
	options: BenchOptions;
	context: Context;
	target: Target;
	cluster: Cluster;
	profiles: Profile[];
	/** A hash of what each profile says, by its name. */
	profileHashes: ReadonlyMap<string, string>;
	knativeObjects: KubeObject[] | undefined;
	display: ProgressDisplay;
	/** Rendering takes a second a profile; the next one is rendered while the one before is measured. */
	rendered: Map<Profile, Promise<RenderedIstio>>;
}

/** Istio's objects for a profile, rendered once. */
export function rendering(run: Run, profile: Profile, signal: AbortSignal): Promise<RenderedIstio> {
	const known = run.rendered.get(profile);
	if (known !== undefined) return known;
	const rendering = run.target.render(profile, signal);
	run.rendered.set(profile, rendering);
	return rendering;
}

/** What the installer is asked for. */
export async function installRequest(run: Run, profile: Profile, signal: AbortSignal): Promise<InstallRequest> {
	const { options, knativeObjects, display } = run;
	const istio = options.useInstalled ? undefined : await rendering(run, profile, signal);
	for (const warning of istio?.warnings ?? []) display.progress({ kind: "note", text: `warning: ${warning}` });
	return {
		profile,
		istioObjects: istio?.objects ?? [],
		...(knativeObjects === undefined ? {} : { knativeObjects }),
		namespace: options.namespace,
		authorizerImage: options.image,
		useInstalled: options.useInstalled,
		timeoutMs: options.timeoutMs,
		signal,
		progress: display.progress,
		clock: run.target.installClock,
	};
}

/** What is needed beside the run to measure it. */
export interface Measuring {
	recorder: Recorder;
	lock: Lock;
	/** After each profile's last sample. */
	onProfileDone(): Promise<void>;
}

/** Measures every profile of the run; what is measured is in the recorder, however it ends. */
export async function measure(run: Run, { recorder, lock, onProfileDone }: Measuring): Promise<void> {
	const { options, context, cluster, profiles, display } = run;
	const { untilMs, iterations, requestTimeoutSeconds, gateway } = options;
	const signal = AbortSignal.any([context.signal, lock.lost]);
	setMaxListeners(0, signal);
	const { begin, tell } = openSampleNotes(run);
	const isEnough = untilMs === undefined ? () => false : openUntil(recorder, { halfWidthMs: untilMs, iterations });
	await runBenchmark({
		cluster,
		profiles,
		install: (profile) => {
			begin();
			return install(run, profile, { lock, signal });
		},
		namespace: options.namespace,
		image: options.image,
		target: options.expectBody ?? `knistio-${randomBytes(4).toString("hex")}`,
		iterations,
		isEnough: ({ name }) => isEnough(name),
		...(requestTimeoutSeconds === undefined ? {} : { requestTimeoutSeconds }),
		timeoutMs: options.timeoutMs,
		...(gateway === undefined ? {} : { gateway }),
		state: recorder.state,
		clock: run.target.clock,
		record: recorder.record,
		host: {
			threadUrl: context.observerThread,
			onEntry: recorder.add,
			renew: () => cluster.connection(true),
		},
		progress: display.progress,
		onSample: tell,
		onProfileDone,
		signal,
	});
}

async function install(run: Run, profile: Profile, { lock, signal }: { lock: Lock; signal: AbortSignal }) {
	const request = await installRequest(run, profile, signal);
	renderNext(run, profile, signal);
	const { installMs, knative, istioVersion, kept } = await installProfile(run.cluster, { ...request, lock });
	for (const { ref, reason } of kept) {
		run.display.progress({ kind: "note", text: `kept ${ref.kind} ${ref.name}: ${reason}` });
	}
	const rendered = await run.rendered.get(profile);
	return {
		installMs,
		fingerprint: {
			profile: run.profileHashes.get(profile.name) ?? "unknown",
			knative: knative.version ?? "unknown",
			...(istioVersion === undefined ? {} : { istio: istioVersion }),
			...(rendered === undefined ? {} : { renderer: rendered.renderer, manifests: contentHash(rendered.objects) }),
			...(run.knativeObjects === undefined ? {} : { "knative-manifests": contentHash(run.knativeObjects) }),
		},
	};
}

function renderNext(run: Run, profile: Profile, signal: AbortSignal): void {
	const next = run.profiles[run.profiles.indexOf(profile) + 1];
	if (next !== undefined && !run.options.useInstalled) rendering(run, next, signal).catch(() => {});
}

/** A line for each sample, with the time that the run will still take. */
function openSampleNotes({ profiles, options, display }: Run): { begin(): void; tell: BenchmarkOrder["onSample"] } {
	const timeLeft = openTimeLeft(profiles.length, options.iterations + 1);
	return {
		begin: () => timeLeft.begin(performance.now()),
		tell: (profile, round, times) => {
			timeLeft.sampled(performance.now());
			const leftMs = timeLeft.leftMs();
			const left = leftMs === undefined ? "" : `; about ${spell(leftMs)} left`;
			const seconds = (Number(times.lastByteAt) - Number(times.sentAt)) / 1e9;
			const answer = times.error ?? `HTTP ${times.status}, ${seconds.toFixed(3)} s`;
			const name = round === 0 ? "warm-up" : `cold start ${round} of ${options.iterations}`;
			display.progress({ kind: "note", text: `${profile.name}: ${name}: ${answer}${left}` });
		},
	};
}
