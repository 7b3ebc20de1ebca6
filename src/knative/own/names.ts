import type { ContainerFields, PodFields } from "./fields.ts";

/**
 * The template with a name for each container, as Knative gives them: a single one is `user-container`, of several each
 * has its place as a number (knative/serving pkg/apis/serving/v1, `SetDefaults`).
 */
export function withNames(spec: PodFields): PodFields {
	const { containers, initContainers } = spec;
	return {
		...spec,
		containers: named(containers, "user-container"),
		...(initContainers === undefined ? {} : { initContainers: named(initContainers, "init-container") }),
	};
}

function named(containers: readonly ContainerFields[], usual: string): ContainerFields[] {
	return containers.map((container, index) => ({
		...container,
		name: container.name || (containers.length === 1 ? usual : `${usual}-${index}`),
	}));
}
