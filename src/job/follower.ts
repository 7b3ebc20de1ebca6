import { ClusterError } from "../errors.ts";
import type { KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { describeRef, refOf } from "../kube/api/cluster.ts";
import { readPodLog } from "../kube/api/pod-log.ts";
import { mayPass } from "../kube/api/repetition.ts";
import { ApiError } from "../kube/http/api-error.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../kube/untrusted.ts";
import { patiently } from "../kube/wait/patience.ts";
import { podTrouble } from "../kube/wait/pod-trouble.ts";
import { troubleWatch } from "../kube/wait/ready.ts";
import { lateError, type Task, waitUntil } from "../kube/wait/task.ts";
import { parseTime } from "../text/timestamp.ts";
import type { Channel } from "./log-format.ts";
import { createLogReader, type JobLog } from "./log-reader.ts";
import { containerName } from "./objects.ts";

/** How the container of a Job ended. */
export interface JobEnd {
	/** Undefined where the cluster does not say, such as for a pod that is gone. */
	exitCode?: number;
	/** In the kubelet's words, such as `OOMKilled`. */
	reason?: string;
	log: JobLog;
}

/** Follows the one pod of a Job; each step may be taken up by another task, as after an interruption. */
export interface JobFollower {
	/** Waits until the container runs, or has run. @throws ClusterError for a pod that cannot start, with the reason */
	waitForStart(task: Task): Promise<void>;
	/** Passes the log on as it is written, until the container has ended. @throws ApiError for a lost cluster */
	waitForEnd(task: Task): Promise<JobEnd>;
	/** Has the pod ended in order: SIGTERM, and the grace that the pod asks for. False if there is none. */
	askToEnd(task: Task): Promise<boolean>;
}

/** @param job its Job, and the id that marks its log */
export function openFollower(job: { ref: ObjectRef; id: string }, sink: Record<Channel, (line: string) => void>) {
	return new Follower(job.ref, job.id, sink);
}

/** Between the end of a connection and the next look. */
const gapMs = 1_000;

class Follower implements JobFollower {
	readonly #job: ObjectRef;
	readonly #id: string;
	readonly #reader;
	#pod: ObjectRef | undefined;
	/** The time of the last line, and the text in which it came. */
	#last: { ns: bigint; text: string } | undefined;

	constructor(job: ObjectRef, id: string, sink: Record<Channel, (line: string) => void>) {
		this.#job = job;
		this.#id = id;
		this.#reader = createLogReader(id, sink);
	}

	async waitForStart(task: Task): Promise<void> {
		const watchFor = troubleWatch(task);
		await waitUntil(
			task,
			async () => {
				const job = await task.cluster.get(this.#job, task.signal);
				if (job === undefined) throw new ClusterError(`${describeRef(this.#job)} is not there any more`);
				const pod = await this.#findPod(task);
				if (pod !== undefined && hasStarted(pod)) return undefined;
				await watchFor([job]);
				const what = pod === undefined ? undefined : podTrouble(pod)?.text;
				return `the Job's pod: ${what ?? (pod === undefined ? "not there yet" : "starting")}`;
			},
			(waitingFor) => lateError(waitingFor, "a longer --timeout helps if the image was still being pulled"),
		);
	}

	async waitForEnd(task: Task): Promise<JobEnd> {
		for (;;) {
			await this.#readOn(task, true);
			const end = await this.#endOf(task);
			if (end !== undefined) {
				await this.#readOn(task, false);
				return { ...end, log: await this.#wholeLog(task) };
			}
			await task.clock.sleep(gapMs, task.signal);
		}
	}

	async askToEnd(task: Task): Promise<boolean> {
		const pod = await this.#findPod(task);
		if (pod === undefined) return false;
		return patiently(task, describeRef(refOf(pod)), () => task.cluster.remove(refOf(pod), { signal: task.signal }));
	}

	/** The newest pod of the Job. */
	async #findPod(task: Task): Promise<KubeObject | undefined> {
		const { namespace = "", name } = this.#job;
		const query = { apiVersion: "v1", kind: "Pod", namespace, labelSelector: `job-name=${name}` };
		const pods = await task.cluster.list(query, task.signal);
		const at = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";
		const pod = pods.sort((a, b) => at(a).localeCompare(at(b))).at(-1);
		this.#pod = pod === undefined ? this.#pod : refOf(pod);
		return pod;
	}

	/** Reads the log from the last line on. A connection that breaks is no failure: what is missing is read again. */
	async #readOn(task: Task, follow: boolean): Promise<void> {
		const { namespace = "", name = "" } = this.#pod ?? {};
		const seen = this.#last;
		try {
			await readPodLog(task.cluster, {
				namespace,
				pod: name,
				container: containerName,
				follow,
				...(seen === undefined ? {} : { sinceTime: seen.text }),
				signal: task.signal,
				onLine: (text, time) => {
					const ns = parseTime(time) ?? 0n;
					if (seen !== undefined && ns <= seen.ns) return;
					if (this.#last === undefined || ns > this.#last.ns) this.#last = { ns, text: time };
					this.#reader.line(text);
				},
			});
		} catch (error) {
			task.signal.throwIfAborted();
			// A container that has just been removed has no log, which the look at the pod explains.
			const isGone = error instanceof ApiError && (error.status === 404 || error.status === 400);
			if (!isGone && !mayPass(error)) throw error;
		}
	}

	/** How the container ended; undefined while it runs. */
	async #endOf(task: Task): Promise<Omit<JobEnd, "log"> | undefined> {
		const ref = this.#pod;
		if (ref === undefined) return { reason: "it had no pod" };
		const pod = await patiently(task, describeRef(ref), () => task.cluster.get(ref, task.signal));
		if (pod === undefined) return { reason: "its pod is gone" };
		const terminated = objectOf(stateOf(pod).terminated);
		const exitCode = numberOf(terminated.exitCode);
		const reason = textOf(terminated.reason);
		if (exitCode !== undefined) return { exitCode, ...(reason === undefined ? {} : { reason }) };
		const phase = textOf(objectOf(pod.status).phase);
		if (phase !== "Failed" && phase !== "Succeeded") return undefined;
		return { reason: podTrouble(pod)?.text ?? phase };
	}

	/** The log as it came; read anew as a whole where lines of it are missing. */
	async #wholeLog(task: Task): Promise<JobLog> {
		const log = this.#reader.read();
		if ((log.end !== undefined && log.damaged.length === 0) || this.#pod === undefined) return log;
		const silent = createLogReader(this.#id, { messages: () => {}, result: () => {} });
		const { namespace = "", name } = this.#pod;
		const { cluster, signal } = task;
		const request = { namespace, pod: name, container: containerName, follow: false, signal, onLine: silent.line };
		await readPodLog(cluster, request).catch(() => {});
		signal.throwIfAborted();
		const again = silent.read();
		return again.files.size > log.files.size || log.end === undefined ? again : log;
	}
}

/** The state of the container. */
function stateOf(pod: KubeObject): Record<string, unknown> {
	const statuses = objectsOf(objectOf(pod.status).containerStatuses);
	return objectOf(statuses.find(({ name }) => name === containerName)?.state);
}

function hasStarted(pod: KubeObject): boolean {
	const { running, terminated } = stateOf(pod);
	const phase = objectOf(pod.status).phase;
	return running !== undefined || terminated !== undefined || phase === "Failed" || phase === "Succeeded";
}
