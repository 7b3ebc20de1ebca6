import type { KubeObject } from "../api/cluster.ts";
import { type Condition, conditionsOf, isObject, numberOf, objectOf, objectsOf, textOf } from "../untrusted.ts";

/** Whether an object does its work, and how far it is, in a few words. */
export interface Readiness {
	ready: boolean;
	detail: string;
}

interface Counts {
	replicas?: number;
	observedGeneration?: number;
	updatedReplicas?: number;
	readyReplicas?: number;
	availableReplicas?: number;
	desiredNumberScheduled?: number;
	updatedNumberScheduled?: number;
	numberReady?: number;
}

const done: Readiness = { ready: true, detail: "" };
const waiting = (detail: string): Readiness => ({ ready: false, detail });

/** What ready means for each kind; a kind with nothing to wait for is ready when it exists. */
export function readiness(object: KubeObject): Readiness {
	const judge = Object.hasOwn(judges, object.kind) ? judges[object.kind] : undefined;
	return judge?.(object) ?? done;
}

const judges: Record<string, (object: KubeObject) => Readiness> = {
	Namespace: (object) => {
		const phase = textOf(objectOf(object.status).phase);
		return phase === "Active" ? done : waiting(phase ?? "no status yet");
	},
	CustomResourceDefinition: (object) => hasCondition(object, "Established"),
	APIService: (object) => hasCondition(object, "Available"),
	Pod: (object) => hasCondition(object, "Ready"),
	Deployment: (object) => rolledOut(object),
	StatefulSet: (object) => rolledOut(object),
	DaemonSet: daemonSet,
	Job: (object) => {
		const failed = condition(object, "Failed");
		return failed?.status === "True" ? waiting(`failed: ${failed.message ?? ""}`) : hasCondition(object, "Complete");
	},
	MutatingWebhookConfiguration: webhooks,
	ValidatingWebhookConfiguration: webhooks,
};

function countsOf(object: KubeObject): Counts {
	const status = objectOf(object.status);
	return Object.fromEntries(Object.entries(status).filter(([, value]) => numberOf(value) !== undefined)) as Counts;
}

function condition(object: KubeObject, type: string): Condition | undefined {
	return conditionsOf(object).find((each) => each.type === type);
}

function hasCondition(object: KubeObject, type: string): Readiness {
	const found = condition(object, type);
	if (found?.status === "True") return done;
	return waiting(`not ${type}${found?.message === undefined ? "" : `: ${found.message}`}`);
}

/** As `kubectl rollout status` judges: every pod is of the newest template, available, and no other is left. */
function rolledOut(object: KubeObject): Readiness {
	const counts = countsOf(object);
	if (isStale(object, counts)) return waiting("its controller has not seen it yet");
	const wanted = numberOf(objectOf(object.spec).replicas) ?? 1;
	const updated = counts.updatedReplicas ?? 0;
	const available = counts.availableReplicas ?? 0;
	if (updated < wanted) return waiting(`${updated} of ${wanted} replaced`);
	if ((counts.replicas ?? 0) > updated) return waiting(`${(counts.replicas ?? 0) - updated} old pods left`);
	if (available < wanted) return waiting(`${available} of ${wanted} ready`);
	return done;
}

/** A DaemonSet that no node is wanted for yet is not ready: right after it is made, its controller has not counted. */
function daemonSet(object: KubeObject): Readiness {
	const counts = countsOf(object);
	if (isStale(object, counts)) return waiting("its controller has not seen it yet");
	const wanted = counts.desiredNumberScheduled ?? 0;
	if (wanted === 0) return waiting("no node is to run it");
	const updated = counts.updatedNumberScheduled ?? 0;
	if (updated < wanted) return waiting(`${updated} of ${wanted} nodes updated`);
	const ready = counts.numberReady ?? 0;
	return ready < wanted ? waiting(`${ready} of ${wanted} nodes ready`) : done;
}

function isStale(object: KubeObject, counts: Counts): boolean {
	return (counts.observedGeneration ?? -1) < (object.metadata.generation ?? 0);
}

/**
 * Istio and Knative fill in the CA bundle of their own webhooks when they run; before, the API server cannot call
 * them. Webhooks at a URL, or of which the bundle is never filled in, are left alone.
 */
function webhooks(object: KubeObject): Readiness {
	const all = objectsOf(object.webhooks).map(({ clientConfig }) => objectOf(clientConfig));
	const open = all.filter(({ service, caBundle }) => isObject(service) && textOf(caBundle) === undefined);
	if (open.length === 0) return done;
	return waiting(`${open.length} of ${all.length} webhooks have no CA bundle`);
}
