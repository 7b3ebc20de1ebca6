import { z } from "zod";
import { isVersionRange } from "./version-range.ts";

/** A Kubernetes object as it is written in a manifest. */
export const manifestSchema = z.looseObject({
	apiVersion: z.string(),
	kind: z.string(),
	metadata: z.looseObject({ name: z.string(), namespace: z.string().exactOptional() }),
});

const labels = z.record(z.string(), z.string()).default({});
const anything = z.record(z.string(), z.unknown()).default({});

/** How the proxy is in the pod: `native` is an init container that keeps running (KEP-753). */
export const sidecarShapeSchema = z.enum(["none", "native", "classic", "any"]);
export type SidecarShape = z.infer<typeof sidecarShapeSchema>;

const componentsSchema = z.strictObject({
	base: z.boolean().default(true).describe("The custom resource definitions."),
	istiod: z.boolean().default(true).describe("The control plane, which also injects proxies."),
	ingressGateway: z
		.boolean()
		.default(true)
		.describe("The gateway `istio-ingressgateway` that Knative's requests come in by."),
	cni: z
		.boolean()
		.default(false)
		.describe("The node agent that sets a pod's traffic rules, so that no container of the pod needs the right to."),
	ztunnel: z.boolean().default(false).describe("The node proxy of ambient mode."),
});

const istioSchema = z.strictObject({
	version: z
		.string()
		.refine(isVersionRange, 'must be a range of versions such as ">=1.27 <2"')
		.exactOptional()
		.describe('The versions that the profile is written for, such as ">=1.27 <2"; another istioctl is refused.'),
	components: componentsSchema.describe("Which of Istio's components are installed."),
	values: anything.describe("Helm values of Istio's charts, in the layout of istioctl's `values`."),
	meshConfig: anything.describe("Istio's mesh configuration. `$NAMESPACE` stands for the workload's namespace."),
});

const knownContainers = new Set(["user-container", "queue-proxy", "istio-proxy"]);

const promisesSchema = z.strictObject({
	initContainers: z
		.array(z.string())
		.default([])
		.describe("The init containers that run to their end, by name and in order."),
	sidecar: sidecarShapeSchema.describe(
		"How istio-proxy is in the pod: `native` is an init container that keeps running, `classic` a container like the others, `any` one of the two.",
	),
	extraContainers: z
		.array(z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be the name of a container"))
		.refine((names) => !names.some((name) => knownContainers.has(name)), {
			error: "must not name a container that every pod has, nor istio-proxy: `sidecar` promises that one",
		})
		.exactOptional()
		.describe(
			"The containers that other webhooks add and that keep running, such as `linkerd-proxy`, be they init containers or not; any that is not named here is refused.",
		),
	capabilities: z
		.array(z.string())
		.default([])
		.describe("All the Linux capabilities that the pod's containers add, such as NET_ADMIN."),
	throughZtunnel: z
		.boolean()
		.exactOptional()
		.describe(
			"Whether ztunnel carries the pod's traffic: Istio's node agent has marked the pod so (`ambient.istio.io/redirection: enabled`), and plain text from outside of the mesh is refused.",
		),
	denies: z
		.boolean()
		.default(false)
		.describe("Whether a request with the header `x-knistio-deny` is refused with status 403."),
});

/** The knob that makes a profile a variant. */
export const variantSchema = z.strictObject({
	of: z.string().describe("The profile that its cold starts are compared with, by name."),
	knob: z.string().describe("What is set, and where."),
	cost: z.string().describe("What you give up for it, in words."),
	source: z.string().describe("Where its documentation is."),
});
/** What makes a profile a variant of another: one knob, and what it costs. */
export type Variant = z.infer<typeof variantSchema>;

/** One way to run Istio under Knative. The descriptions are what profiles/README.md is made of. */
export const profileSchema = z.strictObject({
	name: z
		.string()
		.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and dashes")
		.describe("Lower-case letters, digits and dashes; the profile's name in every table and file."),
	title: z.string().exactOptional().describe("The heading of its column on a slide."),
	description: z.string().exactOptional().describe("What it is good for, in a sentence."),
	variant: variantSchema
		.exactOptional()
		.describe("Says that the profile differs from another one in one knob; the report then tells what the knob buys."),
	istio: istioSchema.describe("What is installed."),
	namespaceLabels: labels.describe(
		"Labels on the namespaces whose pods join the mesh: the workload's, and knative-serving.",
	),
	podLabels: labels.describe("Labels on the revision's pods."),
	podAnnotations: labels.describe("Annotations on the revision's pods, such as `sidecar.istio.io/nativeSidecar`."),
	meshCompatibilityMode: z
		.enum(["auto", "enabled", "disabled"])
		.describe(
			"Knative's `mesh-compatibility-mode`: whether its activator reaches a pod by the service's address (`enabled`), by the pod's (`disabled`), or finds out (`auto`, which can change in the middle of a run).",
		),
	security: z
		.array(manifestSchema)
		.default([])
		.describe("Objects that make traffic secure. `$NAMESPACE` stands for the workload's namespace."),
	policy: z
		.array(manifestSchema)
		.default([])
		.describe("Objects that decide which request is answered. `$NAMESPACE` stands for the workload's namespace."),
	traffic: z
		.array(manifestSchema)
		.exactOptional()
		.describe(
			"Objects that decide what a proxy knows and where traffic goes, such as a Sidecar. `$NAMESPACE` stands for the workload's namespace.",
		),
	externalAuthorizer: z
		.boolean()
		.default(false)
		.describe(
			"Whether a small HTTP server that allows everything is deployed for the policy to ask: service `authz`, port 80, in the workload's namespace.",
		),
	promises: promisesSchema.describe("What is proven with a pod and a request before anything is measured."),
	budgets: z.array(z.string()).default([]).describe('Limits, such as "total: p(50) < 3s".'),
});
export type Profile = z.infer<typeof profileSchema>;

/** What a file holds: a profile, or the part of one that differs from another. */
export const profileFileSchema = z.strictObject({
	extends: z
		.string()
		.exactOptional()
		.describe(
			"Another profile that this one is made of: a name, or a path from this file's folder. What the file says goes on top of it.",
		),
	...profileSchema.shape,
});
