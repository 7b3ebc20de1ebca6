import type { KubeObject, ObjectRef } from "../api/cluster.ts";
import { inParallel, type Task } from "../wait/task.ts";
import { keyOf } from "./ownership.ts";

/** A pod, and whose it is: by its owners, since a name may begin like another Deployment's. */
export interface OwnedPod {
	pod: KubeObject;
	/** The `keyOf` of its Deployment. */
	deployment: string;
	/** The uid of its ReplicaSet. */
	setUid: string;
}

/** What some Deployments have at a moment. */
export interface DeploymentPods {
	pods: OwnedPod[];
	/** The uids of the ReplicaSets that are to have pods. */
	wantedSets: ReadonlySet<string>;
}

/** The pods of these Deployments, Terminating ones included, by the owner references of pods and ReplicaSets. */
export async function deploymentPods(task: Task, deployments: readonly ObjectRef[]): Promise<DeploymentPods> {
	const found = await inParallel(deployments, (ref) => task.cluster.get(ref, task.signal));
	const keys = new Map(found.flatMap((object, index) => keyOfUid(object, deployments[index])));
	const [replicaSets, pods] = await Promise.all([
		listIn(task, deployments, { apiVersion: "apps/v1", kind: "ReplicaSet" }),
		podsBeside(task, deployments),
	]);
	const sets = new Map<string, { deployment: string; object: KubeObject }>();
	for (const object of replicaSets) {
		const deployment = ownersOf(object).map((uid) => keys.get(uid))[0];
		if (deployment !== undefined && object.metadata.uid !== undefined)
			sets.set(object.metadata.uid, { deployment, object });
	}
	return {
		pods: pods.flatMap((pod) => {
			const setUid = ownersOf(pod).find((uid) => sets.has(uid));
			const deployment = setUid === undefined ? undefined : sets.get(setUid)?.deployment;
			return setUid === undefined || deployment === undefined ? [] : [{ pod, deployment, setUid }];
		}),
		wantedSets: new Set([...sets].filter(([, { object }]) => wantedReplicas(object) > 0).map(([uid]) => uid)),
	};
}

/** The ReplicaSets of one Deployment, the empty ones of its history included. */
export async function replicaSetsOf(task: Task, deployment: ObjectRef): Promise<KubeObject[]> {
	const uid = (await task.cluster.get(deployment, task.signal))?.metadata.uid;
	const sets = await listIn(task, [deployment], { apiVersion: "apps/v1", kind: "ReplicaSet" });
	return sets.filter((set) => uid !== undefined && ownersOf(set).includes(uid));
}

/** Every pod in the namespaces of these Deployments. */
export async function podsBeside(task: Task, deployments: readonly ObjectRef[]): Promise<KubeObject[]> {
	return listIn(task, deployments, { apiVersion: "v1", kind: "Pod" });
}

async function listIn(
	task: Task,
	deployments: readonly ObjectRef[],
	query: { apiVersion: string; kind: string },
): Promise<KubeObject[]> {
	const namespaces = [...new Set(deployments.flatMap(({ namespace }) => namespace ?? []))];
	return (await inParallel(namespaces, (namespace) => task.cluster.list({ ...query, namespace }, task.signal))).flat();
}

function keyOfUid(object: KubeObject | undefined, ref: ObjectRef | undefined): [string, string][] {
	const uid = object?.metadata.uid;
	return uid === undefined || ref === undefined ? [] : [[uid, keyOf(ref)]];
}

function ownersOf(object: KubeObject): string[] {
	const owners = (object.metadata.ownerReferences ?? []).filter(({ controller }) => controller !== false);
	return owners.flatMap(({ uid }) => uid ?? []);
}

/** How many pods a ReplicaSet is to have; the API server writes 1 where none was given. */
export function wantedReplicas(object: KubeObject): number {
	return (object.spec as { replicas?: number } | undefined)?.replicas ?? 1;
}
