import type { KubeObject } from "../../src/kube/api/cluster.ts";
import type { Entry, WatchedKind } from "../../src/recording/entries.ts";

export const revision = "helloworld-00001";
const labelsOf = (of: string) => ({ "serving.knative.dev/revision": of });

interface PodState {
	of?: string;
	ready?: boolean;
	metadata?: object;
	spec?: object;
	status?: object;
}

/** A pod of the revision; Ready, if that is said. */
export function aPod(uid: string, more: PodState = {}) {
	const conditions = [{ type: "Ready", status: more.ready === true ? "True" : "False" }];
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: `pod-${uid}`,
			uid,
			namespace: "knistio",
			...more.metadata,
			labels: labelsOf(more.of ?? revision),
		},
		spec: more.spec ?? {},
		status: { conditions, ...more.status },
	} as KubeObject;
}

export function aDeployment(replicas: number | undefined, of = revision): KubeObject {
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: `${of}-deployment`, uid: `deployment of ${of}`, labels: labelsOf(of) },
		spec: { replicas },
	};
}

export function aSlice(...ready: boolean[]): KubeObject {
	return {
		apiVersion: "discovery.k8s.io/v1",
		kind: "EndpointSlice",
		metadata: { name: "slice", uid: "slice", labels: { "kubernetes.io/service-name": `${revision}-private` } },
		endpoints: ready.length === 0 ? null : ready.map((isReady) => ({ conditions: { ready: isReady } })),
	};
}

export const seen = (
	watch: WatchedKind,
	object: KubeObject,
	type: "ADDED" | "MODIFIED" | "DELETED" = "MODIFIED",
): Entry => ({ kind: "watch", at: "1", watch, type, object });
