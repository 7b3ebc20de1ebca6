import {
	type Condition,
	type ConfigMap,
	isLive,
	isPodReady,
	type KubeObject,
	keyOf,
	type Pod,
	type Workload,
} from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { createRateLimit, type RateLimit } from "../queueing/rate-limit.ts";
import { refOfKey, type World } from "../world/world.ts";
import { initialScale } from "./initial-scale.ts";
import { ids, type Revision, routingState, withConditions } from "./objects.ts";

/** Decides how many pods each revision has: one or none. */
export interface Autoscaler {
	/** A request waits; calls back when the Deployment has been scaled, at once if it is. */
	poke(revisionKey: string, onScaled: () => void): void;
	/** Counts a request that begins or ends. */
	count(revisionKey: string, difference: 1 | -1): void;
}

interface Activity {
	wanted: 0 | 1;
	inFlight: number;
	lastActiveNs: number;
	isDeciding: boolean;
	/** Whether it has had a pod, or a request for one. */
	hasBegun: boolean;
	waiters: (() => void)[];
}

/** The activity of each revision by its key, `namespace/name`. */
interface AutoscalerState {
	world: World;
	activities: Map<string, Activity>;
	/** Of the client that scales Deployments. */
	limit: RateLimit;
}

const manager = "autoscaler";

export function startAutoscaler(world: World): Autoscaler {
	const limit = createRateLimit(world.clock, world.model.limits.autoscaler);
	const state: AutoscalerState = { world, activities: new Map(), limit };
	watchRevisions(state);
	watchAutoscalers(state);
	watchPods(state);
	return {
		poke: (key, onScaled) => poke(state, key, onScaled),
		count(key, difference) {
			const activity = activityOf(state, key);
			activity.inFlight += difference;
			activity.lastActiveNs = world.clock.now();
		},
	};
}

function activityOf(state: AutoscalerState, key: string): Activity {
	const { world, activities } = state;
	let activity = activities.get(key);
	if (activity === undefined) {
		const wanted = initialScale(world.api.get<Revision>(ids.revisions, refOfKey(key))?.metadata.annotations);
		const now = { lastActiveNs: world.clock.now(), hasBegun: wanted === 1 };
		activity = { wanted, inFlight: 0, isDeciding: false, waiters: [], ...now };
		activities.set(key, activity);
		planCheck(state, key);
	}
	return activity;
}

/** The autoscaler checks every two seconds at fixed times; only a check that may find something is planned. */
function planCheck(state: AutoscalerState, key: string): void {
	const { world, activities } = state;
	const activity = activities.get(key);
	if (activity === undefined) return;
	const tickNs = world.model.knative.autoscalerTickMs * 1e6;
	const earliest = Math.max(world.clock.now() + 1, activity.lastActiveNs + windowMs(world, key) * 1e6);
	world.clock.at(Math.ceil(earliest / tickNs) * tickNs, () => check(state, key));
}

/** Scales the revision to zero if it has been idle for its window, or plans the next check. */
function check(state: AutoscalerState, key: string): void {
	const { world, activities } = state;
	const activity = activities.get(key);
	const revision = world.api.get<Revision>(ids.revisions, refOfKey(key));
	if (activity === undefined || activity.wanted === 0) return;
	if (revision === undefined) {
		activities.delete(key);
		return;
	}
	const idleNs = world.clock.now() - activity.lastActiveNs;
	const isIdle = activity.inFlight === 0 && idleNs >= windowMs(world, key) * 1e6;
	const hasBeenReady =
		revision.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
	if (isIdle && hasBeenReady && minScale(revision) === 0) {
		activity.wanted = 0;
		world.clock.after(state.limit.take(), () => activity.wanted === 0 && scale(world, key, 0));
	} else planCheck(state, key);
}

function poke(state: AutoscalerState, key: string, onScaled: () => void): void {
	const { world } = state;
	const activity = activityOf(state, key);
	if (activity.wanted === 1) {
		onScaled();
		return;
	}
	activity.waiters.push(onScaled);
	if (activity.isDeciding) return;
	activity.isDeciding = true;
	// What has never been scaled is not decided at once, but at the next check (knative/serving multiscaler.go, Poke).
	const tickMs = world.model.knative.autoscalerTickMs;
	const untilTickMs = activity.hasBegun ? 0 : tickMs - ((world.clock.now() / 1e6) % tickMs);
	activity.hasBegun = true;
	world.clock.after(untilTickMs + state.limit.take() + world.delays.of("autoscalerDecides", key), () => {
		activity.isDeciding = false;
		activity.wanted = 1;
		scale(world, key, 1);
		planCheck(state, key);
		for (const waiter of activity.waiters.splice(0)) waiter();
	});
}

