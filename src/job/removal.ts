import { foreignContent } from "../install/removal/remove.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { ApiError } from "../kube/http/api-error.ts";
import { ownedByLabel } from "../kube/objects/ownership.ts";
import { stillThere, waitGone } from "../kube/wait/gone.ts";
import { patiently } from "../kube/wait/patience.ts";
import { waitPodsGone } from "../kube/wait/pods-gone.ts";
import { inParallel, type Task, within } from "../kube/wait/task.ts";
import { graceSeconds, jobOwner, jobSelector } from "./objects.ts";

/** What became of the objects of a Job. */
export interface JobRemoval {
	removed: ObjectRef[];
	/** What stays, and why. */
	kept: { ref: ObjectRef; reason: string }[];
}

/** The kinds that a Job is made of, in the order in which they go; the account serves the run until its pod is gone. */
const kinds = [
	["batch/v1", "Job"],
	["v1", "Secret"],
	["rbac.authorization.k8s.io/v1", "RoleBinding"],
	["rbac.authorization.k8s.io/v1", "Role"],
	["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
	["rbac.authorization.k8s.io/v1", "ClusterRole"],
	["v1", "ServiceAccount"],
	["v1", "Namespace"],
] as const;

/** All that `knistio job` has made and that is still there. @throws ApiError for a kind that may not be listed */
export async function findJobObjects(task: Task): Promise<KubeObject[]> {
	const lists = await inParallel(kinds, ([apiVersion, kind]) =>
		task.cluster.list({ apiVersion, kind, labelSelector: jobSelector }, task.signal),
	);
	return lists.flat();
}

/**
 * Removes what `knistio job` has made: its Job first, whose run is given the time to clean up, and then what the run needed.
 * A namespace in which somebody else has something stays.
 * @throws ClusterError that names what did not go
 */
export async function removeJob(task: Task): Promise<JobRemoval> {
	const removal: JobRemoval = { removed: [], kept: [] };
	const found = await findJobObjects(task);
	const of = (wanted: (kind: string) => boolean) => found.filter(({ kind }) => wanted(kind));
	const jobs = of((kind) => kind === "Job");
	if (jobs.length > 0) task.progress({ kind: "step", text: "ending the Job" });
	for (const job of jobs) await removeOne(task, job);
	await waitForPods(task, jobs);
	const parts = of((kind) => kind !== "Job" && kind !== "Namespace");
	if (parts.length > 0) task.progress({ kind: "step", text: "removing what the Job needed" });
	for (const part of parts) await removeOne(task, part);
	await waitGone(task, [...jobs, ...parts].map(refOf));
	removal.removed.push(...[...jobs, ...parts].map(refOf));
	for (const namespace of of((kind) => kind === "Namespace")) {
		const reason = await foreignContent(task, namespace);
		if (reason !== undefined) {
			removal.kept.push({ ref: refOf(namespace), reason });
			continue;
		}
		await removeOne(task, namespace);
		await waitGone(task, [refOf(namespace)]);
		removal.removed.push(refOf(namespace));
	}
	return removal;
}

/** The same for who may not be allowed to look: what could not be looked for is told. */
export async function removeJobIfAllowed(task: Task): Promise<JobRemoval & { unseen: string[] }> {
	try {
		return { ...(await removeJob(task)), unseen: [] };
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 403) throw error;
		return { removed: [], kept: [], unseen: [`what \`knistio job\` has made (${error.message})`] };
	}
}

async function waitForPods(task: Task, jobs: readonly KubeObject[]): Promise<void> {
	const selectors = jobs.map(({ metadata: { namespace = "", name } }) => ({
		namespace,
		labelSelector: `job-name=${name}`,
		mayTakeTime: true,
	}));
	const patient = within({ ...task, timeoutMs: Number.POSITIVE_INFINITY }, (graceSeconds + 60) * 1000);
	const left = await waitPodsGone(patient, selectors);
	if (left.length > 0) throw stillThere(left);
}

async function removeOne(task: Task, object: KubeObject): Promise<void> {
	if (object.metadata.labels?.[ownedByLabel] !== jobOwner) return;
	const { uid } = object.metadata;
	const options = { propagation: "Background" as const, ...(uid === undefined ? {} : { uid }), signal: task.signal };
	await patiently(task, describeRef(refOf(object)), () => task.cluster.remove(refOf(object), options));
}
