import type { KubeObject } from "../cluster/cluster.ts";
import type { Profile } from "../model/profile.ts";

/** What of a pod a profile makes promises about. */
export interface PodShape {
	/** Names of the init containers that end, in order. */
	initContainers: string[];
	/** How istio-proxy is in the pod; `native` is an init container that keeps running (KEP-753). */
	sidecar: "none" | "native" | "classic";
	/** Capabilities that some container adds; each once, sorted. */
	capabilities: string[];
}

interface Container {
	name: string;
	restartPolicy?: string;
	securityContext?: { capabilities?: { add?: string[] } };
}

const sidecarName = "istio-proxy";

/** The shape of a pod as the API server has it, after injection. */
export function shapeOf(pod: KubeObject): PodShape {
	const spec = (pod.spec ?? {}) as { initContainers?: Container[]; containers?: Container[] };
	const init = spec.initContainers ?? [];
	const containers = spec.containers ?? [];
	const isNative = init.some(({ name, restartPolicy }) => name === sidecarName && restartPolicy === "Always");
	const isClassic = containers.some(({ name }) => name === sidecarName);
	const added = [...init, ...containers].flatMap(({ securityContext }) => securityContext?.capabilities?.add ?? []);
	return {
		initContainers: init.filter(({ restartPolicy }) => restartPolicy !== "Always").map(({ name }) => name),
		sidecar: isNative ? "native" : isClassic ? "classic" : "none",
		capabilities: [...new Set(added)].sort(),
	};
}

/** How a pod differs from what its profile promises, one sentence each; empty when it does not. */
export function compareShape(promises: Profile["promises"], pod: KubeObject): string[] {
	const shape = shapeOf(pod);
	const differences: string[] = [];
	const promised = [...promises.capabilities].sort();
	if (shape.initContainers.join() !== promises.initContainers.join()) {
		differences.push(
			`init containers that end: ${list(shape.initContainers)}, promised: ${list(promises.initContainers)}`,
		);
	}
	const isSidecarRight = promises.sidecar === "any" ? shape.sidecar !== "none" : shape.sidecar === promises.sidecar;
	if (!isSidecarRight) differences.push(`sidecar: ${shape.sidecar}, promised: ${promises.sidecar}`);
	if (shape.capabilities.join() !== promised.join()) {
		differences.push(`capabilities added: ${list(shape.capabilities)}, promised: ${list(promised)}`);
	}
	return differences;
}

function list(names: readonly string[]): string {
	return names.length === 0 ? "none" : names.join(", ");
}
