import { describeRef, type KubeObject, refOf } from "../../kube/api/cluster.ts";
import { replicaSetsOf, wantedReplicas } from "../../kube/objects/replica-sets.ts";
import { type Failure, forEach, ofOneObject } from "../../kube/wait/failures.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { inParallel, type Task, within } from "../../kube/wait/task.ts";
import { restoreForeign, valueAt } from "../state/journal.ts";
import { restartPath, untilOnlyNewAnswer } from "../state/restart.ts";
import type { JournalEntry } from "../state/store.ts";
import type { Patience } from "./remove.ts";

const historyPatienceMs = 5_000;

/** What is to be put back, and where it is noted. */
export interface Restoration {
	task: Task;
	entries: readonly JournalEntry[];
	patience: Patience;
	/** The entries whose values are as they were. */
	restored: Set<JournalEntry>;
	/** Whether a Deployment that was not ready in time must be so now, although its value is back. */
	isLast: boolean;
	result: { notes: string[] };
}

/**
 * Puts the journalled values back, the restarts last: removing the annotation is what starts the pods anew.
 * @returns what could not be put back, or did not become ready in time
 */
export async function restoreAll(order: Restoration): Promise<Failure[]> {
	const { task, entries, patience, isLast } = order;
	if (entries.length === 0) return [];
	task.progress({ kind: "step", text: "restoring what was changed" });
	const settings = entries.filter((entry) => !isRestart(entry));
	const restarts = entries.filter(isRestart);
	const failed = await forEach(task, settings, {
		refOf: ({ ref }) => ref,
		run: async (entry) => void (await restore(order, entry)),
	});
	const restart = async (entry: JournalEntry) => {
		let changed = false;
		const run = async () => {
			changed = await restore(order, entry);
		};
		const failures = await forEach(task, [entry], { refOf: ({ ref }) => ref, run });
		failed.push(...failures);
		if (failures.length > 0) return false;
		// An interrupted clean-up may have put the value back, and what it began goes on.
		const isUnderWay = (await setsMadeBy(task, entry)).some((set) => wantedReplicas(set) > 0);
		return changed || isUnderWay || (isLast && (await task.cluster.get(entry.ref, task.signal)) !== undefined);
	};
	try {
		await untilOnlyNewAnswer(
			within(task, patience.goneMs),
			restarts.map((entry) => ({ ref: entry.ref, restart: () => restart(entry) })),
		);
		await removeHistory(task, restarts);
	} catch (error) {
		const late = ofOneObject(task, error);
		failed.push(...restarts.map(({ ref }) => ({ ref, error: late })));
	}
	return failed;
}

/** @returns whether the value was another one */
async function restore({ task, patience, restored, result }: Restoration, entry: JournalEntry): Promise<boolean> {
	const { changed, note } = await restoreForeign(within(task, patience.refusedMs), entry);
	if (note === undefined) restored.add(entry);
	else result.notes.push(note);
	return changed;
}

function isRestart(entry: JournalEntry): boolean {
	return entry.path.join() === restartPath.join();
}

/** The ReplicaSets that exist because knistio restarted the Deployment: their pods' template has its annotation. */
async function setsMadeBy(task: Task, { ref, before, set }: JournalEntry): Promise<KubeObject[]> {
	const values = new Set<string | null>(set.filter((value) => value !== null && value !== before));
	const sets = await replicaSetsOf(task, ref);
	return sets.filter((object) => values.has(valueAt(object, restartPath)));
}

/** They stay as the Deployment's history; knistio's restarts are none of it. */
async function removeHistory(task: Task, restarts: readonly JournalEntry[]): Promise<void> {
	const made = (await inParallel(restarts, (entry) => setsMadeBy(task, entry))).flat();
	const empty = made.filter((set) => wantedReplicas(set) === 0);
	await inParallel(empty, async (set) => {
		const { uid } = set.metadata;
		await patiently(within(task, historyPatienceMs), describeRef(refOf(set)), () =>
			task.cluster.remove(refOf(set), { propagation: "Background", ...(uid === undefined ? {} : { uid }) }),
		);
	});
}
