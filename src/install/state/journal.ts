import { describeRef, type KubeObject, type ObjectRef } from "../../kube/api/cluster.ts";
import { keyOf } from "../../kube/objects/ownership.ts";
import { patiently } from "../../kube/wait/patience.ts";
import type { Task } from "../../kube/wait/task.ts";
import type { InstallState, JournalEntry, StateStore } from "./store.ts";

/** A string somewhere in an object; null means that the key is not to be there. */
export interface Change {
	ref: ObjectRef;
	path: string[];
	value: string | null;
}

/** `label istio-injection of Namespace knative-serving`, as messages name the place of a change. */
export function describePlace(change: { ref: ObjectRef; path: readonly string[] }): string {
	const key = change.path.at(-1) ?? "";
	const field = change.path.at(-2);
	const what = field === "labels" ? "label" : field === "annotations" ? "annotation" : "key";
	return `${what} ${key} of ${describeRef(change.ref)}`;
}

/** The string at a path; null where there is none. */
export function valueAt(object: KubeObject, path: readonly string[]): string | null {
	let value: unknown = object;
	for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
	return typeof value === "string" ? value : null;
}

/**
 * Changes an object that knistio did not make, after noting in the state what was there.
 * @param andThen what else the state must say from the moment on that the change may have been made
 * @returns whether the object had another value
 */
export async function setForeign(
	task: Task,
	store: StateStore,
	request: { change: Change; andThen?: (state: InstallState) => InstallState },
): Promise<boolean> {
	const { change } = request;
	const object = await task.cluster.get(change.ref, task.signal);
	if (object === undefined) return false;
	const found = valueAt(object, change.path);
	if (found === change.value) return false;
	const andThen = request.andThen ?? ((state) => state);
	await store.update((state) => andThen({ ...state, journal: noted(state.journal, change, found) }));
	await put(task, change.ref, nested(change.path, change.value));
	return true;
}

function noted(journal: readonly JournalEntry[], change: Change, found: string | null): JournalEntry[] {
	const entry = entryOf(journal, change);
	const { ref, path, value } = change;
	if (entry === undefined) return [...journal, { ref, path, before: found, set: [value] }];
	const set = [...entry.set.filter((earlier) => earlier !== value), value];
	return journal.map((other) => (other === entry ? { ...other, set } : other));
}

/** What the journal says of this place; undefined where knistio has not changed it. */
export function entryOf(
	journal: readonly JournalEntry[],
	change: Pick<Change, "ref" | "path">,
): JournalEntry | undefined {
	return journal.find((entry) => placeOf(entry) === placeOf(change));
}

function placeOf(change: { ref: ObjectRef; path: readonly string[] }): string {
	return JSON.stringify([keyOf(change.ref), change.path]);
}

/** What became of a journalled value. */
export interface Restored {
	/** Whether it was changed now: false where it was back already. */
	changed: boolean;
	/** Why it was left as it is, where somebody else changed it since. */
	note?: string;
}

/** Puts one journalled value back, if it is still one that knistio set. */
export async function restoreForeign(task: Task, entry: JournalEntry): Promise<Restored> {
	const object = await task.cluster.get(entry.ref, task.signal);
	if (object === undefined) return { changed: false };
	const found = valueAt(object, entry.path);
	if (found === entry.before) return { changed: false };
	if (!entry.set.includes(found)) {
		const was = entry.before === null ? "there was none" : `it was ${JSON.stringify(entry.before)}`;
		const note = `${describePlace(entry)} was changed by somebody else to ${JSON.stringify(found)}; before knistio ${was}`;
		return { changed: false, note };
	}
	await put(task, entry.ref, nested(entry.path, entry.before));
	return { changed: true };
}

/** Knative's webhook checks its ConfigMaps, and may not be up yet. */
async function put(task: Task, ref: ObjectRef, patch: unknown): Promise<void> {
	await patiently(task, describeRef(ref), () => task.cluster.patch(ref, patch, task.signal));
}

function nested(path: readonly string[], value: string | null): unknown {
	return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}
