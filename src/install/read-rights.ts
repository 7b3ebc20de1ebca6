import type { Right } from "./rights.ts";

/** Where a right of {@link readRights} is needed: in a namespace, that of the service, or cluster-wide. */
export type ReadRight = Right & {
	namespace: "knative-serving" | "istio-system" | "kube-node-lease" | "the service's" | undefined;
	/** Only these objects; all where it is left out. */
	names?: readonly string[];
	/** Without it a run goes on and knows less. */
	isOptional?: true;
};

const seen = ["list", "watch"] as const;
const ofService = { namespace: "the service's" } as const;
const ofKnative = { namespace: "knative-serving" } as const;
const ofIstio = { namespace: "istio-system" } as const;

/** Every right that measuring an existing service as it is takes: nothing but reading. */
export const readRights: readonly ReadRight[] = [
	...["services", "revisions"].map((resource) => ({
		...ofService,
		group: "serving.knative.dev",
		resource,
		verbs: ["get"],
		why: "the service under test",
	})),
	...[
		{ group: "", resource: "pods" },
		{ group: "", resource: "events" },
		{ group: "apps", resource: "deployments" },
		{ group: "discovery.k8s.io", resource: "endpointslices" },
		{ group: "autoscaling.internal.knative.dev", resource: "podautoscalers" },
	].map((kind) => ({ ...ofService, ...kind, verbs: seen, why: "measuring" })),
	{
		...ofKnative,
		group: "",
		resource: "configmaps",
		names: ["config-autoscaler", "config-deployment", "config-network"],
		verbs: ["get"],
		why: "when a service goes to zero, and recording what was measured",
	},
	{
		...ofKnative,
		group: "apps",
		resource: "deployments",
		names: ["autoscaler", "controller", "net-istio-controller"],
		verbs: ["get"],
		why: "Knative's version, and whether anything scales",
	},
	{
		...ofIstio,
		group: "",
		resource: "services",
		names: ["istio-ingressgateway"],
		verbs: ["get"],
		why: "the way to the gateway; not with --gateway URL",
		isOptional: true,
	},
	{ ...ofIstio, group: "", resource: "pods", verbs: ["list"], why: "Istio's version" },
	{
		...ofIstio,
		group: "",
		resource: "services/proxy",
		verbs: ["get"],
		why: "the way to the gateway where no other is; not with --gateway URL",
		isOptional: true,
	},
	{
		namespace: undefined,
		group: "",
		resource: "nodes",
		verbs: ["list"],
		why: "the gateway's node ports, and recording what was measured",
		isOptional: true,
	},
	{
		namespace: "kube-node-lease",
		group: "coordination.k8s.io",
		resource: "leases",
		verbs: seen,
		why: "bounding the nodes' clocks",
		isOptional: true,
	},
];
