import { copyOf } from "../api/fields.ts";
import {
	type Condition,
	conditionOf,
	controllerReference,
	type KubeObject,
	keyOf,
	uidOf,
	type Workload,
} from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { hash, safeName } from "../clock/random.ts";
import { recordEvent } from "../world/events.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

const manager = "kube-controller-manager";

/** Makes ReplicaSets of Deployments: the new one is scaled up, and the old ones to zero when it is ready. */
export function startDeployments(world: World): void {
	const { api } = world;
	const look = (key: string) => {
		const deployment = api.get<Workload>("deployments.apps", refOfKey(key));
		if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
		reconcile(world, deployment);
	};
	const enqueue = createQueue(world, "deployments", look, world.model.limits.controller);
	api.watch("deployments.apps", ({ object }) => enqueue(keyOf(object.metadata)));
	api.watch("replicasets.apps", ({ object }) => {
		const owner = object.metadata.ownerReferences?.find((reference) => reference.kind === "Deployment");
		if (owner !== undefined) enqueue(`${object.metadata.namespace}/${owner.name}`);
	});
}

/** Whether `owner` is the controller of the object. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
	return object.metadata.ownerReferences?.some((reference) => reference.uid === uidOf(owner)) === true;
}

function reconcile(world: World, deployment: Workload): void {
	const { api } = world;
	const owned = api.owned<Workload>("replicasets.apps", uidOf(deployment));
	const wanted = deployment.spec.replicas ?? 1;
	const templateHash = safeName(hash(JSON.stringify(deployment.spec.template, withoutEmptyMaps)));
	const current = owned.find((set) => set.metadata.labels?.["pod-template-hash"] === templateHash);
	if (current === undefined) createReplicaSet(world, deployment, templateHash);
	else {
		scale(world, deployment, current, wanted);
		const isReady = (current.status?.readyReplicas ?? 0) >= wanted;
		for (const old of owned) if (old !== current && isReady) scale(world, deployment, old, 0);
	}
	writeStatus(world, deployment, { owned, current, wanted });
}

/** Kubernetes keeps none: a template whose only annotation is removed is the one that it was before there was any. */
function withoutEmptyMaps(key: string, value: unknown): unknown {
	const isMap = key === "annotations" || key === "labels";
	return isMap && Object.keys((value as object | null) ?? {}).length === 0 ? undefined : value;
}

function createReplicaSet(world: World, deployment: Workload, templateHash: string): void {
	const label = { "pod-template-hash": templateHash };
	const template = copyOf(deployment.spec.template);
	template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...label } };
	const replicas = deployment.spec.replicas ?? 1;
	const name = `${deployment.metadata.name}-${templateHash}`;
	const set: Workload = {
		apiVersion: "apps/v1",
		kind: "ReplicaSet",
		metadata: {
			name,
			namespace: deployment.metadata.namespace ?? "",
			labels: template.metadata.labels ?? {},
			ownerReferences: [controllerReference(deployment)],
		},
		spec: { replicas, selector: { matchLabels: { ...deployment.spec.selector.matchLabels, ...label } }, template },
	};
	world.api.create(set, { manager });
	if (replicas > 0) recordScaled(world, deployment, `Scaled up replica set ${name} from 0 to ${replicas}`);
}

function recordScaled(world: World, deployment: Workload, message: string): void {
	recordEvent(world, { about: deployment, reason: "ScalingReplicaSet", message, component: "deployment-controller" });
}

function scale(world: World, deployment: Workload, set: Workload, replicas: number): void {
	const before = set.spec.replicas ?? 0;
	if (before === replicas) return;
	world.api.edit<Workload>("replicasets.apps", set.metadata, {
		manager,
		change: (draft) => {
			draft.spec.replicas = replicas;
		},
	});
	const direction = replicas > before ? "up" : "down";
	recordScaled(world, deployment, `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`);
}

function writeStatus(
	world: World,
	deployment: Workload,
	found: { owned: Workload[]; current: Workload | undefined; wanted: number },
): void {
	const sum = (field: "replicas" | "readyReplicas") =>
		found.owned.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
	const replicas = sum("replicas");
	const ready = sum("readyReplicas");
	const updated = found.current?.status?.replicas ?? 0;
	const isComplete = updated === found.wanted && replicas === updated && ready === updated;
	const now = toSeconds(world.serverEpochNs());
	const conditions = [
		condition(
			"Available",
			ready >= found.wanted,
			ready >= found.wanted ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
		),
		condition("Progressing", true, isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated"),
	].map((next): Condition => {
		const old = conditionOf(deployment.status?.conditions, next.type);
		const isOld = old?.status === next.status && old.reason === next.reason;
		return isOld ? old : { ...next, lastUpdateTime: now, lastTransitionTime: now };
	});
	world.api.edit<Workload>("deployments.apps", deployment.metadata, {
		manager,
		subresource: "status",
		change: (draft) => {
			draft.status = {
				observedGeneration: deployment.metadata.generation ?? 1,
				...(replicas > 0 ? { replicas } : {}),
				...(updated > 0 ? { updatedReplicas: updated } : {}),
				...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
				...(found.wanted > ready ? { unavailableReplicas: found.wanted - ready } : {}),
				conditions,
			};
		},
	});
}

function condition(type: string, isTrue: boolean, reason: string): Condition {
	return { type, status: isTrue ? "True" : "False", reason };
}
