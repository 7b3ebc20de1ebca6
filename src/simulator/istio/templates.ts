import { load } from "js-yaml";
import { isRecord } from "../api/fields.ts";
import type { Pod } from "../api/objects.ts";

/**
 * Applies the templates that the pod's annotation `inject.istio.io/templates` names after Istio's own, as the injector
 * does, to what is in the pod by then. Templates are taken as plain YAML: no Go template is run.
 * @param config the injector's configuration, in YAML
 */
export function applyTemplates(pod: Pod, config: string): void {
	const names = (pod.metadata.annotations?.["inject.istio.io/templates"] ?? "").split(",").map((name) => name.trim());
	const known = load(config);
	const templates = isRecord(known) && isRecord(known.templates) ? known.templates : {};
	for (const name of names) {
		const text = Object.hasOwn(templates, name) ? templates[name] : undefined;
		const patch = typeof text === "string" ? load(text) : undefined;
		if (isRecord(patch) && isRecord(patch.spec)) patchContainers(pod, patch.spec);
	}
}

/** A strategic merge: containers by name, their fields one by one, and null takes a field away. */
function patchContainers(pod: Pod, spec: Record<string, unknown>): void {
	for (const key of ["initContainers", "containers"] as const) {
		const changes = Array.isArray(spec[key]) ? spec[key].filter(isRecord) : [];
		for (const change of changes) {
			const container = pod.spec[key]?.find(({ name }) => name === change.name);
			if (container !== undefined) Object.assign(container, patched({ ...container }, change));
		}
	}
}

function patched(old: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
	const result = { ...old };
	for (const [key, value] of Object.entries(change)) {
		const before = result[key];
		if (value === null) delete result[key];
		else result[key] = isRecord(value) && isRecord(before) ? patched(before, value) : value;
	}
	return result;
}
