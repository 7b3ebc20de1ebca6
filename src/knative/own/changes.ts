import { formatPath } from "../../profile/complaints.ts";
import type { ServiceFields } from "./fields.ts";
import { withNames } from "./names.ts";
import { windowSeconds } from "./window.ts";

/** A field that is not measured as it was written. */
export interface Change {
	/** Such as `spec.template.spec.timeoutSeconds`. */
	field: string;
	/** `file:line:column`; of the nearest parent where the field is not there. */
	place: string;
	/** As it was written; undefined where it was not there. */
	from: string | undefined;
	/** What it becomes; undefined where it is left out. */
	to: string | undefined;
	why: string;
}

/** Where a run puts the service. */
export interface Whereabouts {
	/** The service's name on the cluster. */
	name: string;
	namespace: string;
}

/** A manifest, and what measuring changes of it. */
export interface Changed {
	/** The service's name in the manifest; on the cluster it has one of knistio's. */
	name: string;
	/** The manifest's namespace; undefined where it leaves it to kubectl. */
	namespace: string | undefined;
	/** What measuring changes, apart from name and namespace. */
	changes: Change[];
	/** `file:line:column` of `metadata.name` and of `metadata.namespace`, whose changes depend on the run. */
	places: { name: string; namespace: string };
}

/** All that is changed for a run, a line each: `metadata.name: shop → helloworld (shop.yaml:4:3): the policies …`. */
export function changeLines({ name, namespace, places, changes }: Changed, there: Whereabouts): string[] {
	const why = {
		name: "the run names the copies of the service",
		namespace: "--namespace says where the service is measured",
	};
	const own: Change[] = [
		{ field: "metadata.name", place: places.name, from: name, to: there.name, why: why.name },
		{
			field: "metadata.namespace",
			place: places.namespace,
			from: namespace,
			to: there.namespace,
			why: why.namespace,
		},
	];
	return [...own, ...changes].filter(({ from, to }) => from !== to).map(lineOf);
}

function lineOf({ field, place, from, to, why }: Change): string {
	return `${field}: ${from ?? "not set"} → ${to ?? "left out"} (${place}): ${why}`;
}

const autoscaling = "autoscaling.knative.dev/";
const visibility = "networking.knative.dev/visibility";
const rollout = "serving.knative.dev/rollout-duration";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** What the run sets in the template itself, in each spelling that Knative reads. */
const replaced: readonly {
	spellings: readonly [string, ...string[]];
	/** Undefined where it must not be there. */
	to: string | undefined;
	/** Whether Knative takes something else where nothing is written. */
	isUnusual?: true;
	why: string;
}[] = [
	{
		spellings: ["window"],
		to: `${windowSeconds}s`,
		isUnusual: true,
		why: "short, so that the next cold start can follow soon",
	},
	{
		spellings: ["scale-to-zero-pod-retention-period", "scaleToZeroPodRetentionPeriod"],
		to: "0s",
		why: "the last pod goes at once",
	},
	{ spellings: ["scale-down-delay", "scaleDownDelay"], to: "0s", why: "the last pod goes at once" },
	{ spellings: ["max-scale", "maxScale"], to: "1", isUnusual: true, why: "one request starts one pod" },
	{ spellings: ["initial-scale", "initialScale"], to: "1", why: "the profile is proven by the first pod" },
	{ spellings: ["activation-scale", "activationScale"], to: undefined, why: "one request starts one pod" },
];

/** Labels of the service that it is not measured with. */
export const droppedLabels: readonly string[] = [visibility];
/** Annotations of the service that it is not measured with: the last two are Knative's own word, and refused of others. */
export const droppedAnnotations: readonly string[] = [
	rollout,
	lastApplied,
	"serving.knative.dev/creator",
	"serving.knative.dev/lastModifier",
];
/** Annotations of the template that the run sets or leaves out. */
export const droppedPodAnnotations: readonly string[] = [
	lastApplied,
	...["class", "min-scale", "minScale"].map((name) => autoscaling + name),
	...replaced.flatMap(({ spellings }) => spellings.map((spelling) => autoscaling + spelling)),
];

type Path = readonly PropertyKey[];

/** What measuring changes in a service, in the order in which a manifest is written. */
export function changesOf(service: ServiceFields, placeOf: (path: Path) => string): Change[] {
	const { metadata, spec } = service;
	const found = [
		dropped(["metadata", "labels", visibility], metadata.labels?.[visibility], "the request comes by the gateway"),
		dropped(["metadata", "annotations", rollout], metadata.annotations?.[rollout], "all requests go to one revision"),
		dropped(["spec", "template", "metadata", "name"], spec.template.metadata?.name, "the run names its revisions"),
		...annotationChanges(spec.template.metadata?.annotations ?? {}),
		...limitChanges(spec.template.spec),
		...nameChanges(spec.template.spec),
		...(spec.traffic ?? []).map(({ tag }, index) =>
			dropped(["spec", "traffic", index, "tag"], tag, "tags are the run's"),
		),
	];
	return found
		.filter(({ from, to }) => from !== to)
		.map(({ path, ...change }) => ({ field: formatPath(path), place: placeOf(path), ...change }));
}

type Found = Omit<Change, "field" | "place"> & { path: Path };

const dropped = (path: Path, from: string | undefined, why: string): Found => ({ path, from, to: undefined, why });

function annotationChanges(annotations: Record<string, string>): Found[] {
	return replaced.flatMap(({ spellings, to, isUnusual, why }) => {
		const written = spellings.map((spelling) => autoscaling + spelling).filter((key) => key in annotations);
		const keys = written.length > 0 || !isUnusual ? written : [autoscaling + spellings[0]];
		const path = ["spec", "template", "metadata", "annotations"];
		return keys.map((key) => ({ path: [...path, key], from: annotations[key], to, why }));
	});
}

function limitChanges(spec: ServiceFields["spec"]["template"]["spec"]): Found[] {
	const path = ["spec", "template", "spec"];
	const written = (key: "timeoutSeconds" | "responseStartTimeoutSeconds" | "idleTimeoutSeconds") =>
		spec[key] === undefined ? undefined : String(spec[key]);
	const others = ["responseStartTimeoutSeconds", "idleTimeoutSeconds"] as const;
	return [
		{
			path: [...path, "timeoutSeconds"],
			from: written("timeoutSeconds"),
			to: "2.5 × the first start, or --request-timeout",
			why: "a pod that ends waits so long for late requests",
		},
		...others.map((key) => dropped([...path, key], written(key), "it must not exceed timeoutSeconds")),
	];
}

/** A name that Knative would give is given by the run, so that it is known which containers a pod must have. */
function nameChanges(spec: ServiceFields["spec"]["template"]["spec"]): Found[] {
	const { containers, initContainers = [] } = withNames(spec);
	return Object.entries({ containers, initContainers }).flatMap(([list, named]) =>
		named.flatMap(({ name }, index) => {
			const from = spec[list as "containers" | "initContainers"]?.[index]?.name;
			const path = ["spec", "template", "spec", list, index, "name"];
			return from ? [] : [{ path, from: undefined, to: name, why: "as Knative names it" }];
		}),
	);
}
