import { ClusterError } from "../errors.ts";
import type { Access, Cluster } from "../kube/api/cluster.ts";
import { inParallel } from "../kube/wait/task.ts";

/** Rights on one kind of resource, or on all of a group, cluster-wide. */
export interface Right {
	group: string;
	/** `*` for all of the group; `services/proxy` for a subresource. */
	resource: string;
	verbs: readonly string[];
	/** What knistio needs it for. */
	why: string;
}

const look = ["get", "list"] as const;
const change = ["get", "list", "create", "patch", "delete"] as const;

/** The API groups that Istio and Knative define. */
const definedGroups = [
	"extensions.istio.io",
	"networking.istio.io",
	"security.istio.io",
	"telemetry.istio.io",
	"autoscaling.internal.knative.dev",
	"caching.internal.knative.dev",
	"networking.internal.knative.dev",
	"serving.knative.dev",
];

/** Every right without which a run is refused. */
export const neededRights: readonly Right[] = [
	{ group: "", resource: "namespaces", verbs: change, why: "namespaces and their injection labels" },
	{ group: "", resource: "configmaps", verbs: change, why: "Istio's and Knative's settings, and knistio's state" },
	{ group: "", resource: "secrets", verbs: change, why: "the webhooks' certificates" },
	{ group: "", resource: "services", verbs: change, why: "istiod, the gateway, the authorizer" },
	{ group: "", resource: "services/proxy", verbs: ["get"], why: "the way to the gateway where no other is" },
	{ group: "", resource: "serviceaccounts", verbs: change, why: "the accounts of what is installed" },
	{ group: "", resource: "pods", verbs: [...change, "watch"], why: "measuring, and how late a watch sees a pod" },
	{ group: "", resource: "events", verbs: [...look, "watch"], why: "measuring, and reasons for failures" },
	{ group: "", resource: "nodes", verbs: look, why: "recording what was measured" },
	{ group: "apps", resource: "deployments", verbs: [...change, "watch"], why: "istiod, the gateway, Knative" },
	{ group: "apps", resource: "daemonsets", verbs: change, why: "Istio's CNI plugin" },
	{
		group: "apps",
		resource: "replicasets",
		verbs: [...look, "patch", "delete"],
		why: "ending pods without others in their place",
	},
	{ group: "discovery.k8s.io", resource: "endpointslices", verbs: [...look, "watch"], why: "measuring, restarts" },
	{ group: "autoscaling", resource: "horizontalpodautoscalers", verbs: change, why: "Istio's and Knative's" },
	{ group: "policy", resource: "poddisruptionbudgets", verbs: change, why: "Istio's and Knative's" },
	...[
		{ group: "", resource: "persistentvolumeclaims" },
		{ group: "apps", resource: "statefulsets" },
		{ group: "batch", resource: "jobs" },
		{ group: "batch", resource: "cronjobs" },
	].map((kind) => ({ ...kind, verbs: ["list"], why: "leaving a namespace that somebody else uses" })),
	...definedGroups.map((group) => ({
		group,
		resource: "*",
		verbs: ["list"],
		why: "leaving a definition that somebody else uses",
	})),
	{
		group: "coordination.k8s.io",
		resource: "leases",
		verbs: change,
		why: "knistio's lock, and what istiod leaves behind",
	},
	...["roles", "rolebindings", "clusterroles", "clusterrolebindings"].map((resource) => ({
		group: "rbac.authorization.k8s.io",
		resource,
		verbs: change,
		why: "the rights of what is installed",
	})),
	...["clusterroles", "roles"].map((resource) => ({
		group: "rbac.authorization.k8s.io",
		resource,
		verbs: ["bind", "escalate"],
		why: "giving what is installed rights that the user may not have",
	})),
	...["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map((resource) => ({
		group: "admissionregistration.k8s.io",
		resource,
		verbs: change,
		why: "sidecar injection and validation",
	})),
	{
		group: "apiextensions.k8s.io",
		resource: "customresourcedefinitions",
		verbs: change,
		why: "the definitions of Istio and Knative",
	},
	...["authorizationpolicies", "peerauthentications"].map((resource) => ({
		group: "security.istio.io",
		resource,
		verbs: change,
		why: "a profile's security and policies",
	})),
	{
		group: "networking.istio.io",
		resource: "gateways",
		verbs: change,
		why: "Knative's gateways, where knistio installs it",
	},
	{
		group: "networking.istio.io",
		resource: "sidecars",
		verbs: change,
		why: "a variant that narrows what proxies know",
	},
	...[
		{ group: "caching.internal.knative.dev", resource: "images" },
		{ group: "networking.internal.knative.dev", resource: "certificates" },
	].map((kind) => ({ ...kind, verbs: change, why: "Knative, where knistio installs it" })),
	{ group: "serving.knative.dev", resource: "services", verbs: [...change, "watch"], why: "the service under test" },
	...["configurations", "routes", "revisions"].map((resource) => ({
		group: "serving.knative.dev",
		resource,
		verbs: look,
		why: "the service under test",
	})),
	{
		group: "autoscaling.internal.knative.dev",
		resource: "podautoscalers",
		verbs: [...look, "watch"],
		why: "measuring",
	},
	{
		group: "networking.internal.knative.dev",
		resource: "ingresses",
		verbs: [...look, "patch"],
		why: "measuring, and finalizers without a controller",
	},
];

