import { systemClock } from "../../clock/clock.ts";
import type { Context } from "../../context/context.ts";
import { type ExitCode, exitCodes, UsageError } from "../../errors.ts";
import { planInstall, planLines } from "../../install/plan.ts";
import { requireRights } from "../../install/rights.ts";
import { takeLock } from "../../install/state/lock.ts";
import { requireGivenGateway } from "../../knative/given-gateway.ts";
import { readKnativeManifests } from "../../knative/manifest-files.ts";
import { requireNeeded } from "../../knative/own/needs.ts";
import { requireZeroAllowed } from "../../knative/zero-settings.ts";
import { contentHash } from "../../kube/content-hash.ts";
import { type Session, uninterrupted } from "../../kube/wait/task.ts";
import { planVisits, type Visit } from "../../measure/rounds.ts";
import { openProgress } from "../../output/progress.ts";
import { substitute } from "../../profile/effective.ts";
import type { Profile } from "../../profile/profile.ts";
import { loadWithVariants } from "../../profile/variants.ts";
import { recordingVersion, type Untimed } from "../../recording/entries.ts";
import { type ReportFile, reportFiles } from "../gate/report-files.ts";
import { type Before, cleanUp, endInWords, lookBefore } from "./clean-up.ts";
import { finishRun, prepareOutputs, recordingPath, saveSoFar } from "./finish.ts";
import { refuseManyOfOne } from "./many-at-once.ts";
import type { BenchOptions } from "./options.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { installationOf, measure, type Run, refuseIfUnlikeAlready, requireInstallable } from "./run.ts";
import { openTarget, requireInstalled } from "./target.ts";
import { askTraces, openTraces } from "./traces.ts";
import { requireOneInstall, variantsOf } from "./variants.ts";
import { readWorkload, workloadChanges } from "./workload.ts";

/**
 * `knistio bench`: the main job. Everything that can be wrong with the input is found before the cluster is touched.
 * @param open gives the cluster to measure, which is closed in the end
 */
export async function bench(options: BenchOptions, context: Context, open = openTarget): Promise<ExitCode> {
	const named = await loadWithVariants(options.profiles, options.variants);
	const loaded = named.map((profile) => withSidecar(profile, options.sidecar));
	const profiles = loaded.map((profile) => substitute(profile, options.namespace));
	const profileHashes = new Map(loaded.map((profile) => [profile.name, profileHash(profile)]));
	const visits = visitsOf(profiles, options);
	if (options.useInstalled) {
		requireInstalled(options.where);
		requireOneInstall(visits);
	}
	refuseManyOfOne(profiles, options);
	const outputs = await reportFiles(options.out);
	const workload = await readWorkload(options, context);
	const gate = await prepareOutputs(profiles, options, context);
	const knativeObjects = await readKnativeManifests(options.knativeManifests);
	await requireGivenGateway({ given: options.gateway, isInstalled: options.useInstalled, signal: context.signal });
	const target = await open(options.where, context);
	const { cluster } = target;
	const display = openProgress(context);
	try {
		const traces = await openTraces(options, target, context);
		display.progress({ kind: "step", text: `looking at the cluster of context ${cluster.context}` });
		const asked = {
			options,
			context,
			target,
			cluster,
			profiles,
			profileHashes,
			visits,
			gate,
			knativeObjects,
			workload,
			traces,
		};
		const session: Session = {
			cluster,
			signal: context.signal,
			clock: target.installClock,
			progress: display.progress,
			timeoutMs: options.timeoutMs,
		};
		const run: Run = { ...asked, session, display, rendered: new Map() };
		await Promise.all([
			requireRights(cluster, context.signal).then(() => requireZeroAllowed(cluster, zeroWait(run))),
			refuseIfUnlikeAlready(run),
			requireNeeded(cluster, { needs: workload.own?.needs ?? [], ...options, signal: context.signal }),
			requireInstallable(run),
		]);
		if (options.dryRun) return await dryRun(run);
		for (const text of workloadChanges(workload, options.namespace)) display.progress({ kind: "note", text });
		return await benchOn(run, outputs);
	} finally {
		display.clear();
		await target.close();
	}
}

const zeroWait = ({ options: { timeoutMs }, target: { clock }, knativeObjects, context: { signal } }: Run) => ({
	timeoutMs,
	clock,
	knativeObjects,
	signal,
});