function watchRevisions(state: AutoscalerState): void {
	state.world.api.watch(ids.revisions, ({ type, object }) => {
		const key = keyOf(object.metadata);
		if (type === "DELETED") state.activities.delete(key);
		else activityOf(state, key);
	});
}

/** Writes the status again when the spec of a PodAutoscaler has changed. */
function watchAutoscalers({ world, activities }: AutoscalerState): void {
	world.api.watch(ids.autoscalers, ({ type, object: { metadata, status } }) => {
		const observed = (status as { observedGeneration?: number } | undefined)?.observedGeneration;
		const activity = activities.get(keyOf(metadata));
		if (type === "DELETED" || observed === undefined || observed === metadata.generation || activity === undefined)
			return;
		world.clock.after(world.delays.of("controllerReacts", `autoscaler/spec/${keyOf(metadata)}`), () =>
			writeStatus(world, keyOf(metadata), activity.wanted),
		);
	});
}

/** Writes the status again when a pod of the revision has changed. */
function watchPods({ world, activities }: AutoscalerState): void {
	world.api.watch("pods", ({ object, previous }) => {
		const name = object.metadata.labels?.["serving.knative.dev/revision"];
		const key = `${object.metadata.namespace}/${name}`;
		const activity = name === undefined ? undefined : activities.get(key);
		if (activity === undefined) return;
		// Zero comes no earlier than a window after the revision became active (knative/serving kpa/scaler.go).
		const wasReady = previous !== undefined && isPodReady(previous as Pod);
		if (!wasReady && isPodReady(object as Pod)) activity.lastActiveNs = world.clock.now();
		world.clock.after(world.delays.of("controllerReacts", `autoscaler/${key}`), () =>
			writeStatus(world, key, activity.wanted),
		);
	});
}

function minScale(revision: Revision): number {
	if (revision.metadata.labels?.[routingState] === "reserve") return 0;
	return Number(revision.metadata.annotations?.["autoscaling.knative.dev/min-scale"] ?? 0);
}

/** The stable window: of the revision, or of config-autoscaler, or 60 s. */
function windowMs({ api }: World, key: string): number {
	const revision = api.get<Revision>(ids.revisions, refOfKey(key));
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-autoscaler" });
	const text =
		revision?.metadata.annotations?.["autoscaling.knative.dev/window"] ?? config?.data?.["stable-window"] ?? "60s";
	const [, count = "60", unit = "s"] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
	return Number(count) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as "s"];
}

function scale(world: World, key: string, replicas: 0 | 1): void {
	const { namespace, name } = refOfKey(key);
	writeStatus(world, key, replicas);
	world.api.edit<Workload>(
		"deployments.apps",
		{ namespace, name: `${name}-deployment` },
		{
			manager,
			change: (draft) => {
				draft.spec.replicas = replicas;
			},
		},
	);
}

function writeStatus(world: World, key: string, wanted: 0 | 1): void {
	const { namespace, name } = refOfKey(key);
	const time = toSeconds(world.serverEpochNs());
	const ready = world.api
		.labelled<Pod>("pods", namespace, { "serving.knative.dev/revision": name })
		.filter((pod) => isLive(pod) && isPodReady(pod)).length;
	const active: Pick<Condition, "status" | "reason" | "message"> =
		wanted === 0
			? { status: "False", reason: "NoTraffic", message: "The target is not receiving traffic." }
			: ready > 0
				? { status: "True" }
				: {
						status: "Unknown",
						reason: "Queued",
						message: "Requests to the target are being buffered as resources are provisioned.",
					};
	world.api.edit<KubeObject>(
		ids.autoscalers,
		{ namespace, name },
		{
			manager,
			subresource: "status",
			change: (draft) => {
				const before = draft.status as { conditions?: Condition[] } | undefined;
				const initialized: Condition = { type: "ScaleTargetInitialized", status: "True" };
				const serverless: Condition = { type: "SKSReady", status: "True" };
				const next: Condition[] = [
					{ ...active, type: "Active" },
					{ ...active, type: "Ready" },
					initialized,
					serverless,
				];
				draft.status = {
					observedGeneration: draft.metadata.generation ?? 1,
					desiredScale: wanted,
					actualScale: ready,
					serviceName: name,
					metricsServiceName: `${name}-private`,
					conditions: withConditions(before?.conditions, next, time),
				};
			},
		},
	);
}
