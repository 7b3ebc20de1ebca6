import { systemClock } from "../clock/clock.ts";
import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { requireRights } from "../install/rights.ts";
import { takeLock } from "../install/state/lock.ts";
import { describeRoute } from "../knative/gateway.ts";
import { requireGivenGateway } from "../knative/given-gateway.ts";
import { readKnativeManifests } from "../knative/manifest-files.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { alsoEndedBy, type Session, uninterrupted } from "../kube/wait/task.ts";
import { machineFingerprint } from "../measure/fingerprint.ts";
import { openProgress } from "../output/progress.ts";
import { type TradeoffFormat, tradeoffFormatNamed, tradeoffFormatOfFile } from "../output/tradeoff-formats.ts";
import { substitute } from "../profile/effective.ts";
import { loadProfiles } from "../profile/load.ts";
import type { Profile } from "../profile/profile.ts";
import { parseReport } from "../report/read-report.ts";
import type { Fingerprint, Report } from "../report/report.ts";
import { columnsNamed } from "../tradeoffs/columns.ts";
import type { Probe } from "../tradeoffs/probes/probe.ts";
import { probes as everyProbe } from "../tradeoffs/probes/probes.ts";
import { tradeoffsOf } from "../tradeoffs/tradeoffs.ts";
import { type Visited, visitProfile } from "../tradeoffs/visit/visit.ts";
import { cleanUp, lookBefore } from "./bench/clean-up.ts";
import { installationFor, installTelling } from "./bench/installing.ts";
import { openTarget, type Target, type Where } from "./bench/target.ts";
import { endRun } from "./gate/ending.ts";
import { toldOn, writeFiles } from "./gate/sink.ts";

/** What is to be observed, and where it goes. */
export interface TradeoffOptions {
	profiles: string[];
	/** Path of a run's report, for the cold starts. */
	report?: string;
	/** Names of columns, several in one separated by commas; all are looked for where there is none. */
	only: readonly string[];
	where: Where;
	namespace: string;
	/** Of the service under test, and of the external authorizer. */
	image: string;
	knativeManifests: string[];
	gateway?: string;
	/** Address of Jaeger's query API. */
	traces?: string;
	timeoutMs: number;
	/** The name of a format, for stdout. */
	format: string;
	out: string[];
}

/** `knistio tradeoffs`: each profile on the cluster, and every probe of its costs and benefits. */
export async function tradeoffs(options: TradeoffOptions, context: Context, open = openTarget): Promise<ExitCode> {
	const profiles = (await loadProfiles(options.profiles)).map((profile) => substitute(profile, options.namespace));
	const asked = columnsNamed("--only", options.only).map(({ name }) => name);
	const probes = probesFor(asked);
	const format = tradeoffFormatNamed(options.format);
	const files = options.out.map((file) => ({
		file,
		format: tradeoffFormatOfFile(file),
	}));
	for (const { file } of files) await context.requireWritable(file);
	const { report: path } = options;
	const given = path === undefined ? undefined : parseReport(await context.readFile(path), path);
	refuseOtherKind(given, options);
	const knativeObjects = await readKnativeManifests(options.knativeManifests);
	await requireGivenGateway({ given: options.gateway, isInstalled: false, signal: context.signal });
	const target = await open(options.where, context);
	const display = openProgress(context);
	try {
		const session: Session = {
			cluster: target.cluster,
			signal: context.signal,
			clock: target.installClock,
			progress: display.progress,
			timeoutMs: options.timeoutMs,
		};
		const { signal } = context;
		await Promise.all([requireRights(target.cluster, signal), refuseOtherCluster(given, session)]);
		const run: Run = {
			options,
			context,
			target,
			session,
			profiles,
			asked,
			probes,
			knativeObjects,
			given,
			clear: display.clear,
		};
		return await observe(run, { format, files });
	} finally {
		display.clear();
		await target.close();
	}
}

interface Run {
	options: TradeoffOptions;
	context: Context;
	target: Target;
	session: Session;
	profiles: Profile[];
	/** Names of the columns that `--only` gives. */
	asked: readonly string[];
	probes: readonly Probe[];
	knativeObjects: KubeObject[] | undefined;
	/** The report that the observations are added to. */
	given: Report | undefined;
	/** Takes the live progress away. */
	clear(): void;
}

interface Results {
	format: TradeoffFormat;
	files: { file: string; format: TradeoffFormat }[];
}

async function observe(run: Run, { format, files }: Results): Promise<ExitCode> {
	const { options, context, session, profiles, asked, clear } = run;
	// Renewed and judged in real time, also on a simulated cluster whose time runs faster.
	const lock = await takeLock({ ...session, clock: systemClock });
	const startedAt = new Date().toISOString();
	const visited = new Map<Profile, Visited>();
	let failure: unknown;
	let before: Awaited<ReturnType<typeof lookBefore>>;
	try {
		before = await lookBefore(session);
	} catch (error) {
		await lock.release().catch(() => {});
		throw error;
	}
	try {
		const held = alsoEndedBy(session, lock.lost);
		for (const profile of profiles) {
			await install({ ...run, session: held }, profile, lock);
			visited.set(profile, await visit({ ...run, session: held }, profile));
		}
	} catch (error) {
		failure = error;
	}
	const uncleaned = await cleanUp(uninterrupted(session), {
		keep: false,
		before,
		namespace: options.namespace,
		lock,
	});
	clear();
	const report = reportOf(run, { startedAt, visited, failure });
	const unwritten = await writeFiles(
		files.map(({ file, format }) => ({ file, content: async () => (await format.load())(report) })),
		toldOn(context),
	);
	if (visited.size > 0) context.stdout((await format.load())(report, { color: context.color }));
	return endRun({
		failure,
		judge: async () => judge(report, asked, context),
		unwritten,
		uncleaned,
	});
}