/** Rights in one namespace without which a run goes on and knows less. */
export const optionalRights: readonly (Right & { namespace: string })[] = [
	{
		namespace: "kube-node-lease",
		group: "coordination.k8s.io",
		resource: "leases",
		verbs: [...look, "watch"],
		why: "bounding the nodes' clocks by what kubelet writes there every 10 s",
	},
];

/**
 * Rights in all of the cluster by which `knistio tradeoffs` knows more: a cell that needs one which is missing is "not
 * tested". Whoever may get `nodes/proxy` can do to pods whatever kubelet can, so it is asked for apart.
 */
export const tradeoffRights: readonly Right[] = [
	{ group: "", resource: "pods/proxy", verbs: ["get"], why: "the proxies' counters, and a request in plain text" },
	{ group: "", resource: "pods/log", verbs: ["get"], why: "the proxies' access logs" },
	{ group: "", resource: "nodes/proxy", verbs: ["get"], why: "memory and processor time, by kubelet" },
	{ group: "metrics.k8s.io", resource: "pods", verbs: ["get"], why: "the same, by the metrics server" },
	{ group: "networking.istio.io", resource: "virtualservices", verbs: change, why: "a fault in the mesh" },
];

export interface MissingRight extends Access {
	why: string;
}

/** The rights that the user does not have; a user who may do everything is asked about once. */
export async function missingRights(
	cluster: Cluster,
	rights: readonly Right[] = neededRights,
	signal?: AbortSignal,
): Promise<MissingRight[]> {
	if (await cluster.allowed({ verb: "*", group: "*", resource: "*" }, signal)) return [];
	const asked = rights.flatMap(({ group, resource, verbs, why }) =>
		verbs.map((verb) => ({ verb, group, resource, why })),
	);
	const isAllowed = await inParallel(asked, ({ why: _, resource, ...access }) => {
		const [name = resource, subresource] = resource.split("/");
		return cluster.allowed(
			{ ...access, resource: name, ...(subresource === undefined ? {} : { subresource }) },
			signal,
		);
	});
	return asked.filter((_, index) => !isAllowed[index]);
}

/** @throws ClusterError that says which verb on what is missing */
export async function requireRights(cluster: Cluster, signal?: AbortSignal): Promise<void> {
	const missing = await missingRights(cluster, neededRights, signal);
	if (missing.length === 0) return;
	const named = missing.map(({ verb, group, resource }) => `${verb} ${resource}${group === "" ? "" : `.${group}`}`);
	const shown = named.slice(0, 6).join(", ");
	throw new ClusterError(
		`you may not do what knistio needs on this cluster: ${shown}${named.length > 6 ? ` and ${named.length - 6} more` : ""}`,
		{
			hint: "ask for a role with these rights, or use a context that has them; .github/rbac.yaml in knistio's repository lists them all",
		},
	);
}
