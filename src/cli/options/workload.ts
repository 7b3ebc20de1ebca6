import { Option } from "commander";
import { image, namespace } from "./values.ts";

/** The public sample that Knative's own documentation deploys. */
const sampleImage = "ghcr.io/knative/helloworld-go:latest";
const workloadNamespace = "knistio";

/** `--image`. @param description what the image is for */
export const imageOption = (description: string) =>
	new Option("--image <image>", description).argParser(image).default(sampleImage);

/** `--namespace`. @param description what the namespace is for */
export const namespaceOption = (description: string) =>
	new Option("--namespace <name>", description).argParser(namespace).default(workloadNamespace);
