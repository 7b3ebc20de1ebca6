import type { KubeObject } from "../kube/object.ts";

/** Knative's label on everything that belongs to a revision, whose value is the revision's name. */
export const revisionLabel = "serving.knative.dev/revision";

/** Whether Knative's label says that an object belongs to a revision. */
export function isOfRevision({ metadata }: KubeObject, revision: string): boolean {
	return metadata.labels?.[revisionLabel] === revision;
}

/** Whether an EndpointSlice is one of a revision's private Service, whose endpoints are the revision's pods. */
export function isOfPrivateService({ metadata }: KubeObject, revision: string): boolean {
	return metadata.labels?.["kubernetes.io/service-name"] === `${revision}-private`;
}
