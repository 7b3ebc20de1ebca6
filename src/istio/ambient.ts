import type { KubeObject } from "../kube/api/cluster.ts";
import { parseImage } from "../kube/image.ts";
import { objectOf, objectsOf, textOf, textsOf } from "../kube/untrusted.ts";

/** What ambient mode needs on every node, by the name of its DaemonSet, and what for. */
export const ambientNeeds = {
	ztunnel: "carries the pods' traffic with mutual TLS",
	"istio-cni-node": "leads the pods' traffic to ztunnel",
} as const;

/** Istio's node agent sets it to `enabled` on a pod whose traffic it has led to ztunnel. */
export const redirectionAnnotation = "ambient.istio.io/redirection";

/** The DaemonSets of ambient mode that are not among these objects. */
export function missingForAmbient(objects: readonly KubeObject[]): (keyof typeof ambientNeeds)[] {
	const there = new Set(objects.filter(({ kind }) => kind === "DaemonSet").map(({ metadata }) => metadata.name));
	return (Object.keys(ambientNeeds) as (keyof typeof ambientNeeds)[]).filter((name) => !there.has(name));
}

/** Names that no registry serves, by which Knative knows images that were put onto the nodes (its `registriesSkippingTagResolving`). */
const withoutRegistry = /^(kind|ko|dev)\.local\//;

/** The kubelet tells so many of its images, the largest ones, unless it is told otherwise (`nodeStatusMaxImages`). */
const mostImagesTold = 50;

/** An image that a node lacks and no registry has. */
export interface MissingImage {
	node: string;
	image: string;
}

/**
 * Images of ambient mode's DaemonSets that a node lacks and cannot get. Where a registry may have an image, or a node
 * does not tell all that it has, nothing is known and nothing said.
 */
export function imagesMissingForAmbient(objects: readonly KubeObject[], nodes: readonly KubeObject[]): MissingImage[] {
	const images = objects
		.filter(({ kind, metadata }) => kind === "DaemonSet" && Object.hasOwn(ambientNeeds, metadata.name))
		.flatMap(imagesOf)
		.filter((image) => withoutRegistry.test(image));
	return nodes.flatMap((node) => {
		const told = objectsOf(objectOf(node.status).images);
		if (told.length === 0 || told.length >= mostImagesTold) return [];
		const names = new Set(told.flatMap(({ names }) => textsOf(names)));
		return images.filter((image) => !names.has(image)).map((image) => ({ node: node.metadata.name, image }));
	});
}

function imagesOf({ spec }: KubeObject): string[] {
	const pod = objectOf(objectOf(objectOf(spec).template).spec);
	const images = objectsOf(pod.containers).flatMap(({ image }) => textOf(image) ?? []);
	// As the runtime names them: without a tag it is `latest`.
	return images.map((image) => ((parseImage(image).tag ?? parseImage(image).digest) ? image : `${image}:latest`));
}
