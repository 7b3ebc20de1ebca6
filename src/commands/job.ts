import { dump } from "js-yaml";
import { systemClock } from "../clock/clock.ts";
import type { Context } from "../context/context.ts";
import { ClusterError, type ExitCode, exitCodes, InterruptedError, RunErrors, UsageError } from "../errors.ts";
import { applyJob, InTheWayError, idOfJob } from "../job/apply.ts";
import { type BenchOption, completeLine, type Output, outputsOf, withNamesInJob, wordsOf } from "../job/bench-line.ts";
import { type JobEnd, type JobFollower, openFollower } from "../job/follower.ts";
import { jobObjects, jobRef } from "../job/objects.ts";
import { type JobOutcome, outcomeOf } from "../job/outcome.ts";
import { archiveOf, collectInputs } from "../job/packing.ts";
import { removeJob } from "../job/removal.ts";
import { describeRef, type KubeObject } from "../kube/api/cluster.ts";
import { mayPass } from "../kube/api/repetition.ts";
import { newTask, type Session, uninterrupted } from "../kube/wait/task.ts";
import { openProgress, type ProgressDisplay } from "../output/progress.ts";
import { loadWithVariants } from "../profile/variants.ts";
import { endRun } from "./gate/ending.ts";
import { readsOfBench, refuseClashes } from "./gate/outputs.ts";
import { writeFiles } from "./gate/sink.ts";
import type { ClusterOptions } from "./install.ts";

/** What is asked of `knistio job`. */
export interface JobOptions extends ClusterOptions {
	/** The bench command line that the Job runs. */
	line: readonly BenchOption[];
	/** `print` the manifests, `apply` and follow them, or `attach` to a Job that is there. */
	mode: "print" | "apply" | "attach";
	/** Of knistio itself; not needed to attach. */
	image?: string;
	/** Of the Job. */
	namespace: string;
	claim?: string;
	/** Leave the Job and what it needs when it has ended. */
	keep: boolean;
	/** Marks the lines of the Job's log: it must not be guessed by what else writes there. */
	id: string;
}

/** `knistio job`: the same bench as a Job in the cluster, its report brought back. */
export async function job(options: JobOptions, context: Context): Promise<ExitCode> {
	const line = completeLine(options.line);
	const profiles = valuesOf(line, "--profile");
	const variants = valuesOf(line, "--variants").flatMap((value) => value.split(",").map((name) => name.trim()));
	// What is wrong with one is said before anything is made.
	await loadWithVariants(profiles, variants);
	const outputs = outputsOf(line);
	refuseClashes(
		outputs.map(({ path }) => path),
		{
			baseline: valuesOf(line, "--baseline"),
			budgetsFiles: valuesOf(line, "--budgets"),
			reads: readsOfBench({ profiles, variants, service: valuesOf(line, "--service").at(-1) }),
		},
	);
	if (options.mode === "print") {
		const documents = (await objectsOf(options, context)).map((object) =>
			dump(object, { noRefs: true, lineWidth: -1 }),
		);
		context.stdout(documents.join("---\n"));
		return exitCodes.ok;
	}
	for (const { path } of outputs) await context.requireWritable(path);
	const objects = options.mode === "apply" ? await objectsOf(options, context) : undefined;
	const cluster = await context.openCluster(options);
	const display = openProgress(context);
	try {
		const { signal } = context;
		const { timeoutMs } = options;
		const session: Session = { cluster, signal, clock: systemClock, progress: display.progress, timeoutMs };
		return await runJob({ options, context, session, display, outputs, objects });
	} finally {
		display.clear();
		cluster.close();
	}
}

/** What an option is given on a bench line, each time. */
const valuesOf = (line: readonly BenchOption[], flag: string): string[] =>
	line.flatMap((option) => (option.flag === flag ? (option.value ?? []) : []));

async function objectsOf({ line, image, namespace, claim, id }: JobOptions, context: Context): Promise<KubeObject[]> {
	if (image === undefined) {
		throw new UsageError("there is no --image", {
			hint: "give the image of knistio that the Job is to run; docs/job.md says how to build one",
		});
	}
	const { line: moved, files } = await collectInputs(completeLine(line), context);
	const words = wordsOf(withNamesInJob(moved));
	return jobObjects({ id, namespace, image, words, archive: archiveOf(files), claim });
}

/** One `knistio job` at work on a cluster. */
interface JobRun {
	options: JobOptions;
	context: Context;
	session: Session;
	display: ProgressDisplay;
	outputs: readonly Output[];
	/** What is to be made; undefined for a Job that is there. */
	objects: readonly KubeObject[] | undefined;
}

