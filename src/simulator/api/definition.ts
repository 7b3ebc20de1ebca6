import type { KubeObject } from "./objects.ts";

/** A CustomResourceDefinition for a line such as `Service services serving.knative.dev v1 ksvc`. */
export function definitionOf(line: string, scope: "Namespaced" | "Cluster" = "Namespaced"): KubeObject {
	const [kind = "", plural = "", group = "", versions = "", shortNames = "-"] = line.split(" ");
	const short = shortNames === "-" ? {} : { shortNames: shortNames.split(",") };
	return {
		apiVersion: "apiextensions.k8s.io/v1",
		kind: "CustomResourceDefinition",
		metadata: { name: `${plural}.${group}` },
		spec: {
			group,
			scope,
			names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`, ...short },
			versions: versions.split(",").map((name, index) => ({
				name,
				served: true,
				storage: index === 0,
				subresources: { status: {} },
				schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
			})),
		},
	};
}
