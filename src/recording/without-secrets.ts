import type { KubeObject } from "../kube/object.ts";

/** What stands for a value that was taken out. */
export const removed = "<removed>";

/** Annotations of these belong to what is measured; any other may hold anything. */
const knownDomains = /(^|\.)(knative\.dev|istio\.io|knistio\.dev|kubernetes\.io|k8s\.io)$/;
/** It holds a whole object as it was applied, environment and all. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** What becomes of a field, by its name, wherever in an object it is: a pod has the same in a Deployment's template. */
const cleaners: Record<string, (value: unknown) => unknown> = {
	env: withoutValues,
	httpHeaders: withoutValues,
	args: eachRemoved,
	command: eachRemoved,
	annotations: (value) =>
		typeof value !== "object" || value === null
			? value
			: Object.fromEntries(
					Object.entries(value).map(([key, text]) => {
						const isKnown = key !== lastApplied && knownDomains.test(key.split("/")[0] ?? "");
						return [key, isKnown ? text : removed];
					}),
				),
};

/**
 * An object as a recording may keep it: without the values of environment variables, the command lines of containers,
 * hooks and probes, the headers of probes, and annotations that are neither Kubernetes', Istio's nor Knative's. Names and
 * numbers of them stay, and so does all that is measured.
 */
export function withoutSecrets<T extends KubeObject>(object: T): T {
	return cleaned(object) as T;
}

function cleaned(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(cleaned);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, field]) => {
			const clean = Object.hasOwn(cleaners, key) ? cleaners[key] : undefined;
			return [key, (clean ?? cleaned)(field)];
		}),
	);
}

/** `valueFrom` only names where the value is. */
function withoutValues(list: unknown): unknown {
	if (!Array.isArray(list)) return list;
	return list.map((each) =>
		typeof each === "object" && each !== null && "value" in each ? { ...each, value: removed } : each,
	);
}

function eachRemoved(list: unknown): unknown {
	return Array.isArray(list) ? list.map(() => removed) : list;
}
