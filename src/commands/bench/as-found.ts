import type { Context } from "../../context/context.ts";
import { ClusterError, type ExitCode, exitCodes, InconclusiveError } from "../../errors.ts";
import { requireIstioIngress } from "../../knative/finding.ts";
import { requireGivenGateway } from "../../knative/given-gateway.ts";
import { findInstalledService, type InstalledService } from "../../knative/installed-service.ts";
import { describeWait, goneByMs } from "../../knative/way-to-zero.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { newTask, type Session } from "../../kube/wait/task.ts";
import { measureInstalled } from "../../measure/installed.ts";
import { installedName, yetToBeFound } from "../../measure/installed-profile.ts";
import { LiveTrafficError } from "../../measure/live-traffic.ts";
import { describeRequest } from "../../measure/observing/request.ts";
import { openProgress } from "../../output/progress.ts";
import { spell } from "../../output/words/units.ts";
import { recordingVersion, type Untimed } from "../../recording/entries.ts";
import { revisionLabel } from "../../recording/of-revision.ts";
import type { Outcome, Report } from "../../report/report.ts";
import { refuseUnlike } from "../gate/gate.ts";
import { reportFiles } from "../gate/report-files.ts";
import { finishRun, prepareOutputs, type Results, recordingPath } from "./finish.ts";
import type { BenchOptions } from "./options.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openEnough } from "./run.ts";
import { openSampleNotes } from "./sample-notes.ts";
import { openTarget, type Target } from "./target.ts";
import { readWorkload, type Workload } from "./workload.ts";

/** What `bench --service ksvc/NAME --use-installed` is asked. */
export type AsFoundOptions = BenchOptions & { installed: string };

/** Such a run on its cluster. */
interface AsFoundRun extends Results {
	options: AsFoundOptions;
	target: Target;
	session: Session;
	service: InstalledService;
	workload: Workload;
}

/**
 * Measures an existing Knative service as it is: the cluster is read, the service is asked, and nothing is deployed,
 * installed, labelled or written down there.
 * @param open gives the cluster to measure, which is closed in the end
 */
export async function benchAsFound(options: AsFoundOptions, context: Context, open = openTarget): Promise<ExitCode> {
	const outputs = await reportFiles(options.out);
	const workload = await readWorkload(options, context);
	const gate = await prepareOutputs([yetToBeFound], options, context);
	await requireGivenGateway({ given: options.gateway, isInstalled: true, signal: context.signal });
	const target = await open(options.where, context);
	const { cluster, installClock: clock } = target;
	const display = openProgress(context);
	try {
		display.progress({ kind: "step", text: `looking at the cluster of context ${cluster.context}` });
		const { signal } = context;
		const session: Session = { cluster, signal, clock, progress: display.progress, timeoutMs: options.timeoutMs };
		const { namespace, installed: name } = options;
		const [service] = await Promise.all([
			findInstalledService(cluster, { namespace, name }, signal),
			requireIstioIngress(newTask(session)),
		]);
		const run: AsFoundRun = { options, context, gate, display, target, session, service, workload };
		if (options.dryRun) return await dryRun(run);
		const recorder = await openRecorder(context, recordingPath(options), target.clock);
		recorder.record(beginning(run));
		const failure = await measure(run, recorder);
		return await finishRun({ ...run, recorder, outputs, failure }, async () => undefined);
	} catch (error) {
		throw withRights(error);
	} finally {
		display.clear();
		await target.close();
	}
}

/** @returns what ended it early; undefined where nothing did */
async function measure(run: AsFoundRun, recorder: Recorder): Promise<unknown> {
	const { options, context, display, target, session, service, workload, gate } = run;
	const { iterations, requestTimeoutSeconds, gateway } = options;
	const rounds = Array.from({ length: iterations }, (_, index) => ({ round: index + 1, order: [yetToBeFound] }));
	const { begin, tell } = openSampleNotes(
		{
			visits: [{ profiles: [yetToBeFound], rounds }],
			iterations,
			crowds: 0,
			hasBursts: false,
			clock: target.clock,
			progress: display.progress,
		},
		recorder,
	);
	const isEnough = openEnough(run, recorder);
	display.progress({ kind: "note", text: `${nameOf(service)} is measured as it is; ${howLong(run)}` });
	begin();
	try {
		await measureInstalled(session, {
			service,
			asked: workload.asked,
			gateway,
			requestTimeoutSeconds,
			iterations,
			ownFingerprint: workload.fingerprint,
			state: recorder.state,
			clock: target.clock,
			record: (entry) => {
				recorder.record(entry);
				if (entry.kind !== "profile") return;
				refuseUnlike(gate, { simulated: target.simulated, profiles: [entry], isPartial: false });
			},
			host: {
				threadUrl: context.observerThread,
				onEntry: recorder.add,
				renew: () => session.cluster.connection(true),
			},
			onSample: tell,
			lastOutcome: () => outcomeIn(recorder.report()),
			isEnough: ({ name }) => isEnough(name),
		});
		return undefined;
	} catch (error) {
		return ofLiveTraffic(withRights(error), recorder.report());
	}
}

const outcomeIn = ({ profiles }: Report): Outcome | undefined => profiles[0]?.coldStarts.at(-1)?.outcome;

/** What was measured before somebody came is there, and too little: inconclusive, and not a cluster of no use. */
function ofLiveTraffic(error: unknown, { profiles }: Report): unknown {
	if (!(error instanceof LiveTrafficError)) return error;
	const counted = profiles.flatMap(({ coldStarts }) => coldStarts).filter((start) => start.counted).length;
	if (counted === 0) return error;
	const { message, hint = "" } = error;
	return new InconclusiveError(`${message}; ${counted} cold start(s) before it are in the report`, { hint });
}

/** A right is missing that the page on one's own service lists. */
function withRights(error: unknown): unknown {
	if (!(error instanceof ApiError) || error.status !== 403) return error;
	return new ClusterError(error.message, {
		cause: error,
		hint: "the message names the verb and resource; .github/rbac-read.yaml in knistio's repository has all rights that this needs",
	});
}

function beginning({ options, context, target }: AsFoundRun): Untimed {
	return {
		kind: "run",
		version: recordingVersion,
		knistio: context.version,
		context: target.cluster.context,
		iterations: options.iterations,
		profiles: [installedName],
		...(target.simulated === undefined ? {} : { simulated: target.simulated }),
	};
}

async function dryRun({ options, context, display, session, service, workload }: AsFoundRun): Promise<ExitCode> {
	const { namespace, iterations } = options;
	const labelSelector = `${revisionLabel}=${service.revision}`;
	const pods = await session.cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector }, session.signal);
	display.clear();
	const now = pods.length === 0 ? "at zero now" : `${pods.length} pod(s) now`;
	const lines = [
		`${nameOf(service)} as it is: revision ${service.revision}, ${now}`,
		`  ask it ${describeRequest(workload.asked)} once, to see what is installed and what its pod has`,
		`  then start it cold ${iterations} times, one request at a time; ${howLong({ options, service })}`,
		"  nothing is deployed, installed, labelled or changed",
	];
	context.stdout(`${lines.join("\n")}\n`);
	return exitCodes.ok;
}

const nameOf = ({ ref }: InstalledService) => `service ${ref.namespace}/${ref.name}`;

/** Between two cold starts lies the service's own way to zero. */
function howLong({ options, service }: Pick<AsFoundRun, "options" | "service">): string {
	const { zero } = service;
	const allMs = goneByMs(zero) * (options.iterations + 1);
	return `it goes to zero by its own settings, ${describeWait(zero)}; about ${spell(allMs)} in all`;
}
