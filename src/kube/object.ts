/** A Kubernetes object as the API gives it; only what is always there is typed. */
export interface KubeObject {
	apiVersion: string;
	kind: string;
	metadata: ObjectMeta;
	[field: string]: unknown;
}

/** The parts of `metadata` that knistio reads or writes. */
export interface ObjectMeta {
	name: string;
	namespace?: string;
	uid?: string;
	resourceVersion?: string;
	generation?: number;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
	[field: string]: unknown;
}
