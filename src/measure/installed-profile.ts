import type { IstioVersions } from "../istio/versions.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { textMapOf } from "../kube/untrusted.ts";
import { type ServiceShape, shapeOf } from "../profile/pod-shape.ts";
import type { Profile } from "../profile/profile.ts";

/** The name of what is measured as it is. */
export const installedName = "installed";

/** What was found on a cluster where nothing is changed. */
export interface Found {
	/** The first pod that was started, after injection. */
	pod: KubeObject;
	versions: IstioVersions;
	knative: string | undefined;
	/** Knative's `mesh-compatibility-mode`. */
	mode: string | undefined;
}

/** Init containers of Istio's, which end: `istio-validation` is there where its CNI plugin sets the rules. */
const istioInit = ["istio-init", "istio-validation"];
const added = ["istio-proxy", "queue-proxy"];

/**
 * The installed mesh as a profile of the report: what a pod of the service was seen to have, and the versions around it. Its
 * `promises` are what the first pod had; a later pod that is otherwise is told from it.
 */
export function installedProfile({ pod, versions, knative, mode }: Found): Profile {
	const { sidecar, initContainers, capabilities } = shapeOf(pod);
	const ownInit = initContainers.filter((name) => istioInit.includes(name));
	const redirection = textMapOf(pod.metadata.annotations)["ambient.istio.io/redirection"];
	return asFound({
		title: "as installed",
		description: describe({ versions, knative, mode, sidecar, isAmbient: redirection === "enabled" }),
		components: {
			base: true,
			istiod: versions.istiod !== undefined,
			ingressGateway: true,
			cni: ownInit.includes("istio-validation"),
			ztunnel: redirection === "enabled",
		},
		meshCompatibilityMode: mode === "enabled" || mode === "disabled" ? mode : "auto",
		promises: { initContainers: ownInit, sidecar, capabilities, denies: false },
	});
}

/** The same before anything was seen: nothing is known of its pods. */
export const yetToBeFound: Profile = asFound({
	components: { base: true, istiod: true, ingressGateway: true, cni: false, ztunnel: false },
	meshCompatibilityMode: "auto",
	promises: { initContainers: istioInit, sidecar: "any", capabilities: [], denies: false },
});

/** A profile that installs nothing and sets nothing. */
function asFound({
	components,
	meshCompatibilityMode,
	promises,
	...words
}: Pick<Profile, "title" | "description" | "meshCompatibilityMode" | "promises"> &
	Pick<Profile["istio"], "components">): Profile {
	return {
		name: installedName,
		...words,
		istio: { components, values: {}, meshConfig: {} },
		namespaceLabels: {},
		podLabels: {},
		podAnnotations: {},
		meshCompatibilityMode,
		security: [],
		policy: [],
		externalAuthorizer: false,
		promises,
		budgets: [],
	};
}

/** What of that pod is the service's own, or of others than Knative and Istio. */
export function installedShape(pod: KubeObject): ServiceShape {
	const { initContainers, containers, capabilities } = shapeOf(pod);
	return {
		containers: containers.filter((name) => !added.includes(name)),
		initContainers: initContainers.filter((name) => !istioInit.includes(name)),
		capabilities,
	};
}

interface Described extends Omit<Found, "pod"> {
	sidecar: Profile["promises"]["sidecar"];
	isAmbient: boolean;
}

function describe({ versions, knative, mode, sidecar, isAmbient }: Described): string {
	const istio = versions.istiod ?? versions.gateway ?? versions.sidecar;
	const proxy = sidecar === "none" ? (isAmbient ? "ambient, no sidecar" : "no sidecar") : `a ${sidecar} sidecar`;
	return [
		`Found, and not changed: Istio ${istio ?? "of an unknown version"}`,
		`Knative ${knative ?? "of an unknown version"}`,
		proxy,
		`mesh-compatibility-mode ${mode ?? "auto"}`,
	].join(", ");
}
