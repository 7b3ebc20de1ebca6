import type { KubeObject } from "../../kube/object.ts";

/** The annotation that a ping counts up. */
export const pingAnnotation = "knistio.dev/ping";
export const pingPodName = "knistio-ping";

/** A pod that is never scheduled: changing it four times a second times the watch that brings the pods. */
export function pingManifest(namespace: string, image: string): KubeObject {
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: pingPodName,
			namespace,
			labels: { "sidecar.istio.io/inject": "false" },
			annotations: { [pingAnnotation]: "0", "sidecar.istio.io/inject": "false" },
		},
		spec: {
			schedulingGates: [{ name: "knistio.dev/never" }],
			terminationGracePeriodSeconds: 0,
			containers: [{ name: "ping", image }],
		},
	};
}
