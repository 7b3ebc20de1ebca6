import { type Condition, type KubeObject, keyOf, type Pod, type PodTemplate, uidOf } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";
import { isOwnedBy } from "./deployments.ts";
import { createPodMaker, podOf, watchOwned } from "./pod-sets.ts";

const manager = "kube-controller-manager";

interface Job extends KubeObject {
	spec: { template: PodTemplate; selector?: { matchLabels: Record<string, string> } };
	status?: JobStatus;
}

interface JobStatus {
	startTime?: string;
	active?: number;
	succeeded?: number;
	failed?: number;
	conditions?: Condition[];
}

/** Makes the pod of Jobs: one for each, and no other after it (`completions: 1`, `backoffLimit: 0`). */
export function startJobs(world: World): void {
	const { api } = world;
	const made = new Set<string>();
	const enqueue = createQueue(world, "jobs", (key) => {
		const job = api.get<Job>("jobs.batch", refOfKey(key));
		if (job !== undefined && job.metadata.deletionTimestamp === undefined) reconcile(job);
	});
	const maker = createPodMaker(world, "job-controller", (job) => {
		made.delete(uidOf(job));
		enqueue(keyOf(job.metadata), 1_000);
	});

	function reconcile(job: Job): void {
		const pod = api.list<Pod>("pods", job.metadata.namespace).find((each) => isOwnedBy(each, job));
		const isNew = !made.has(uidOf(job));
		if (isNew) {
			made.add(uidOf(job));
			maker.make(job, podOf(job, job.spec.template, { labels: labelsOf(job) }));
		}
		const isLost = pod === undefined && !isNew && maker.onTheirWay(job) === 0;
		const status = statusOf(world, job, isLost ? "Failed" : pod?.status?.phase);
		api.edit<Job>("jobs.batch", job.metadata, { manager, change: (draft) => void setSelector(draft) });
		api.edit<Job>("jobs.batch", job.metadata, {
			manager,
			subresource: "status",
			change: (draft) => {
				draft.status = status;
			},
		});
	}

	api.watch("jobs.batch", ({ object }) => enqueue(keyOf(object.metadata)));
	watchOwned(world, "Job", enqueue);
}

const uidLabel = "batch.kubernetes.io/controller-uid";

function labelsOf(job: Job): Record<string, string> {
	const { name } = job.metadata;
	return { "job-name": name, "batch.kubernetes.io/job-name": name, [uidLabel]: uidOf(job) };
}

function setSelector(job: Job): void {
	job.spec.selector ??= { matchLabels: { [uidLabel]: uidOf(job) } };
}

function statusOf(world: World, { status: before }: Job, phase: string | undefined): JobStatus {
	if (before?.conditions !== undefined) return before;
	const now = toSeconds(world.serverEpochNs());
	const startTime = before?.startTime ?? now;
	const condition = (type: string, reason: string): Condition[] => [
		{ type, status: "True", reason, lastTransitionTime: now },
	];
	if (phase === "Succeeded") {
		return { startTime, succeeded: 1, conditions: condition("Complete", "CompletionsReached") };
	}
	if (phase === "Failed") return { startTime, failed: 1, conditions: condition("Failed", "BackoffLimitExceeded") };
	return { startTime, active: 1 };
}
