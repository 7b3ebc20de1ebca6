import type { KubeObject } from "../kube/api/cluster.ts";
import { imageTag } from "../kube/image.ts";
import { releaseOf } from "../profile/version-range.ts";

/**
 * Istio's version: by the image tag of istiod's container, or where that tells none (a digest, `latest`) by the label that
 * its chart writes. Undefined without an istiod, or where nothing tells.
 */
export function istiodVersion(objects: readonly KubeObject[]): string | undefined {
	const istiod = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.app === "istiod") as
		| (KubeObject & { spec?: { template?: Template } })
		| undefined;
	const template = istiod?.spec?.template;
	const tag = imageTag(template?.spec?.containers?.find(({ name }) => name === "discovery")?.image);
	if (tag !== undefined && releaseOf(tag) !== undefined) return tag;
	const labels = [template?.metadata?.labels, istiod?.metadata.labels];
	const labelled = labels.map((each) => each?.["app.kubernetes.io/version"]);
	return labelled.find((version) => version !== undefined && releaseOf(version) !== undefined) ?? tag;
}

interface Template {
	metadata?: { labels?: Record<string, string> };
	spec?: { containers?: { name?: string; image?: string }[] };
}
