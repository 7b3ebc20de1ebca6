import type { Api } from "../api/api.ts";
import type { ConfigMap } from "../api/objects.ts";

const annotation = "autoscaling.knative.dev/initial-scale";

/** How many pods a revision begins with: none where its annotation says so, else one. */
export function initialScale(annotations: Record<string, string> | undefined): 0 | 1 {
	return annotations?.[annotation] === "0" ? 0 : 1;
}

/** Why Knative's webhook refuses an annotation; undefined where it does not. */
export function refusedScale(
	api: Pick<Api, "get">,
	annotations: Record<string, string> | undefined,
): string | undefined {
	if (annotations?.[annotation] !== "0") return undefined;
	const config = api.get<ConfigMap>("configmaps", { namespace: "knative-serving", name: "config-autoscaler" });
	if (config?.data?.["allow-zero-initial-scale"] === "true") return undefined;
	return `invalid value: 0: spec.template.metadata.annotations.${annotation}`;
}
