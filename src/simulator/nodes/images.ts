/** The images that a node has. */
export interface NodeImages {
	has(image: string): boolean;
	add(image: string): void;
	/** Whether a registry would give it. */
	canPull(image: string): boolean;
}

/** A node has every image from the start, except those that `isMissing` names. No registry has images of `*.invalid`. */
export function createNodeImages(isMissing: (image: string) => boolean): NodeImages {
	const present = new Set<string>();
	const canPull = (image: string) => !/^[^/]*\.invalid(:\d+)?\//.test(image);
	return {
		has: (image) => present.has(image) || (canPull(image) && !isMissing(image)),
		add: (image) => present.add(image),
		canPull,
	};
}