/** All probes, or those that look for one of these columns. */
function probesFor(asked: readonly string[]): readonly Probe[] {
	const unprobed = asked.find((name) => everyProbe.every(({ columns }) => !columns.includes(name)));
	if (unprobed !== undefined) {
		throw new UsageError(`--only: no probe looks for ${unprobed}, which comes from a report`, {
			hint: "give the report of a run by --report: its cold starts are then in the table, whatever is asked for",
		});
	}
	return asked.length === 0
		? everyProbe
		: everyProbe.filter(({ columns }) => columns.some((name) => asked.includes(name)));
}

/** Nothing tested of a profile is no result; neither is a column that was asked for by name and not tested. */
function judge({ tradeoffs }: Report, asked: readonly string[], context: Context): ExitCode {
	const missing = tradeoffs?.profiles.flatMap(({ profile, cells }) => {
		const isEmpty = cells.every(({ answer }) => answer === "not-tested");
		const wanted = isEmpty && asked.length === 0 ? cells.map(({ column }) => column) : asked;
		return wanted.flatMap((column) => {
			const cell = cells.find((each) => each.column === column);
			if (cell !== undefined && cell.answer !== "not-tested") return [];
			return `${profile}: ${column} was not tested: ${cell?.evidence ?? "nobody looked"}`;
		});
	});
	for (const each of missing ?? []) context.stderr(`inconclusive: ${each}\n`);
	return missing?.length === 0 ? exitCodes.ok : exitCodes.inconclusive;
}

async function install(
	{ options, target, session, knativeObjects }: Run,
	profile: Profile,
	lock: Awaited<ReturnType<typeof takeLock>>,
): Promise<void> {
	const { progress } = session;
	const istio = await target.render(profile, session.signal);
	await installTelling(session, installationFor(profile, istio, { ...options, knativeObjects, progress }), { lock });
}

function visit({ options, target, session, probes }: Run, profile: Profile): Promise<Visited> {
	const { namespace, image, gateway, traces } = options;
	return visitProfile(session, {
		...(traces === undefined ? {} : { traces }),
		profile,
		namespace,
		image,
		gateway,
		clock: target.clock,
		probes,
	});
}

/** The given report with what was observed; one of its own where none was given. */
function reportOf(
	{ context, target, profiles, given }: Run,
	{
		startedAt,
		visited,
		failure,
	}: {
		startedAt: string;
		visited: ReadonlyMap<Profile, Visited>;
		failure: unknown;
	},
): Report {
	const [first] = visited.values();
	const observed = [...visited].map(([profile, { cells, changed, latencies, traces, took }]) => ({
		profile,
		cells,
		changed,
		...(latencies === undefined ? {} : { latencies }),
		...(traces === undefined ? {} : { traces }),
		took,
	}));
	const tradeoffs = tradeoffsOf(observed, {
		observedAt: startedAt,
		report: given,
	});
	if (given !== undefined) return { ...given, tradeoffs };
	const { simulated } = target;
	return {
		schemaVersion: 1,
		knistio: context.version,
		...(simulated === undefined ? {} : { simulated }),
		startedAt,
		finishedAt: new Date().toISOString(),
		...(failure instanceof Error ? { endedBy: failure.message } : {}),
		cluster: {
			context: target.cluster.context,
			...(first === undefined ? {} : { gateway: describeRoute(first.route) }),
		},
		iterations: 0,
		profiles: profiles.map((profile) => ({
			profile,
			fingerprint: {},
			coldStarts: [],
			findings: [],
		})),
		clocks: [],
		findings: [],
		tradeoffs,
	};
}

/** Simulated cells beside real cold starts would look real. */
function refuseOtherKind(report: Report | undefined, { where, report: path }: TradeoffOptions): void {
	if (report === undefined) return;
	const isSimulated = where.kind === "simulated";
	if ((report.simulated !== undefined) === isSimulated) return;
	throw new UsageError(
		`${path}: the report is of a ${isSimulated ? "real" : "simulated"} cluster, and this one is not`,
		{
			hint: isSimulated ? "leave out --cluster simulated" : "give --cluster simulated, or the report of a real cluster",
		},
	);
}

/** Cold starts of another cluster say nothing of this one. */
async function refuseOtherCluster(report: Report | undefined, { cluster, signal }: Session): Promise<void> {
	if (report === undefined) return;
	const { client: _, ...here } = await machineFingerprint(cluster, signal);
	for (const { profile, fingerprint } of report.profiles) {
		const key = differingKey(here, fingerprint);
		if (key === undefined) continue;
		throw new UsageError(
			`the report was measured elsewhere: ${key} was ${fingerprint[key]} with ${profile.name}, and is ${here[key]} here`,
			{ hint: "give the report of a run on this cluster, or none" },
		);
	}
}

function differingKey(here: Fingerprint, there: Fingerprint): string | undefined {
	return Object.keys(here).find((key) => there[key] !== undefined && there[key] !== here[key]);
}
