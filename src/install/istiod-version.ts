import type { KubeObject } from "../cluster/cluster.ts";

/** Istio's version by the image tag of istiod's container; undefined without an istiod, or without a tag. */
export function istiodVersion(objects: readonly KubeObject[]): string | undefined {
	const istiod = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.app === "istiod") as
		| { spec?: { template?: { spec?: { containers?: { name?: string; image?: string }[] } } } }
		| undefined;
	const container = istiod?.spec?.template?.spec?.containers?.find(({ name }) => name === "discovery");
	// A registry may have a port, and a digest has a colon too: a tag has neither a slash nor an @ between it and its colon.
	return /^[^@]*:([^:/@]+)(?:@|$)/.exec(container?.image ?? "")?.[1];
}
