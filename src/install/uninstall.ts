import { ApiError } from "../cluster/api-error.ts";
import { type Cluster, describeRef, type KubeObject, type ObjectRef, refOf } from "../cluster/cluster.ts";
import type { Progress } from "../model/progress.ts";
import { restoreForeign } from "./journal.ts";
import { istioLeftovers } from "./leftovers.ts";
import { type Lock, takeLock } from "./lock.ts";
import { stageOf } from "./order.ts";
import { isMadeByUs, keyOf, ownedBySelector, type Part, partOf } from "./ownership.ts";
import { patiently } from "./patience.ts";
import { type Kept, removeObjects, waitGone } from "./remove.ts";
import { restartPath, untilOnlyNewAnswer } from "./restart.ts";
import { type InstallState, type JournalEntry, readState, stateNamespace } from "./state.ts";
import { type Clock, inParallel, newTask, signalOf, type Task, within } from "./task.ts";
import { mayHoldOurs } from "./unseen.ts";
import { removeWorkloads } from "./workload-removal.ts";

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

export interface Uninstalled {
	removed: ObjectRef[];
	/** What is still there, and why. */
	kept: Kept[];
	/** Journalled values that are as they were before knistio. */
	restored: number;
	/** What else the user should know, such as a value that somebody else has changed since. */
	notes: string[];
	/** Where knistio may have left something, and could not look; `notes` says why. */
	unseen: string[];
}

/**
 * Removes all that knistio put on the cluster and puts back what it changed: by its inventory, and by its label on
 * whatever can be listed, so that it works after a kill at any point, without the inventory, and when run twice.
 * @throws ClusterError when something does not go away in time; to be run again then
 */
export async function uninstall(cluster: Cluster, options: UninstallOptions): Promise<Uninstalled> {
	const progress = options.progress ?? (() => {});
	progress({ kind: "step", text: "looking for what knistio put here" });
	const looking = newTask(cluster, options);
	const before = await findMade(looking);
	const state = await readState(cluster, options.signal);
	const result: Uninstalled = { removed: [], kept: [], restored: 0, notes: before.notes, unseen: before.unseen };
	if (before.objects.length === 0 && state.inventory.length === 0 && state.journal.length === 0) return result;
	const lock = options.lock ?? (await takeLock(cluster, options));
	try {
		const signals = options.signal === undefined ? [lock.lost] : [lock.lost, options.signal];
		const task = newTask(cluster, { ...options, signal: AbortSignal.any(signals) });
		await removeAll(task, { result, objects: before.objects, state: await readState(cluster, task.signal) });
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

async function removeAll(
	task: Task,
	found: { result: Uninstalled; objects: readonly KubeObject[]; state: InstallState },
): Promise<void> {
	const { result, objects, state } = found;
	const refs = new Map<string, { ref: ObjectRef; part: Part }>();
	for (const { ref, part } of state.inventory) refs.set(keyOf(ref), { ref, part });
	for (const object of objects)
		refs.set(keyOf(refOf(object)), { ref: refOf(object), part: partOf(object) ?? "workload" });
	const all = [...refs.values()].filter(({ part }) => part !== "state");
	const isNamespace = (ref: ObjectRef) => ref.kind === "Namespace";
	const ofParts = (...parts: Part[]) =>
		all.filter(({ ref, part }) => parts.includes(part) && !isNamespace(ref)).map(({ ref }) => ref);
	const remove = async (text: string, these: readonly ObjectRef[]) => {
		if (these.length === 0) return;
		task.progress({ kind: "step", text });
		const removal = await removeObjects(task, these);
		result.removed.push(...removal.removed);
		result.kept.push(...removal.kept);
	};

	// The services go while the controllers that hold their finalizers run.
	const workloads = ofParts("workload");
	task.progress({ kind: "step", text: "removing the services under test" });
	const custom = workloads.filter((ref) => stageOf(ref) === "custom-resources");
	result.removed.push(...(await removeWorkloads(task, custom)));
	await remove("removing the policies", ofParts("policy"));
	await remove(
		"removing what the services needed",
		workloads.filter((ref) => !custom.includes(ref)),
	);
	await restoreAll(task, result, state);
	// istiod and the CNI plugin, and Knative if it is ours; the definitions last.
	await remove("removing Istio", ofParts("istio", "knative"));
	if (state.inventory.some(({ part }) => part === "istio")) {
		const leftovers = await istioLeftovers(task);
		await inParallel(leftovers, (ref) => task.cluster.remove(ref, signalOf(task)));
		result.removed.push(...leftovers);
	}
	await remove("removing the namespaces", all.map(({ ref }) => ref).filter(isNamespace));
}

/** Puts the journalled values back, the restarts last: removing the annotation is what starts the pods anew. */
async function restoreAll(task: Task, result: Uninstalled, state: InstallState): Promise<void> {
	const ours = new Set(state.inventory.map(({ ref }) => keyOf(ref)));
	const isForeign = async (entry: JournalEntry) => {
		if (!ours.has(keyOf(entry.ref))) return true;
		const object = await task.cluster.get(entry.ref, task.signal);
		return object !== undefined && !isMadeByUs(object);
	};
	const marked = await Promise.all(state.journal.map(async (entry) => ({ entry, isForeign: await isForeign(entry) })));
	const entries = marked.filter((each) => each.isForeign).map(({ entry }) => entry);
	if (entries.length === 0) return;
	task.progress({ kind: "step", text: "restoring what was changed" });
	const isRestart = (entry: JournalEntry) => entry.path.join() === restartPath.join();
	const restore = async (entry: JournalEntry) => {
		const note = await restoreForeign(task, entry);
		if (note === undefined) result.restored++;
		else result.notes.push(note);
	};
	await inParallel(
		entries.filter((entry) => !isRestart(entry)),
		restore,
	);
	const restarts = entries.filter(isRestart);
	const found = await Promise.all(restarts.map(({ ref }) => task.cluster.get(ref, task.signal)));
	await untilOnlyNewAnswer(task, found.filter((object) => object !== undefined).map(refOf), async () => {
		await inParallel(restarts, restore);
	});
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

async function removeState(task: Task, result: Uninstalled): Promise<void> {
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
