/** What a container image is called by; undefined for what its reference does not say. */
export interface ImageReference {
	/** With the registry and its port. */
	repository: string;
	tag?: string;
	/** `sha256:…` */
	digest?: string;
}

/** Takes a reference such as `host:5000/istio/proxyv2:1.31.0@sha256:…` apart: a tag comes after the last slash. */
export function parseImage(image: string): ImageReference {
	const [name = "", digest] = image.split("@");
	const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
	const tag = colon < 0 ? "" : name.slice(colon + 1);
	return {
		repository: colon < 0 ? name : name.slice(0, colon),
		...(tag === "" ? {} : { tag }),
		...(digest === undefined || digest === "" ? {} : { digest }),
	};
}

/** The tag of an image; undefined without one, where Kubernetes takes `latest` or the digest. */
export const imageTag = (image: string | undefined): string | undefined => parseImage(image ?? "").tag;
