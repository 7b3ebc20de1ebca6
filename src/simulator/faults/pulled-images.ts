import type { Fault } from "./fault.ts";
import { onOrOff } from "./parameters.ts";

export const pullsImages: Fault<boolean> = {
	about: "Whether nodes lack the images of workloads: each node pulls each of them once.",
	parameter: onOrOff,
	hooks: (isOn) => (isOn ? { isImageMissing: (image) => !/istio|knative|queue/.test(image) } : {}),
	trials: [{ name: "image-pull", about: "images that the node lacks", faults: { pullsImages: true }, pod: "none" }],
};
