import { type ConfigMap, isPodReady, type KubeObject, type Pod, uidOf } from "../api/objects.ts";
import { hasSidecar, isRedirected } from "../istio/injection.ts";
import type { World } from "../world/world.ts";

/** Knative's mesh-compatibility-mode: how the activator reaches pods. */
export type MeshMode = "auto" | "enabled" | "disabled";

/** The mode of each activator, which it read when it started. */
export interface MeshModes {
	/** The mode of this activator; `auto` if there is none. */
	of(activator: Pod | undefined): MeshMode;
}

const servingNamespace = "knative-serving";

/** Follows the activators' pods; calls back when another activator has started. */
export function watchMeshModes(world: World, onStarted: () => void): MeshModes {
	/** By the activator pod's uid. */
	const modes = new Map<string, MeshMode>();
	world.api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (!isActivator(pod) || pod.metadata.namespace !== servingNamespace) return;
		const hasStarted = pod.status?.containerStatuses?.some((status) => status.state.running !== undefined) === true;
		if (type === "DELETED") modes.delete(uidOf(pod));
		else if (hasStarted && !modes.has(uidOf(pod))) {
			modes.set(uidOf(pod), configuredMode(world));
			onStarted();
		}
	});
	return { of: (activator) => (activator && modes.get(uidOf(activator))) ?? "auto" };
}

/** The activators that are ready, also those that are being deleted. */
export function readyActivators({ api }: World): Pod[] {
	return api.labelled<Pod>("pods", servingNamespace, { app: "activator" }).filter(isPodReady);
}

function isActivator(pod: Pod): boolean {
	return pod.metadata.labels?.app === "activator";
}

function configuredMode({ api }: World): MeshMode {
	const config = api.get<ConfigMap>("configmaps", { namespace: servingNamespace, name: "config-network" });
	const mode = config?.data?.["mesh-compatibility-mode"];
	return mode === "enabled" || mode === "disabled" ? mode : "auto";
}

/** Whether a sidecar refuses plain HTTP. */
export function needsMutualTls(world: World, pod: Pod): boolean {
	return hasSidecar(pod) && isStrict(world, pod);
}

/** Whether the pod's sidecar, or ztunnel in its place, refuses plain HTTP from outside of the mesh. */
export function refusesPlainText(world: World, pod: Pod): boolean {
	return (hasSidecar(pod) || isRedirected(pod)) && isStrict(world, pod);
}

/** Whether a PeerAuthentication of the namespace, or else of the mesh, is STRICT. */
function isStrict({ api }: World, pod: Pod): boolean {
	for (const namespace of [pod.metadata.namespace ?? "", "istio-system"]) {
		for (const policy of api.list<KubeObject>("peerauthentications.security.istio.io", namespace)) {
			const spec = policy.spec as { mtls?: { mode?: string }; selector?: unknown } | undefined;
			if (spec?.selector === undefined && spec?.mtls?.mode !== undefined) return spec.mtls.mode === "STRICT";
		}
	}
	return false;
}
