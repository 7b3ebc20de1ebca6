import type { Clock } from "../clock/clock.ts";
import { type Cluster, describeRef, type KubeObject, refOf } from "../kube/api/cluster.ts";
import { ApiError } from "../kube/http/api-error.ts";
import { isMadeByUs, keyOf, ownedBySelector } from "../kube/objects/ownership.ts";
import { waitGone } from "../kube/wait/gone.ts";
import { patiently } from "../kube/wait/patience.ts";
import { inParallel, newTask, signalOf, type Task, within } from "../kube/wait/task.ts";
import type { Progress } from "../progress.ts";
import { type Undone, undoAll } from "./removal/undo.ts";
import { type Lock, takeLock } from "./state/lock.ts";
import { readState, stateNamespace } from "./state/store.ts";
import { mayHoldOurs } from "./unseen.ts";

export interface UninstallOptions {
	timeoutMs: number;
	/** Take the lock even from a run that seems alive. */
	force?: boolean;
	signal?: AbortSignal;
	progress?: Progress;
	clock?: Clock;
	/** Held by the caller; otherwise one is taken. It is gone with knistio's namespace either way. */
	lock?: Lock;
}

/**
 * Removes all that knistio put on the cluster and puts back what it changed: by its inventory, and by its label on
 * whatever can be listed, so that it works after a kill at any point, without the inventory, and when run twice.
 * @throws ClusterError that names what could not be removed or put back, after all else was; to be run again then
 */
export async function uninstall(cluster: Cluster, options: UninstallOptions): Promise<Undone> {
	const progress = options.progress ?? (() => {});
	progress({ kind: "step", text: "looking for what knistio put here" });
	const looking = newTask(cluster, options);
	const before = await findMade(looking);
	const state = await readState(cluster, options.signal);
	const result: Undone = { removed: [], kept: [], restored: 0, notes: before.notes, unseen: before.unseen };
	if (before.objects.length === 0 && state.inventory.length === 0 && state.journal.length === 0) return result;
	const lock = options.lock ?? (await takeLock(cluster, options));
	try {
		const signals = options.signal === undefined ? [lock.lost] : [lock.lost, options.signal];
		const task = newTask(cluster, { ...options, signal: AbortSignal.any(signals) });
		await undoAll(task, { result, objects: before.objects, state: await readState(cluster, task.signal) });
		if (result.kept.every(({ ref }) => ref.name !== stateNamespace)) {
			// The lock goes with its namespace; whoever has taken it from here needs both.
			lock.lost.throwIfAborted();
			await removeState(newTask(cluster, options), result);
		}
	} finally {
		if (options.lock === undefined) await lock.release().catch(() => {});
	}
	return result;
}

const listPatienceMs = 5_000;

/** Every object with knistio's label that no other object's controller made. */
async function findMade(task: Task): Promise<{ objects: KubeObject[]; notes: string[]; unseen: string[] }> {
	const notes: string[] = [];
	const unseen: string[] = [];
	const missed = (what: string, reason: string, isOursPerhaps: boolean) => {
		notes.push(`could not look for ${what}: ${reason}`);
		if (isOursPerhaps) unseen.push(what);
	};
	const served = await task.cluster.resources(task.signal, ({ apiVersion, reason }) =>
		missed(`the kinds of ${apiVersion}`, reason, mayHoldOurs(apiVersion)),
	);
	const resources = served.filter(({ verbs }) => verbs.includes("list") && verbs.includes("delete"));
	const lists = await inParallel(resources, async ({ apiVersion, kind, plural }) => {
		try {
			const query = { apiVersion, kind, labelSelector: ownedBySelector };
			// The API server needs a moment for a definition that has just been made.
			return await patiently(within(task, listPatienceMs), kind, () => task.cluster.list(query, task.signal));
		} catch (error) {
			// Some kinds cannot be listed by everybody, or are served by an extension that is down.
			if (!(error instanceof ApiError) || error.status === undefined) throw error;
			missed(`${kind} of ${apiVersion}`, error.message, mayHoldOurs(apiVersion, plural));
			return [];
		}
	});
	const objects = new Map(lists.flat().map((object) => [keyOf(refOf(object)), object]));
	return { objects: [...objects.values()].filter(isMadeByUs), notes, unseen };
}

async function removeState(task: Task, result: Undone): Promise<void> {
	const ref = { apiVersion: "v1", kind: "Namespace", name: stateNamespace };
	task.progress({ kind: "step", text: `removing ${describeRef(ref)}` });
	const object = await task.cluster.get(ref, task.signal);
	if (object === undefined) return;
	if (!isMadeByUs(object)) {
		result.kept.push({ ref, reason: "it is not labelled as knistio's" });
		return;
	}
	await task.cluster.remove(ref, signalOf(task));
	await waitGone(task, [ref]);
	result.removed.push(ref);
}
