import { z } from "zod";
import { ClusterError } from "../../errors.ts";
import { type Cluster, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { keyOf, type Marking, markOurs } from "../../kube/objects/ownership.ts";
import type { Session } from "../../kube/wait/task.ts";

/**
 * Knistio's memory in the cluster: what it applied and what it changed of others, written before each is done, so that
 * a run that was killed at any point can be undone by the next.
 */

export const stateNamespace = "knistio-system";
const stateName = "knistio-state";

const refSchema = z.object({
	apiVersion: z.string(),
	kind: z.string(),
	name: z.string(),
	namespace: z.string().exactOptional(),
});

const inventoryEntrySchema = z.object({
	ref: refSchema,
	part: z.enum(["istio", "knative", "policy", "workload", "state"]),
	profile: z.string(),
});

/** A value that knistio set in an object that is not its own. */
const journalEntrySchema = z.object({
	ref: refSchema,
	/** The keys from the object's root to a string, such as metadata, labels, istio-injection. */
	path: z.array(z.string()),
	/** null where the key was absent. */
	before: z.string().nullable(),
	/** Every value that may be there by knistio's doing; the last is the one wanted now. */
	set: z.array(z.string().nullable()),
});

const stateSchema = z.object({
	inventory: z.array(inventoryEntrySchema),
	journal: z.array(journalEntrySchema),
	/** Deployments whose pods are still to be restarted for a change that was made. */
	restarts: z.array(refSchema),
	/** The profile that was installed to its end. */
	installed: z.string().optional(),
	/** Who began it: `install`, to stay, or a bench, which takes all away; unknown where an older state did not tell. */
	owner: z.enum(["install", "bench", "unknown"]).optional(),
});

export type InventoryEntry = z.infer<typeof inventoryEntrySchema>;
export type JournalEntry = z.infer<typeof journalEntrySchema>;
/** Who put there what is on the cluster. */
export type Owner = "install" | "bench" | "unknown";
export type InstallState = z.infer<typeof stateSchema>;

/** The state in the cluster. Its changes are written one after the other, each before it is returned. */
export interface StateStore {
	readonly current: InstallState;
	update(change: (state: InstallState) => InstallState): Promise<void>;
}

const emptyState: InstallState = { inventory: [], journal: [], restarts: [] };

const stateRef: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: stateNamespace, name: stateName };
const stateMarking: Marking = { part: "state", profile: "" };

/** Makes the namespace of the state if it is not there. */
export async function ensureStateNamespace(cluster: Cluster, signal?: AbortSignal): Promise<void> {
	const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: stateNamespace } };
	try {
		await cluster.create(markOurs(namespace, stateMarking), signal);
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 409)) throw error;
	}
}

/** The state as it is in the cluster; empty if knistio has not been there. @throws ClusterError if it cannot be read. */
export async function readState(cluster: Cluster, signal?: AbortSignal): Promise<InstallState> {
	const object = await cluster.get(stateRef, signal);
	const text = (object?.data as Record<string, string> | undefined)?.state;
	if (text === undefined) return emptyState;
	const parsed = stateSchema.safeParse(parseJson(text));
	if (parsed.success) return parsed.data;
	throw new ClusterError(`ConfigMap ${stateNamespace}/${stateName} is not as knistio writes it`, {
		cause: parsed.error,
		hint: "another version of knistio wrote it: run that version's `knistio clean`",
	});
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Opens the state for writing; the namespace must be there. The session's signal also ends a write under way. */
export async function openState({ cluster, signal }: Session): Promise<StateStore> {
	let current = await readState(cluster, signal);
	let written = Promise.resolve();
	return {
		get current() {
			return current;
		},
		update(change) {
			const turn = written.then(async () => {
				const next = change(current);
				if (next === current) return;
				await cluster.apply(stateObject(next), { signal });
				current = next;
			});
			written = turn.catch(() => {});
			return turn;
		},
	};
}

function stateObject(state: InstallState): KubeObject {
	const { apiVersion, kind, name, namespace } = stateRef;
	const object = { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) } };
	return markOurs({ ...object, data: { state: JSON.stringify(state) } }, stateMarking);
}

/** The state that also lists these objects. */
export function withInventory(state: InstallState, objects: readonly KubeObject[], marking: Marking): InstallState {
	const entries = new Map(state.inventory.map((entry) => [keyOf(entry.ref), entry]));
	for (const object of objects) entries.set(keyOf(refOf(object)), { ref: refOf(object), ...marking });
	return { ...state, inventory: [...entries.values()] };
}

/** The state that no longer lists these objects. */
export function withoutInventory(state: InstallState, refs: readonly ObjectRef[]): InstallState {
	const gone = new Set(refs.map(keyOf));
	return { ...state, inventory: state.inventory.filter((entry) => !gone.has(keyOf(entry.ref))) };
}

/** The state in which these Deployments are to be restarted. */
export function withRestarts(state: InstallState, refs: readonly ObjectRef[]): InstallState {
	const due = new Map([...state.restarts, ...refs].map((ref) => [keyOf(ref), ref]));
	return due.size === state.restarts.length ? state : { ...state, restarts: [...due.values()] };
}

/** Who put there what is on the cluster; undefined where nothing of knistio's is. Older states do not say it. */
export function ownerOf(state: InstallState): Owner | undefined {
	if (state.owner !== undefined) return state.owner;
	return state.inventory.length > 0 || state.journal.length > 0 ? "unknown" : undefined;
}
