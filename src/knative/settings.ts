import { type Change, entryOf, valueAt } from "../install/state/journal.ts";
import type { InstallState } from "../install/state/store.ts";
import type { KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { keyOf, ownedByLabel } from "../kube/objects/ownership.ts";
import { textMapOf } from "../kube/untrusted.ts";
import type { Task } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import { configMapRef, knativeNamespace, meshedDeployments, meshModeReaders } from "./finding.ts";
import { idleKey } from "./idle-service.ts";

/** A change to something that is not knistio's, with the Deployments whose pods must be restarted for it. */
export interface Setting {
	change: Change;
	restarts: ObjectRef[];
}

/** Labels by which a namespace's pods get into a mesh; a profile that does not name one means that it is not there. */
const meshLabels = ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"];

/** What Knative's settings must be. */
export interface WantedSettings {
	/** As it is where it is undefined. */
	mode: Profile["meshCompatibilityMode"] | undefined;
	/** Services may begin without a pod; where they need not, it is as it was before knistio. */
	hasIdleServices?: boolean | undefined;
	/** What was there before knistio. */
	state: Pick<InstallState, "journal">;
}

/** What `mesh-compatibility-mode`, if given, the domain, and the least pods of a service must be; empty where they are so. */
export async function configSettings(task: Task, { mode, hasIdleServices, state }: WantedSettings): Promise<Setting[]> {
	const [network, domain, autoscaler] = await Promise.all(
		["config-network", "config-domain", "config-autoscaler"].map((name) =>
			task.cluster.get(configMapRef(name), task.signal),
		),
	);
	const settings: Setting[] = [];
	const path = ["data", "mesh-compatibility-mode"];
	if (mode !== undefined && network !== undefined && (valueAt(network, path) ?? "auto") !== mode) {
		const change = { ref: configMapRef("config-network"), path, value: mode };
		settings.push({ change, restarts: await meshModeReaders(task) });
	}
	const hasOurDomain = domain !== undefined && valueAt(domain, domainChange.path) === domainChange.value;
	if (domain !== undefined && !hasOurDomain && !hasDefaultDomain(domain)) {
		settings.push({ change: domainChange, restarts: [] });
	}
	const idle = autoscaler && idleValue(valueAt(autoscaler, idleChange.path), hasIdleServices === true, state);
	if (idle !== undefined) settings.push({ change: { ...idleChange, value: idle }, restarts: [] });
	return settings;
}

/** What the setting must become; undefined where it stays. */
function idleValue(
	found: string | null,
	isWanted: boolean,
	{ journal }: Pick<InstallState, "journal">,
): string | null | undefined {
	if (isWanted) return found === idleChange.value ? undefined : idleChange.value;
	// A value that is not knistio's is somebody else's, and stays.
	return found === idleChange.value ? entryOf(journal, idleChange)?.before : undefined;
}

/**
 * Without a domain of its own a Route gets svc.cluster.local, which Knative does not expose at the public gateway. The
 * selector keeps every other Route as it is; Knative copies the Service's labels to its Route.
 */
const domainChange: Change = {
	ref: configMapRef("config-domain"),
	path: ["data", "knistio.example"],
	value: `selector:\n  ${ownedByLabel}: knistio\n`,
};

const idleChange: Change = {
	ref: configMapRef("config-autoscaler"),
	path: ["data", idleKey],
	value: "true",
};

function hasDefaultDomain(config: KubeObject): boolean {
	const entries = Object.entries(textMapOf(config.data));
	return entries.some(([domain, rule]) => {
		const isPublic = domain !== "_example" && !domain.startsWith("svc.") && domain !== domainChange.path.at(-1);
		return isPublic && !/selector\s*:/.test(rule);
	});
}

/** What the labels of the workload's namespace and of Knative's must be; empty where they are so. */
export async function labelSettings(
	task: Task,
	request: { profile: Profile; namespace: string; state: InstallState; includesKnative: boolean },
): Promise<Setting[]> {
	const names = [request.namespace, ...(request.includesKnative ? [knativeNamespace] : [])];
	const settings: Setting[] = [];
	for (const name of names) {
		const ref = { apiVersion: "v1", kind: "Namespace", name };
		const namespace = await task.cluster.get(ref, task.signal);
		if (namespace === undefined) continue;
		const changes = labelChanges(namespace, { ref, labels: request.profile.namespaceLabels, state: request.state });
		const restarts = name === knativeNamespace && changes.length > 0 ? await meshedDeployments(task) : [];
		settings.push(...changes.map((change) => ({ change, restarts })));
	}
	return settings;
}

function labelChanges(
	namespace: KubeObject,
	wanted: { ref: ObjectRef; labels: Record<string, string>; state: InstallState },
): Change[] {
	const { ref, labels, state } = wanted;
	const earlier = state.journal.filter((entry) => keyOf(entry.ref) === keyOf(ref) && entry.path[1] === "labels");
	const before = new Map(earlier.map((entry) => [entry.path.at(-1) ?? "", entry.before]));
	const keys = new Set([...Object.keys(labels), ...meshLabels, ...before.keys()]);
	return [...keys].flatMap((key) => {
		const found = namespace.metadata.labels?.[key] ?? null;
		const value = labels[key] ?? (meshLabels.includes(key) ? null : (before.get(key) ?? null));
		const isOutAnyway = value === null && key === "istio-injection" && found === "disabled";
		return found === value || isOutAnyway ? [] : [{ ref, path: ["metadata", "labels", key], value }];
	});
}
