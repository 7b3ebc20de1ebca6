import { authorizerName } from "../istio/authorizer.ts";
import { istiodVersion } from "../istio/istiod-version.ts";
import { findIstiods, isIstiod, istiodsToRestart } from "../istio/istiods.ts";
import { findKnative, type Knative, noKnative } from "../knative/finding.ts";
import { requireNetIstio } from "../knative/net-istio.ts";
import { configSettings, labelSettings, type Setting } from "../knative/settings.ts";
import { type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { type Applied, applyAll } from "../kube/objects/apply.ts";
import { type Live, lookUpSettled } from "../kube/objects/live.ts";
import { byStage, type Stage, stageOf } from "../kube/objects/order.ts";
import { keyOf } from "../kube/objects/ownership.ts";
import { waitReady } from "../kube/wait/ready.ts";
import { alsoEndedBy, inParallel, newTask, type Session, type Task } from "../kube/wait/task.ts";
import { requireAmbient } from "./ambient.ts";
import { refuseForeign } from "./foreign.ts";
import { type Removal, removeObjects } from "./removal/remove.ts";
import { keepStanding } from "./standing.ts";
import { setForeign } from "./state/journal.ts";
import { type Lock, takeLock } from "./state/lock.ts";
import { restartDue } from "./state/restart.ts";
import {
	type InstallState,
	type InventoryEntry,
	openState,
	ownerOf,
	type StateStore,
	withInventory,
	withoutInventory,
	withRestarts,
} from "./state/store.ts";
import { type Installation, type Wanted, wantedObjects } from "./wanted.ts";

/** What an install did. */
export interface Installed {
	/** Whether anything of the cluster was changed. */
	changed: boolean;
	installMs: number;
	knative: Knative;
	/** The tag of istiod's image; undefined where istiod or its version is not known. */
	istioVersion?: string;
	/** What of the profile before could not be removed. */
	kept: Removal["kept"];
}

/**
 * Puts a profile on the cluster: Istio, Knative where it is missing, the namespaces' labels, Knative's settings, and
 * the policies; restarts what must be restarted, and takes away what the profile before left. Everything is ready when
 * it returns. May be repeated, and goes on where a run that was killed ended.
 * @param how a `lock` is one that the caller holds for longer than this install; otherwise one is taken and released.
 *   `isToStay` tells whether the profile stays after benches, which come back to it; otherwise the owner before is kept.
 * @throws ClusterError
 */
export async function installProfile(
	session: Session,
	what: Installation,
	how: { lock?: Lock | undefined; isToStay?: boolean } = {},
): Promise<Installed> {
	const lock = how.lock ?? (await takeLock(session));
	try {
		return await install(newTask(alsoEndedBy(session, lock.lost)), what, how.isToStay ?? false);
	} finally {
		// A lock that cannot be released grows stale; that is no reason to hide how the install ended.
		if (how.lock === undefined) await lock.release().catch(() => {});
	}
}

/** An install under way. */
interface Install {
	task: Task;
	store: StateStore;
	what: Installation;
	wanted: Wanted;
	live: Live;
	/** Everything applied so far. */
	applied: Applied[];
}

async function install(task: Task, what: Installation, isToStay: boolean): Promise<Installed> {
	const startedAt = task.clock.now();
	task.progress({ kind: "step", text: `installing ${what.profile.name}` });
	await requireAmbient(task, what);
	const before = await findKnative(task);
	if (before === undefined && what.knativeObjects === undefined) throw noKnative();
	if (before !== undefined && !before.isOurs) await requireNetIstio(task, what);
	const wanted = wantedObjects(withKnativeIfMissing(what, before));
	const objects = Object.values(wanted).flat();
	const live = await lookUpSettled(task, objects);
	await refuseForeign(task, { objects, live, installsIstio: !what.useInstalled });
	const store = await openState(task);
	const previous = leftBehind(store.current.inventory, wanted, what);
	// Before it is noted: what is said to have come to stay can be brought back.
	if (isToStay) await keepStanding(task, what);
	await noteInventory(store, wanted, { profile: what.profile.name, isToStay });

	const run: Install = { task, store, what, wanted, live, applied: [] };
	const policies = await prune(
		run,
		previous.filter(({ part }) => part === "policy"),
	);
	await applyFoundations(run);
	await startIstio(run);
	const hasNewSettings = await joinMesh(run);
	await startRest(run);
	const rest = await prune(
		run,
		previous.filter(({ part }) => part !== "policy"),
	);
	await store.update((state) => ({ ...state, installed: what.profile.name }));

	const knative = await findKnative(task);
	if (knative === undefined) throw noKnative();
	const istioVersion = istiodVersion(await findIstiods(task));
	const removed = [...policies.removed, ...rest.removed];
	const changed = run.applied.some(({ outcome }) => outcome !== "unchanged");
	return {
		changed: changed || hasNewSettings || removed.length > 0,
		installMs: task.clock.now() - startedAt,
		knative,
		...(istioVersion === undefined ? {} : { istioVersion }),
		kept: [...policies.kept, ...rest.kept],
	};
}

/** A Knative of somebody else is used as it is. */
export function withKnativeIfMissing(what: Installation, found: Knative | undefined): Installation {
	const isForeign = found !== undefined && !found.isOurs;
	return isForeign ? { ...what, knativeObjects: undefined } : what;
}

/** What the profile before has and this one has not. Knative stays, and the service under test is not ours to judge. */
export function leftBehind(
	inventory: readonly InventoryEntry[],
	wanted: Wanted,
	what: Pick<Installation, "useInstalled">,
): InventoryEntry[] {
	if (what.useInstalled) return [];
	const keep = new Set(
		Object.values(wanted)
			.flat()
			.map((object) => keyOf(refOf(object))),
	);
	const mayGo = ({ part, ref }: InventoryEntry) =>
		part === "istio" || part === "policy" || (part === "workload" && ref.name === authorizerName);
	return inventory.filter((entry) => mayGo(entry) && !keep.has(keyOf(entry.ref)) && entry.ref.kind !== "Namespace");
}

async function noteInventory(
	store: StateStore,
	wanted: Wanted,
	{ profile, isToStay }: { profile: string; isToStay: boolean },
): Promise<void> {
	await store.update((state) => {
		const { installed: _, ...others } = state;
		const rest: InstallState = { ...others, owner: isToStay ? "install" : (ownerOf(state) ?? "bench") };
		const noted = Object.entries(wanted) as [keyof Wanted, KubeObject[]][];
		return noted.reduce((next, [part, objects]) => withInventory(next, objects, { part, profile }), rest);
	});
}

async function prune(run: Install, entries: readonly InventoryEntry[]): Promise<Removal> {
	if (entries.length === 0) return { removed: [], kept: [], failed: [] };
	const refs = entries.map(({ ref }) => ref);
	run.task.progress({ kind: "step", text: `removing what ${entries[0]?.profile} left` });
	const removal = await removeObjects(run.task, refs);
	if (removal.failed[0] !== undefined) throw removal.failed[0].error;
	const kept = new Set(removal.kept.map(({ ref }) => keyOf(ref)));
	await run.store.update((state) =>
		withoutInventory(
			state,
			refs.filter((ref) => !kept.has(keyOf(ref))),
		),
	);
	return removal;
}

/** Applies the objects of these parts and stages, one stage after the other. */
async function apply(run: Install, parts: readonly (keyof Wanted)[], stages: readonly Stage[]): Promise<Applied[]> {
	const applied: Applied[] = [];
	for (const stage of stages) {
		const perPart = parts.map(async (part) => {
			const objects = byStage(run.wanted[part]).get(stage) ?? [];
			return applyAll(run.task, objects, { live: run.live, marking: { part, profile: run.what.profile.name } });
		});
		applied.push(...(await Promise.all(perPart)).flat());
	}
	run.applied.push(...applied);
	return applied;
}

/** What needs no pod: Knative's settings are made before its pods start, so that they need not start twice. */
async function applyFoundations(run: Install): Promise<void> {
	await apply(run, ["istio", "knative", "workload"], ["namespaces"]);
	await waitReady(run.task, refsOf(await apply(run, ["istio", "knative"], ["definitions"])));
	const settings = await apply(run, ["istio", "knative", "workload"], ["settings"]);
	const configs = settings.filter(({ ref }) => ref.kind === "ConfigMap" && isOf(run.wanted.istio, ref));
	if (configs.some(({ outcome }) => outcome === "changed")) {
		await run.store.update((state) => withRestarts(state, istiodsToRestart(run.wanted.istio, run.live)));
	}
}

/** Istio must be able to inject, and its CNI plugin to set up pods, before any pod is made that needs them. */
async function startIstio(run: Install): Promise<void> {
	const started = await apply(run, ["istio"], ["workloads", "webhooks"]);
	const isIstios = (ref: ObjectRef) => isOf(run.wanted.istio, ref);
	const isGateway = ({ ref }: Applied) => ref.kind === "Deployment" && !isIstiod(ref);
	await Promise.all([
		restartDue(run.task, run.store, isIstios),
		waitReady(run.task, refsOf(started.filter((each) => !isGateway(each)))),
	]);
}

/** The labels and settings of what is not knistio's, each with the restarts that it needs noted before it is made. */
async function joinMesh(run: Install): Promise<boolean> {
	const { task, store, what } = run;
	const { profile, namespace, useInstalled } = what;
	const labels = await labelSettings(task, {
		profile,
		namespace,
		state: store.current,
		includesKnative: !useInstalled,
	});
	const configs = await configSettings(task, {
		mode: useInstalled ? undefined : profile.meshCompatibilityMode,
		hasIdleServices: what.hasIdleServices,
		state: store.current,
	});
	const settings: Setting[] = [...labels, ...configs];
	const changes = await inParallel(settings, ({ change, restarts }) =>
		setForeign(task, store, { change, andThen: (state) => withRestarts(state, restarts) }),
	);
	return changes.includes(true);
}

async function startRest(run: Install): Promise<void> {
	const { task, store } = run;
	await apply(run, ["istio"], ["injected-workloads"]);
	await apply(run, ["knative", "workload"], ["workloads", "webhooks"]);
	task.progress({ kind: "step", text: "restarting what reads its settings when it starts" });
	await restartDue(task, store, () => true);
	await waitReady(task, refsOf(run.applied.filter(({ object }) => mustStart.has(stageOf(object)))));
	await apply(run, ["istio", "knative"], ["custom-resources"]);
	await apply(run, ["policy"], ["settings", "workloads", "custom-resources"]);
}

const mustStart = new Set<Stage>(["workloads", "injected-workloads", "webhooks"]);

function refsOf(applied: readonly Applied[]): ObjectRef[] {
	return applied.map(({ ref }) => ref);
}

function isOf(objects: readonly KubeObject[], ref: ObjectRef): boolean {
	return objects.some((object) => keyOf(refOf(object)) === keyOf(ref));
}