async function benchOn(run: Run, outputs: ReportFile[]): Promise<ExitCode> {
	const { options, context, session, display } = run;
	const { clock } = run.target;
	// Renewed and judged in real time, also on a simulated cluster whose time runs faster.
	const lock = await takeLock({ ...session, clock: systemClock });
	let before: Before;
	let recorder: Recorder;
	try {
		before = await lookBefore(session);
		// What an earlier run left is replaced by one that may use the cluster, and not before.
		recorder = await openRecorder(context, recordingPath(options), clock);
	} catch (error) {
		await lock.release().catch(() => {});
		throw error;
	}
	recorder.record(beginning(run));
	const asking = askTraces(run, recorder);
	let failure: unknown;
	try {
		const onVisitDone = () => saveSoFar(run, recorder, outputs);
		await measure(run, { recorder, lock, onVisitDone });
		if (asking !== undefined) display.progress({ kind: "step", text: "waiting for the last traces" });
		await asking?.done();
	} catch (error) {
		failure = error;
	}
	const uncleaned = () => cleanUp(uninterrupted(session), { ...options, lock, before });
	return finishRun({ ...run, recorder, outputs, failure }, uncleaned);
}

/** The first entry of the recording. */
function beginning(run: Run): Untimed {
	const { options, context, cluster, profiles, target, visits } = run;
	return {
		kind: "run",
		version: recordingVersion,
		knistio: context.version,
		context: cluster.context,
		iterations: options.iterations,
		profiles: profiles.map(({ name }) => name),
		order: { seed: options.seed, blocks: options.blocks, turns: turnsOf(visits) },
		...variantsOf(profiles),
		...(run.traces === undefined ? {} : { traces: true }),
		...(target.simulated === undefined ? {} : { simulated: target.simulated }),
	};
}

async function dryRun(run: Run): Promise<ExitCode> {
	const { context, session, profiles, options, display, workload } = run;
	context.stdout(
		workloadChanges(workload, options.namespace)
			.map((line) => `${line}\n`)
			.join(""),
	);
	for (const profile of profiles) {
		const plan = await planInstall(session, await installationOf(run, profile));
		display.clear();
		const lines = planLines(plan).map((line) => `  ${line}\n`);
		context.stdout(`${profile.name}, seen from the cluster as it is now:\n${lines.join("")}`);
		context.stdout(`  deploy ${deployed(options)} and start it cold ${options.iterations + options.blocks} times\n`);
	}
	context.stdout(`${describeVisits(run.visits)}\n`);
	const before = await lookBefore(session);
	context.stdout(`in the end: ${endInWords(before, options.keep)}\n`);
	return exitCodes.ok;
}

/** How many copies it takes is known when the first one has been started. */
function deployed({ namespace, copies }: BenchOptions): string {
	const service = `Service ${namespace}/helloworld`;
	if (copies === 1) return service;
	return copies === undefined
		? `${service} and as many copies (helloworld-2, …) as it takes`
		: `${service} and ${copies - 1} more copies (helloworld-2, …)`;
}

function visitsOf(profiles: Profile[], { iterations, blocks, seed }: BenchOptions): Visit[] {
	if (blocks > iterations) {
		throw new UsageError(`--blocks ${blocks}: there are only ${iterations} cold starts of each profile to share out`, {
			hint: `at most --blocks ${iterations}, or more --iterations`,
		});
	}
	return planVisits({ profiles, iterations, blocks, seed });
}

/** Who shares an installation with others; a group comes once, however often it is visited. */
function turnsOf(visits: readonly Visit[]): string[][] {
	const groups = new Set(visits.map(({ profiles }) => profiles).filter(({ length }) => length > 1));
	return [...groups].map((profiles) => profiles.map(({ name }) => name));
}

/** `order: minimal (rounds 1–10), full and full-classic in turns (rounds 1–10)`. */
function describeVisits(visits: readonly Visit[]): string {
	const texts = visits.map(({ profiles, rounds }) => {
		const names = profiles.map(({ name }) => name);
		const who = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} in turns`;
		return `${who} (rounds ${rounds[1]?.round}–${rounds.at(-1)?.round})`;
	});
	return `order: ${texts.join(", ")}`;
}

/** Under the same name a profile may be another one tomorrow. What only words or judges it makes no difference. */
function profileHash({ title: _, description: __, variant: ___, budgets: ____, ...profile }: Profile): string {
	return contentHash(profile);
}

function withSidecar(profile: Profile, shape: BenchOptions["sidecar"]): Profile {
	if (shape === undefined || profile.promises.sidecar === "none") return profile;
	if (profile.promises.sidecar !== "any" && profile.promises.sidecar !== shape) {
		throw new UsageError(`--sidecar ${shape}: profile ${profile.name} promises a ${profile.promises.sidecar} sidecar`);
	}
	return {
		...profile,
		podAnnotations: { ...profile.podAnnotations, "sidecar.istio.io/nativeSidecar": String(shape === "native") },
		promises: { ...profile.promises, sidecar: shape },
	};
}