async function runJob(run: JobRun): Promise<ExitCode> {
	const { options, context, session, display } = run;
	const task = newTask(session);
	const ref = jobRef(options.namespace);
	const id = run.objects === undefined ? await idOfJob(task, ref) : options.id;
	const follower = openFollower(
		{ ref, id },
		{
			messages: (text) => display.progress({ kind: "note", text }),
			result: (text) => {
				display.clear();
				context.stdout(`${text}\n`);
			},
		},
	);
	let end: JobEnd | undefined;
	let failure: unknown;
	try {
		if (run.objects !== undefined) {
			display.progress({ kind: "step", text: `making ${describeRef(ref)}` });
			await applyJob(task, run.objects);
		}
		display.progress({ kind: "step", text: `waiting for the pod of ${describeRef(ref)}` });
		await follower.waitForStart(task);
		display.progress({ kind: "step", text: `${describeRef(ref)} is at work` });
		end = await follower.waitForEnd(task);
	} catch (error) {
		failure = error;
		if (error instanceof InTheWayError) throw error;
		if (mayPass(error)) throw lostContact(error, ref);
		if (error instanceof InterruptedError) end = await endInOrder(run, follower);
	}
	const outcome = end === undefined ? undefined : outcomeOf(end, run.outputs);
	const files = (outcome?.files ?? []).map(({ path, content }) => ({
		file: path,
		content: () => content.toString("utf8"),
	}));
	const tell = (text: string) => display.progress({ kind: "note", text });
	const unwritten = await writeFiles(files, { writeFile: context.writeFile, tell });
	const uncleaned = await removeUnlessKept(run);
	display.clear();
	tellVersions(run, end);
	return endRun({ failure: failureOf(failure, outcome), judge: () => judged(outcome), unwritten, uncleaned });
}

/** What bench said in the Job, unless its report did not come back. @throws RunErrors of what did not come back */
async function judged(outcome: JobOutcome | undefined): Promise<ExitCode> {
	const { code = exitCodes.cluster, problems = [] } = outcome ?? {};
	if (problems.length === 0) return code;
	throw new RunErrors(problems, code === exitCodes.ok ? exitCodes.cluster : code);
}

/** What ended the run early. A bench that could not clean up after an interruption has the last word. */
function failureOf(failure: unknown, outcome: JobOutcome | undefined): unknown {
	if (!(failure instanceof InterruptedError) || outcome === undefined) return failure;
	const { code, problems } = outcome;
	const isClean = code === exitCodes.terminated || code === exitCodes.ok || code === failure.exitCode;
	return new RunErrors([failure, ...problems], isClean && problems.length === 0 ? failure.exitCode : asFailure(code));
}

const asFailure = (code: ExitCode): ExitCode =>
	code === exitCodes.ok || code === exitCodes.terminated ? exitCodes.cluster : code;

/** Ctrl-C: bench in the Job is asked to clean up, and its last words are waited for. */
async function endInOrder({ session, display }: JobRun, follower: JobFollower): Promise<JobEnd | undefined> {
	const task = newTask(uninterrupted(session));
	display.progress({ kind: "step", text: "asking the Job to end: bench cleans up in the cluster" });
	return (await follower.askToEnd(task)) ? follower.waitForEnd(task) : undefined;
}

function lostContact(error: Error, ref: { kind: string; name: string; namespace?: string }): ClusterError {
	return new ClusterError(`lost the API server while ${describeRef(ref)} may go on: ${error.message}`, {
		cause: error,
		hint: "`knistio job --attach -- bench …` follows it again and fetches its report; `knistio clean` removes it",
	});
}

async function removeUnlessKept({ options, session, display }: JobRun): Promise<ClusterError | undefined> {
	if (options.keep) {
		display.progress({
			kind: "note",
			text: "as asked, the Job and what it needs are still there; `knistio clean` removes them",
		});
		return undefined;
	}
	try {
		const { kept } = await removeJob(newTask(uninterrupted(session)));
		for (const { ref, reason } of kept) {
			if (reason !== "") display.progress({ kind: "note", text: `left ${describeRef(ref)}: ${reason}` });
		}
		return undefined;
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		return new ClusterError(`could not remove what the Job needed: ${message}`, {
			cause: error,
			hint: "`knistio clean` goes on where this ended",
		});
	}
}

function tellVersions({ context }: JobRun, end: JobEnd | undefined): void {
	const inside = end?.log.version;
	if (inside === undefined || inside === context.version) return;
	context.stderr(`warning: knistio ${inside} ran in the Job, and this is ${context.version}\n`);
}
