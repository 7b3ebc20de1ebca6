/** The images that a node has. */
export interface NodeImages {
	has(image: string): boolean;
	add(image: string): void;
	/** Whether a registry would give it. */
	canPull(image: string): boolean;
}

/** A node has every image from the start, or with `pullsWorkloads` none but those of Istio and Knative themselves. */
export function createNodeImages(pullsWorkloads: boolean): NodeImages {
	const present = new Set<string>();
	const isMissing = (image: string) => /^[^/]*\.invalid(:\d+)?\//.test(image);
	return {
		has: (image) => present.has(image) || (!isMissing(image) && (!pullsWorkloads || /istio|knative|queue/.test(image))),
		add: (image) => present.add(image),
		canPull: (image) => !isMissing(image),
	};
}
