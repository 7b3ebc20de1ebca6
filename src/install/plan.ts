import { istiodsToRestart } from "../istio/istiods.ts";
import { findKnative, noKnative } from "../knative/finding.ts";
import { requireNetIstio } from "../knative/net-istio.ts";
import { configSettings, labelSettings, type Setting } from "../knative/settings.ts";
import { type Cluster, describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { foresee, type Outcome } from "../kube/objects/apply.ts";
import { type Live, lookUp } from "../kube/objects/live.ts";
import { inOrder } from "../kube/objects/order.ts";
import { keyOf } from "../kube/objects/ownership.ts";
import { newTask, type Session, type Task } from "../kube/wait/task.ts";
import { requireAmbient } from "./ambient.ts";
import { refuseForeign } from "./foreign.ts";
import { leftBehind, withKnativeIfMissing } from "./install.ts";
import { describePlace } from "./state/journal.ts";
import { readState } from "./state/store.ts";
import { type Installation, type Wanted, wantedObjects } from "./wanted.ts";

/** What an install would do. */
export interface InstallPlan {
	/** In the order in which they would be applied. */
	objects: { ref: ObjectRef; outcome: Outcome }[];
	/** What the profile before left. */
	removals: ObjectRef[];
	/** Changes to what is not knistio's; they would be journalled, and put back by an uninstall. */
	settings: { place: string; value: string | null }[];
	/** Deployments whose pods would be started anew. */
	restarts: ObjectRef[];
}

/**
 * Finds out what {@link installProfile} would do, without any write.
 * @throws ClusterError where the install would be refused
 */
export async function planInstall(session: Session, what: Installation): Promise<InstallPlan> {
	const task = newTask(session);
	await requireAmbient(task, what);
	const knative = await findKnative(task);
	if (knative === undefined && what.knativeObjects === undefined) throw noKnative();
	if (knative !== undefined && !knative.isOurs) await requireNetIstio(task, what);
	const wanted = wantedObjects(withKnativeIfMissing(what, knative));
	const objects = inOrder(Object.values(wanted).flat());
	const live = await lookUp(task, objects);
	await refuseForeign(task, { objects, live, installsIstio: !what.useInstalled });
	const state = await readState(task.cluster, task.signal);
	const settings = await plannedSettings(task, what, { wanted, live });
	const restarts = [
		...state.restarts,
		...settings.flatMap((setting) => setting.restarts),
		...(changesConfig(wanted, live) ? istiodsToRestart(wanted.istio, live) : []),
	];
	return {
		objects: objects.map((object) => ({ ref: refOf(object), outcome: foresee(object, live) })),
		removals: leftBehind(state.inventory, wanted, what).map(({ ref }) => ref),
		settings: settings.map(({ change }) => ({ place: describePlace(change), value: change.value })),
		restarts: [...new Map(restarts.map((ref) => [keyOf(ref), ref])).values()],
	};
}

/** As in the install, but for objects that would only be made by it. */
async function plannedSettings(
	task: Task,
	what: Installation,
	found: { wanted: Wanted; live: Live },
): Promise<Setting[]> {
	const { profile, namespace, useInstalled } = what;
	const state = await readState(task.cluster, task.signal);
	const withNew = withObjects(task, Object.values(found.wanted).flat(), found.live);
	return [
		...(await labelSettings(withNew, { profile, namespace, state, includesKnative: !useInstalled })),
		...(await configSettings(withNew, {
			mode: useInstalled ? undefined : profile.meshCompatibilityMode,
			hasIdleServices: what.hasIdleServices,
			state,
		})),
	];
}

/** The task on a cluster that already has these objects. */
function withObjects(task: Task, objects: readonly KubeObject[], live: Live): Task {
	const planned = new Map(objects.map((object) => [keyOf(refOf(object)), object]));
	const get: Cluster["get"] = async (ref, signal) =>
		live.get(keyOf(ref)) ?? planned.get(keyOf(ref)) ?? (await task.cluster.get(ref, signal));
	const cluster = new Proxy(task.cluster, {
		get(target, name) {
			if (name === "get") return get;
			const value: unknown = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { ...task, cluster };
}

function changesConfig(wanted: Wanted, live: Live): boolean {
	return wanted.istio.some((object) => object.kind === "ConfigMap" && foresee(object, live) === "changed");
}

/** The plan as lines for a terminal. */
export function planLines(plan: InstallPlan): string[] {
	const would = { created: "create", changed: "change" } as const;
	const lines = plan.objects.flatMap(({ ref, outcome }) =>
		outcome === "unchanged" ? [] : [`${would[outcome]} ${describeRef(ref)}`],
	);
	const kept = plan.objects.filter(({ outcome }) => outcome === "unchanged").length;
	lines.push(...plan.settings.map(({ place, value }) => `${value === null ? "remove" : "set"} ${place}${said(value)}`));
	lines.push(...plan.restarts.map((ref) => `restart ${describeRef(ref)}`));
	lines.push(...plan.removals.map((ref) => `remove ${describeRef(ref)}`));
	if (lines.length === 0) return ["nothing to do"];
	return kept === 0 ? lines : [...lines, `leave ${kept} objects as they are`];
}

function said(value: string | null): string {
	return value === null ? "" : ` to ${JSON.stringify(value)}`;
}
