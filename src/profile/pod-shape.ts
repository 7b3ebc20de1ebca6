import type { KubeObject } from "../kube/object.ts";
import type { Profile } from "./profile.ts";

/** What of a pod a profile makes promises about. */
export interface PodShape {
	/** Names of the init containers that end, in order. */
	initContainers: string[];
	/** How istio-proxy is in the pod; `native` is an init container that keeps running (KEP-753). */
	sidecar: "none" | "native" | "classic";
	/** The other containers that keep running, by name and in order, those of other webhooks included. */
	containers: string[];
	/** Containers that were put into the running pod, such as by `kubectl debug`. */
	ephemeral: string[];
	/** Names that more than one container has. */
	duplicates: string[];
	/** Capabilities that some container adds; each once, sorted. */
	capabilities: string[];
}

interface Container {
	name: string;
	restartPolicy?: string;
	securityContext?: { capabilities?: { add?: string[] | null } | null } | null;
}

type Containers = Container[] | null;

/** What the template of the service under test puts into its pods; what else is in them, others added. */
export interface ServiceShape {
	/** The names of the containers that keep running. */
	containers: string[];
	/** The names of the init containers that end, in order. */
	initContainers: string[];
	/** Capabilities that some container adds. */
	capabilities: string[];
}

const sidecarName = "istio-proxy";
/** Of knistio's own service. */
const helloworld: ServiceShape = {
	containers: ["user-container"],
	initContainers: [],
	capabilities: [],
};
/** What Knative puts into every pod of a revision. */
const knativeContainers = ["queue-proxy"];

/** The shape of a pod as the API server has it, after injection. */
export function shapeOf(pod: KubeObject): PodShape {
	const spec = (pod.spec ?? {}) as Partial<Record<"initContainers" | "containers" | "ephemeralContainers", Containers>>;
	const init = spec.initContainers ?? [];
	const containers = spec.containers ?? [];
	const ephemeral = spec.ephemeralContainers ?? [];
	const all = [...init, ...containers, ...ephemeral];
	const running = [...init.filter(keepsRunning), ...containers];
	const isNative = init.some((each) => each.name === sidecarName && keepsRunning(each));
	const isClassic = containers.some(({ name }) => name === sidecarName);
	const names = all.map(({ name }) => name);
	const added = all.flatMap(({ securityContext }) => securityContext?.capabilities?.add ?? []);
	return {
		initContainers: init.filter((each) => !keepsRunning(each)).map(({ name }) => name),
		sidecar: isNative ? "native" : isClassic ? "classic" : "none",
		containers: running.map(({ name }) => name).filter((name) => name !== sidecarName),
		ephemeral: ephemeral.map(({ name }) => name),
		duplicates: [...new Set(names.filter((name, index) => names.indexOf(name) !== index))],
		capabilities: [...new Set(added)].sort(),
	};
}

const keepsRunning = ({ restartPolicy }: Container) => restartPolicy === "Always";

/**
 * How a pod differs from what its profile promises, one sentence each; empty when it does not.
 * @param service what of the pod is the service's own, and none of the profile's
 */
export function compareShape(promises: Profile["promises"], pod: KubeObject, service = helloworld): string[] {
	const shape = shapeOf(pod);
	const differences: string[] = [];
	const compare = (what: string, found: readonly string[], promised: readonly string[]) => {
		if (found.join() !== promised.join()) differences.push(`${what}: ${list(found)}, promised: ${list(promised)}`);
	};
	// Istio puts its own before those of the service (pkg/kube/inject, reorderPod).
	const initContainers = [...promises.initContainers, ...service.initContainers];
	compare("init containers that end", shape.initContainers, initContainers);
	const isSidecarRight = promises.sidecar === "any" ? shape.sidecar !== "none" : shape.sidecar === promises.sidecar;
	if (!isSidecarRight) differences.push(`sidecar: ${shape.sidecar}, promised: ${promises.sidecar}`);
	const containers = [...service.containers, ...knativeContainers, ...(promises.extraContainers ?? [])];
	// Webhooks are called in no certain order, so the order of what they add is none of the profile's.
	if ([...shape.containers].sort().join() !== [...containers].sort().join()) {
		differences.push(`containers: ${list(shape.containers)}, promised: ${list(containers)}`);
	}
	compare("ephemeral containers", shape.ephemeral, []);
	compare("names that two containers have", shape.duplicates, []);
	const capabilities = new Set([...promises.capabilities, ...service.capabilities]);
	compare("capabilities added", shape.capabilities, [...capabilities].sort());
	return differences;
}

function list(names: readonly string[]): string {
	return names.length === 0 ? "none" : names.join(", ");
}
