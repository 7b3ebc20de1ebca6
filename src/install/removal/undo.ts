import { istioLeftovers } from "../../istio/leftovers.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../../kube/api/cluster.ts";
import { stageOf } from "../../kube/objects/order.ts";
import { isMadeByUs, keyOf, type Part, partOf } from "../../kube/objects/ownership.ts";
import { type Failure, forEach, undoneError } from "../../kube/wait/failures.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { inParallel, type Task, within } from "../../kube/wait/task.ts";
import { type InstallState, type JournalEntry, stateNamespace } from "../state/store.ts";
import { type Kept, type Patience, type Removal, removeObjects } from "./remove.ts";
import { restoreAll } from "./restore.ts";
import { removeWorkloads } from "./workloads.ts";

/** What became of all that knistio put on the cluster. */
export interface Undone {
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

/** While something else may still be mended by the clean-up itself. */
const firstPatience: Patience = { refusedMs: 10_000, goneMs: 60_000 };
/** When all else is done: so long a webhook may need whose pods were just started anew, or left a mesh. */
const lastRefusedMs = 35_000;
/** And so long each object is tried all the same when that time is over. */
const leastRefusedMs = 2_000;

/** One time for all that is refused, whose reason is mostly the same. */
function lastPatience({ clock }: Task): Patience {
	const deadlineAt = clock.now() + lastRefusedMs;
	return {
		get refusedMs() {
			return Math.max(leastRefusedMs, deadlineAt - clock.now());
		},
		goneMs: Number.POSITIVE_INFINITY,
	};
}

/**
 * Removes and restores all of it. What fails at first is tried once more in the end, when knistio's policies, Istio and
 * its webhooks are away: they may be why it failed.
 * @throws ClusterError that names what could not be undone, after all else was
 */
export async function undoAll(
	task: Task,
	found: { result: Undone; objects: readonly KubeObject[]; state: InstallState },
): Promise<void> {
	const { result, objects, state } = found;
	const parts = new Map<string, { ref: ObjectRef; part: Part }>();
	for (const { ref, part } of state.inventory) parts.set(keyOf(ref), { ref, part });
	for (const object of objects)
		parts.set(keyOf(refOf(object)), { ref: refOf(object), part: partOf(object) ?? "workload" });
	const all = [...parts.values()].filter(({ part }) => part !== "state");
	const foreign = await foreignEntries(task, state);
	const first: Pass = {
		task,
		result,
		state,
		entries: foreign,
		parts: all,
		patience: firstPatience,
		failed: [],
		restored: new Set<JournalEntry>(),
		isLast: false,
	};
	await removeParts(first);
	if (first.failed.length === 0) return;
	const isFailed = new Set(first.failed.map(({ ref }) => keyOf(ref)));
	const again = first.failed.flatMap(({ ref }) => parts.get(keyOf(ref)) ?? belowService(ref));
	task.progress({ kind: "step", text: "trying again what could not be removed at first" });
	const last: Pass = {
		...first,
		parts: again.filter(({ ref }) => !foreign.some((entry) => keyOf(entry.ref) === keyOf(ref))),
		entries: foreign.filter(({ ref }) => isFailed.has(keyOf(ref))),
		patience: lastPatience(task),
		isLast: true,
		failed: [],
	};
	await removeParts(last);
	if (last.failed.length > 0) throw undoneError(last.failed);
}

/** What hangs on the service under test, or ran for it, is in no inventory. */
function belowService(ref: ObjectRef): { ref: ObjectRef; part: Part }[] {
	return ["Pod", "Route", "Ingress", "ReplicaSet"].includes(ref.kind) ? [{ ref, part: "workload" }] : [];
}

/** One way through all that is to be removed and restored. */
interface Pass {
	task: Task;
	result: Undone;
	state: InstallState;
	entries: readonly JournalEntry[];
	parts: readonly { ref: ObjectRef; part: Part }[];
	patience: Patience;
	failed: Failure[];
	/** The entries whose values are as they were. */
	restored: Set<JournalEntry>;
	/** What fails now has failed for good. */
	isLast: boolean;
}

async function removeParts(pass: Pass): Promise<void> {
	const { task, result, patience, failed } = pass;
	const isNamespace = (ref: ObjectRef) => ref.kind === "Namespace";
	const ofParts = (...parts: Part[]) =>
		pass.parts.filter(({ ref, part }) => parts.includes(part) && !isNamespace(ref)).map(({ ref }) => ref);
	const remove = async (text: string, refs: readonly ObjectRef[]) => {
		if (refs.length === 0) return;
		task.progress({ kind: "step", text });
		note(pass, await removeObjects(task, refs, { patience, failedBefore: failed }));
	};
	// A policy may keep the API server from Knative's webhooks, without which no service can be deleted.
	await remove("removing the policies", ofParts("policy"));
	// The services go while the controllers that hold their finalizers run.
	const workloads = ofParts("workload");
	const custom = workloads.filter((ref) => stageOf(ref) === "custom-resources");
	task.progress({ kind: "step", text: "removing the services under test" });
	note(pass, await removeWorkloads(task, custom, patience));
	await remove(
		"removing what the services needed",
		workloads.filter((ref) => !custom.includes(ref)),
	);
	failed.push(...(await restoreAll(pass)));
	result.restored = pass.restored.size;
	// istiod and the CNI plugin, and Knative if it is ours; the definitions last.
	await remove("removing Istio", ofParts("istio", "knative"));
	if (pass.state.inventory.some(({ part }) => part === "istio")) {
		const state = await task.cluster.get({ apiVersion: "v1", kind: "Namespace", name: stateNamespace }, task.signal);
		const leftovers = await istioLeftovers(task, state?.metadata.creationTimestamp);
		const refused = within(task, patience.refusedMs);
		const run = async (ref: ObjectRef) =>
			void (await patiently(refused, describeRef(ref), () => task.cluster.remove(ref, { signal: task.signal })));
		failed.push(...(await forEach(task, leftovers, { refOf: (ref) => ref, run })));
		result.removed.push(...leftovers);
	}
	const namespaces = pass.parts.map(({ ref }) => ref).filter(isNamespace);
	await remove("removing the namespaces", namespaces);
}

function note({ result, failed }: Pass, removal: Removal): void {
	result.removed.push(...removal.removed);
	result.kept.push(...removal.kept);
	failed.push(...removal.failed);
}

/** What the journal says of objects that do not go anyway. */
async function foreignEntries(task: Task, state: InstallState): Promise<JournalEntry[]> {
	const ours = new Set(state.inventory.map(({ ref }) => keyOf(ref)));
	const isForeign = async (entry: JournalEntry) => {
		if (!ours.has(keyOf(entry.ref))) return true;
		const object = await task.cluster.get(entry.ref, task.signal);
		return object !== undefined && !isMadeByUs(object);
	};
	const marked = await inParallel(state.journal, async (entry) => ({ entry, isForeign: await isForeign(entry) }));
	return marked.filter((each) => each.isForeign).map(({ entry }) => entry);
}
