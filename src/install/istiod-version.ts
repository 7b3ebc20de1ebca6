import type { KubeObject } from "../cluster/cluster.ts";

/** Istio's version by the image tag of istiod's container; undefined without an istiod, or without a tag. */
export function istiodVersion(objects: readonly KubeObject[]): string | undefined {
	const istiod = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.app === "istiod") as
		| { spec?: { template?: { spec?: { containers?: { name?: string; image?: string }[] } } } }
		| undefined;
	const container = istiod?.spec?.template?.spec?.containers?.find(({ name }) => name === "discovery");
	// A tag is behind the last colon, if no slash follows: a registry may have a port, a digest follows an @.
	return /:([^:/@]+)(?:@.*)?$/.exec(container?.image ?? "")?.[1];
}
