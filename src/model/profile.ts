import { z } from "zod";

/** A Kubernetes object as it is written in a manifest. */
export const manifestSchema = z.looseObject({
	apiVersion: z.string(),
	kind: z.string(),
	metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

const labels = z.record(z.string(), z.string());

/** How the proxy is in the pod: `native` is an init container that keeps running (KEP-753). */
export const sidecarShapeSchema = z.enum(["none", "native", "classic", "any"]);

/** One way to run Istio under Knative. */
export const profileSchema = z.strictObject({
	/** Kebab-case; the name of the column. */
	name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and dashes"),
	/** Heading of the column on a slide. */
	title: z.string().optional(),
	description: z.string().optional(),
	istio: z.strictObject({
		/** The versions this profile is written for, as a range such as ">=1.27 <2"; checked against istioctl's. */
		version: z.string().optional(),
		/** Which of Istio's components are installed. */
		components: z.strictObject({
			base: z.boolean().default(true),
			istiod: z.boolean().default(true),
			ingressGateway: z.boolean().default(true),
			cni: z.boolean().default(false),
			ztunnel: z.boolean().default(false),
		}),
		/** Helm values of Istio's charts. */
		values: z.record(z.string(), z.unknown()).default({}),
		/** Istio's mesh configuration. */
		meshConfig: z.record(z.string(), z.unknown()).default({}),
	}),
	/** Labels on the namespaces whose pods join the mesh: the workload's and knative-serving. */
	namespaceLabels: labels.default({}),
	/** Labels on the revision's pods. */
	podLabels: labels.default({}),
	/** Annotations on the revision's pods, such as sidecar.istio.io/nativeSidecar. */
	podAnnotations: labels.default({}),
	/** Knative's mesh-compatibility-mode in config-network; the activator reads it when it starts. */
	meshCompatibilityMode: z.enum(["auto", "enabled", "disabled"]),
	/** Objects that make traffic secure; `$NAMESPACE` stands for the workload's namespace. */
	security: z.array(manifestSchema).default([]),
	/** Objects that decide which request is answered; `$NAMESPACE` stands for the workload's namespace. */
	policy: z.array(manifestSchema).default([]),
	/** Whether a small HTTP ext_authz server, which allows everything, is deployed for `policy` to ask: service `authz`, port 80, of `$NAMESPACE`. */
	externalAuthorizer: z.boolean().default(false),
	/** What is proven by a pod and a request before anything is measured. */
	promises: z.strictObject({
		/** Exact names of the init containers that end, in order. */
		initContainers: z.array(z.string()).default([]),
		sidecar: sidecarShapeSchema,
		/** Capabilities that some container of the pod adds, exactly. */
		capabilities: z.array(z.string()).default([]),
		/** Whether a request with the header x-knistio-deny is refused with 403. */
		denies: z.boolean().default(false),
	}),
	/** Limits, such as "total: p(50) < 3s". */
	budgets: z.array(z.string()).default([]),
});
export type Profile = z.infer<typeof profileSchema>;
