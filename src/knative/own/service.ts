import { contentHash } from "../../kube/content-hash.ts";
import { readCheckedYaml } from "../../profile/checked-yaml.ts";
import type { ServiceShape } from "../../profile/pod-shape.ts";
import { type Changed, changesOf, droppedAnnotations, droppedLabels, droppedPodAnnotations } from "./changes.ts";
import { type ContainerFields, type PodFields, serviceSchema, withoutNulls } from "./fields.ts";
import { withNames } from "./names.ts";
import { type Needed, neededBy } from "./needs.ts";
import { whyNotMeasurable } from "./refusals.ts";

/** A user's own Knative Service, read from a manifest: it is measured in the place of helloworld. */
export interface OwnService extends Changed {
	/** Of what the manifest says, apart from its name, its namespace and what a server wrote into it. */
	hash: string;
	labels: Record<string, string>;
	annotations: Record<string, string>;
	podLabels: Record<string, string>;
	podAnnotations: Record<string, string>;
	/** The template's `spec` without its time limits; each container has a name. */
	podSpec: PodFields;
	/** What the template puts into a pod, for the comparison with a profile's promise. */
	shape: ServiceShape;
	/** What must be in the namespace before a pod can start. */
	needs: Needed[];
}

const hint =
	"docs/own-service.md says what can be measured; `kubectl explain ksvc.spec.template.spec` lists the fields";

/**
 * Reads the manifest of a service.
 * @param file its name, for messages
 * @throws UsageError that names every unknown field and all that keeps the service from being measured, each with its line
 */
export function readOwnService(text: string, file: string): OwnService {
	const { value, placeOf } = readCheckedYaml({
		text,
		file,
		noun: "the service under test",
		schema: serviceSchema,
		hint,
		prepare: withoutNulls,
		complaints: whyNotMeasurable,
	});
	const { metadata, spec } = value;
	const { labels = {}, annotations = {} } = spec.template.metadata ?? {};
	const {
		timeoutSeconds: _,
		responseStartTimeoutSeconds: __,
		idleTimeoutSeconds: ___,
		...podSpec
	} = withNames(spec.template.spec);
	const own = {
		labels: without(metadata.labels, droppedLabels),
		annotations: without(metadata.annotations, droppedAnnotations),
		podLabels: labels,
		podAnnotations: without(annotations, droppedPodAnnotations),
		podSpec,
	};
	return {
		...own,
		name: metadata.name,
		namespace: metadata.namespace,
		hash: contentHash(own),
		shape: shapeOfTemplate(podSpec),
		needs: neededBy(podSpec),
		changes: changesOf(value, placeOf),
		places: { name: placeOf(["metadata", "name"]), namespace: placeOf(["metadata", "namespace"]) },
	};
}

function without(map: Record<string, string> | undefined, keys: readonly string[]): Record<string, string> {
	return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}

function shapeOfTemplate({ containers, initContainers = [] }: PodFields): ServiceShape {
	const keepsRunning = ({ restartPolicy }: ContainerFields) => restartPolicy === "Always";
	const nameOf = ({ name = "" }: ContainerFields) => name;
	const added = [...containers, ...initContainers].flatMap(
		({ securityContext }) => securityContext?.capabilities?.add ?? [],
	);
	return {
		containers: [...initContainers.filter(keepsRunning), ...containers].map(nameOf),
		initContainers: initContainers.filter((each) => !keepsRunning(each)).map(nameOf),
		capabilities: [...new Set(added)].sort(),
	};
}
